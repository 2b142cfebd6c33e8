import type { Instant } from "../domain/instant";
import { EFFECTS, effectsOf } from "../domain/stripe-effects";
import type { Deps } from "./deps";

/** What became of a delivery: stored now or before, kept apart, or not believed. */
export type ReceivedEvent =
  | { readonly kind: "stored"; readonly eventId: string }
  | { readonly kind: "parked"; readonly eventId: string; readonly why: string }
  | { readonly kind: "rejected"; readonly why: string };

/**
 * Takes a webhook delivery: verifies it, stores it once at majority, and answers. Processing comes right after, by the
 * trigger on the inbox; nothing but the stored event can move money.
 * Events of the other mode or another release train are kept as `parked` and alerted, because retries would not cure them.
 */
export async function receiveStripeEvent(
  deps: Deps,
  delivery: { readonly rawBody: string; readonly signature: string | null },
  now: Instant,
): Promise<ReceivedEvent> {
  const verified = await deps.payments.verifyDelivery({ ...delivery, now });
  if ("rejected" in verified) {
    deps.log.alert("stripe_delivery_rejected", { why: verified.rejected });
    return { kind: "rejected", why: verified.rejected };
  }
  const why = parkingReason(deps, verified);
  // What means nothing to us is done when it is stored: nobody has to take it up again.
  const isWork = effectsOf(verified).length > 0;
  if (EFFECTS[verified.type] === undefined) {
    deps.log.info("stripe_event_unknown_type", { eventId: verified.id, type: verified.type });
  }
  await deps.inbox.store(
    {
      ...verified,
      state: why !== null ? "parked" : isWork ? "received" : "done",
      attempts: 0,
      receivedAt: now,
      bodyHash: deps.digest.text(delivery.rawBody),
    },
    delivery.rawBody,
  );
  if (why === null) return { kind: "stored", eventId: verified.id };
  deps.log.alert("stripe_event_parked", { eventId: verified.id, type: verified.type, why });
  return { kind: "parked", eventId: verified.id, why };
}

/** Why an event has to be kept apart; null = it may be processed. */
export function parkingReason(
  deps: Pick<Deps, "payments">,
  event: { readonly mode: string; readonly apiVersion: string },
): string | null {
  if (event.mode !== deps.payments.mode) return `event of mode ${event.mode}, we run in ${deps.payments.mode}`;
  const train = event.apiVersion.split(".")[1] ?? "";
  if (train !== deps.payments.releaseTrain)
    return `event of version ${event.apiVersion}, we read ${deps.payments.releaseTrain}`;
  return null;
}
