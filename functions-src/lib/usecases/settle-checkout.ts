import { AppError } from "../domain/app-error";
import { versionIdOf } from "../domain/catalog";
import { decideCheckout, packCauseOf, packGrant } from "../domain/checkout";
import type { Instant } from "../domain/instant";
import type { Deps } from "./deps";
import { refundsAfterClose } from "./paid-after-close";

/** What became of a checkout session. */
export type SettledCheckout =
  | { readonly kind: "granted"; readonly entryId: string }
  | {
      readonly kind: "ignored";
      readonly why: string;
      /** Whether nothing will come of it any more. */ readonly isOver: boolean;
    };

/**
 * Brings our books in line with a checkout session as Stripe has it now. Webhooks, repeats and replays all meet here; the
 * grant is keyed by the session, so any number of calls in any order credits once.
 * Throws: AppError `unavailable` when Stripe or the wallet cannot be reached (try again), `bug` when the pack is unknown.
 */
export async function settleCheckout(deps: Deps, sessionId: string, now: Instant): Promise<SettledCheckout> {
  const facts = await deps.payments.loadCheckout(sessionId);
  const decision = decideCheckout(facts);
  if (decision.kind === "ignore") return { kind: "ignored", why: decision.why, isOver: facts.status === "expired" };

  const { order } = decision;
  const arrived = {
    accountId: order.accountId,
    payment: packCauseOf(sessionId),
    paymentIntentId: facts.paymentIntentId,
    amountMinor: facts.valueMinor,
    currency: facts.currency,
  };
  if (await refundsAfterClose(deps, arrived, now)) {
    return { kind: "ignored", why: "account is closed: refunded", isOver: true };
  }
  const versions = await deps.catalogVersions.listVersions();
  const wanted = versionIdOf({ id: order.packId, version: order.packVersion });
  const pack = versions.find((item) => item.kind === "pack" && versionIdOf(item) === wanted);
  if (pack === undefined || pack.kind !== "pack") {
    throw new AppError("bug", `Session ${sessionId} sold ${wanted}, which was never published`);
  }

  const command = packGrant(facts, order, pack, now);
  const outcome = await deps.post({ accountId: order.accountId, unit: "tokens" }, command, now);
  if (outcome.kind === "booked") {
    // Refunds and disputes name the payment and not the session; they find the purchase by this link.
    const { paymentIntentId: stripeId, mode } = facts;
    const { accountId } = order;
    if (stripeId !== null) await deps.links.put({ mode, stripeId, accountId, cause: command.cause.id, at: now });
    return { kind: "granted", entryId: outcome.entry.id };
  }
  throw new AppError("unavailable", `The grant of ${command.cause.id} was refused: ${outcome.refusal.code}`);
}
