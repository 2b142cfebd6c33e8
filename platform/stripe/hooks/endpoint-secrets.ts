import type { EndpointSecrets } from "../core/kinds";
import type { Transaction } from "../core/store";
import { resourceMissing } from "../http/stripe-error";

/** Names the secrets that sign now, the newest first. `webhookSecret` is that of the start. */
export function activeSecrets(kept: EndpointSecrets, webhookSecret: string, nowMs: number): readonly string[] {
  const own = kept.source === "start" ? [webhookSecret, ...kept.secrets] : kept.secrets;
  const retiring = (kept.retiring ?? []).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  return [...own, ...retiring.map(({ secret }) => secret)];
}

/** Gives an endpoint a new secret; the old ones sign too for as long as told. Refuses: an endpoint that is not there. */
export function rollSecret(
  tx: Transaction,
  id: string,
  {
    webhookSecret,
    nowMs,
    keepSeconds,
  }: { readonly webhookSecret: string; readonly nowMs: number; readonly keepSeconds: number },
): { readonly id: string; readonly secret: string; readonly old_secret_expires_at: number } {
  const kept = tx.get("endpoint_secrets", id);
  const endpoint = tx.get("webhook_endpoint", id);
  if (kept === undefined || endpoint === undefined || "deleted" in endpoint) {
    throw resourceMissing("webhook endpoint", id);
  }
  const expiresAtMs = nowMs + keepSeconds * 1000;
  const own = kept.source === "start" ? [webhookSecret, ...kept.secrets] : kept.secrets;
  const retiring = [
    ...own.map((secret) => ({ secret, expiresAtMs })),
    ...(kept.retiring ?? []).filter((old) => old.expiresAtMs > nowMs),
  ];
  const secret = tx.newId("whsec_", 32);
  tx.putQuietly("endpoint_secrets", { id, source: "generated", secrets: [secret], retiring });
  return { id, secret, old_secret_expires_at: Math.floor(expiresAtMs / 1000) };
}
