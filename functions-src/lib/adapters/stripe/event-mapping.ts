import type Stripe from "stripe";
import type { VerifiedEvent } from "../../ports/payments";

/** Reads an event in our words. */
export function fromStripeEvent(event: Stripe.Event): VerifiedEvent {
  const object = event.data.object as { readonly id?: unknown };
  return {
    id: event.id,
    type: event.type,
    // Some objects, such as an upcoming invoice, have no id; their events carry nothing to read again.
    objectId: typeof object.id === "string" ? object.id : event.id,
    mode: event.livemode ? "live" : "test",
    apiVersion: event.api_version ?? "none",
  };
}
