import type { Instant } from "../domain/instant";
import {
  type WebhookDelivery,
  type WebhookEndpoint,
  type WebhookEvent,
  nextTryAt,
  validSecrets,
  wantsEvent,
} from "../domain/webhook";
import { SYSTEM_ACTORS, recordOf } from "./audit";
import type { Deps } from "./deps";
import { drain } from "./drain";

/** How long one try may take before another process may take the delivery. */
const TURN_MS = 60_000;
/** The receiver says that it wants nothing any more. */
const GONE = 410;

/** Stores an event for every endpoint that wants it, and tries each once. Answers how many there are. */
export async function tellSubscribers(
  deps: Deps,
  { event, cause }: { readonly event: WebhookEvent; readonly cause: string },
  now: Instant,
): Promise<number> {
  const endpoints = (await deps.webhooks.listEndpoints()).filter((endpoint) => wantsEvent(endpoint, event.type));
  // From the cause, so that a second run makes the same deliveries.
  const messageId = `msg_${deps.digest.text(cause).slice(0, 32)}`;
  const body = JSON.stringify(event);
  const ids = endpoints.map(({ id }) => `${id}:${messageId}`);
  for (const [index, { id: endpointId }] of endpoints.entries()) {
    await deps.webhooks.putDelivery({
      id: ids[index] ?? messageId,
      endpointId,
      messageId,
      type: event.type,
      body,
      state: "pending",
      tries: 0,
      nextAttemptAt: 0,
      status: null,
      failure: null,
      at: now,
    });
  }
  await Promise.all(ids.map((id) => deliver(deps, id, now)));
  return endpoints.length;
}

/** Tries every delivery that is due. */
export async function sweepDeliveries(deps: Deps, now: Instant): Promise<void> {
  await drain(deps, {
    listDue: (limit) => deps.webhooks.listDueDeliveries({ now, limit }),
    idOf: (id) => id,
    work: (id) => deliver(deps, id, now),
  });
}

/** Tries one delivery, if it is due and nobody else has it. Any 2xx ends it; else it comes again for three days. */
export async function deliver(deps: Deps, id: string, now: Instant): Promise<void> {
  const delivery = await deps.webhooks.claimDelivery(id, { now, nextAttemptAt: now + TURN_MS });
  if (delivery === null) return;
  const endpoint = await deps.webhooks.findEndpoint(delivery.endpointId);
  if (endpoint === null || endpoint.status === "disabled") {
    await deps.webhooks.updateDelivery(id, { ...ENDED, failure: "the endpoint is disabled" });
    return;
  }
  const { messageId, body } = delivery;
  const request = { url: endpoint.url, messageId, body, secrets: validSecrets(endpoint, now), now };
  const result = await deps.webhookSender.send(request).then(
    (status) => ({ status, failure: isSuccess(status) ? null : `answered ${status}` }),
    (error: unknown) => ({ status: null, failure: error instanceof Error ? error.message : String(error) }),
  );
  if (result.status === GONE) await disable(deps, endpoint, now);
  await recordTry(deps, delivery, result, now);
}

/** A subscriber that says it is gone for good gets nothing more. */
async function disable(deps: Deps, { id, status }: WebhookEndpoint, now: Instant): Promise<void> {
  const act = {
    at: now,
    actor: SYSTEM_ACTORS.webhooks,
    action: "disable_webhook" as const,
    accountId: null,
    target: id,
    before: { status },
    after: { status: "disabled" },
  };
  const noted = recordOf(deps.digest, act, { reason: `It answered ${GONE}`, identity: id });
  await deps.webhooks.updateEndpoint(id, { status: "disabled" }, noted);
}

const ENDED = { state: "failed", nextAttemptAt: null, status: null } as const;

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

async function recordTry(
  deps: Deps,
  delivery: WebhookDelivery,
  result: { readonly status: number | null; readonly failure: string | null },
  now: Instant,
): Promise<void> {
  if (result.failure === null) {
    await deps.webhooks.updateDelivery(delivery.id, { ...result, state: "delivered", nextAttemptAt: null });
    return;
  }
  const nextAttemptAt = result.status === GONE ? null : nextTryAt(delivery.tries, now);
  const state = nextAttemptAt === null ? "failed" : "pending";
  await deps.webhooks.updateDelivery(delivery.id, { ...result, state, nextAttemptAt });
  const facts = { deliveryId: delivery.id, tries: delivery.tries, failure: result.failure };
  if (state === "failed") deps.log.alert("webhook_failed", facts);
  else deps.log.info("webhook_retried", facts);
}
