import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest, type StripeError } from "../http/stripe-error";

type Status =
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_action"
  | "requires_capture"
  | "processing"
  | "succeeded"
  | "canceled";

/**
 * Where a payment intent may go from each status; what is not here is refused.
 * `requires_payment_method`: new, or an attempt failed. `requires_confirmation`: has a method. `requires_action`: the buyer is asked.
 * `processing`: the bank is asked, for days. `requires_capture`: authorized, left by capture or cancel. `succeeded`, `canceled`: final.
 */
export const INTENT_MOVES: Readonly<Record<Status, readonly Status[]>> = {
  requires_payment_method: [
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
  ],
  requires_confirmation: [
    "requires_payment_method",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
  ],
  requires_action: [
    "requires_payment_method",
    "requires_confirmation",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
  ],
  processing: ["requires_payment_method", "succeeded"],
  requires_capture: ["succeeded", "canceled"],
  succeeded: [],
  canceled: [],
};

/** From which statuses each call is allowed. */
export const INTENT_CALLS = {
  confirm: ["requires_payment_method", "requires_confirmation", "requires_action"],
  update: ["requires_payment_method", "requires_confirmation", "requires_action"],
  cancel: ["requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"],
  capture: ["requires_capture"],
} as const satisfies Readonly<Record<string, readonly Status[]>>;

/** Checks that a call is allowed. Refuses: `payment_intent_unexpected_state` in Stripe's words. */
export function assertIntentCall(intent: Stripe.PaymentIntent, call: keyof typeof INTENT_CALLS): void {
  const allowed: readonly string[] = INTENT_CALLS[call];
  if (!allowed.includes(intent.status)) throw refusal(intent.status, call, allowed.join(", "));
}

function refusal(status: string, call: keyof typeof INTENT_CALLS, allowed: string): StripeError {
  const extra = { code: "payment_intent_unexpected_state" };
  switch (call) {
    case "confirm":
      if (status === "succeeded") {
        return invalidRequest(
          "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
          extra,
        );
      }
      return invalidRequest(
        `You cannot confirm this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be confirmed: ${allowed}.`,
        extra,
      );
    case "update":
      return invalidRequest(
        `This PaymentIntent could not be updated because it has a status of ${status}. You may only update a PaymentIntent with one of the following statuses: ${allowed}.`,
        extra,
      );
    case "cancel":
      return invalidRequest(
        `You cannot cancel this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be canceled: ${allowed}.`,
        extra,
      );
    case "capture":
      if (status === "succeeded") {
        return invalidRequest("This PaymentIntent could not be captured because it has already been captured.", extra);
      }
      return invalidRequest(
        `This PaymentIntent could not be captured because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be captured: ${allowed}.`,
        extra,
      );
  }
}

/** Replaces an intent. Throws: an Error when its status may not go where it is sent, which is a fault of the simulator. */
export function moveIntent(
  tx: Transaction,
  before: Stripe.PaymentIntent,
  changes: Partial<Stripe.PaymentIntent> & { readonly status: Status },
): Stripe.PaymentIntent {
  const { status } = changes;
  if (status !== before.status && !INTENT_MOVES[before.status as Status].includes(status)) {
    throw new Error(`The payment intent ${before.id} cannot go from ${before.status} to ${status}`);
  }
  const after: Stripe.PaymentIntent = { ...before, ...changes };
  tx.put("payment_intent", after);
  return after;
}
