import type Stripe from "stripe";
import type { RefundCourse } from "../core/kinds";
import type { Transaction } from "../core/store";
import { mergeMetadata, type MetadataChange } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { formatAmount } from "../money/currency";
import { bookMovement } from "./book-movement";
import { assertNotHeld } from "./dispute-money";
import { closeInquiries } from "./move-dispute";
import { recountCharge, statusFieldsOf } from "./move-refund";

/** What a call asks for. */
export interface RefundOrder {
  readonly charge?: string | undefined;
  readonly payment_intent?: string | undefined;
  readonly amount?: number | undefined;
  readonly reason?: "duplicate" | "fraudulent" | "requested_by_customer" | undefined;
  readonly metadata?: MetadataChange;
}

/** Refunds do this when no card or control says else. */
const AT_ONCE: RefundCourse = { begins: "succeeded", ends: null };

/** The banks of test cards take this long to decide. */
const DECIDES_AFTER_SECONDS = 60;

/**
 * Refunds a charge, in full or in part.
 * Refuses, in this order: a charge that is not there or was not paid, one that is refunded in full, one whose money a dispute holds,
 * more than is left.
 */
export function newRefund(tx: Transaction, order: RefundOrder, now: number): Stripe.Refund {
  const charge = chargeOf(tx, order);
  const amount = amountOf(tx, charge, order.amount);
  const course = tx.get("charge_details", charge.id)?.refundCourse ?? AT_ONCE;
  const id = tx.newId("re_");
  const booked = bookMovement(tx, {
    amount: -amount,
    currency: charge.currency,
    description: `REFUND FOR CHARGE${charge.description === null ? "" : ` (${charge.description})`}`,
    source: id,
    type: "refund",
    reportingCategory: "refund",
    now,
  });
  const refund = {
    id,
    object: "refund",
    amount,
    balance_transaction: booked.id,
    charge: charge.id,
    created: now,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: mergeMetadata({}, order.metadata),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: order.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    transfer_reversal: null,
    ...statusFieldsOf(course.begins, { id, email: charge.billing_details.email, now }),
  } satisfies Stripe.Refund;
  tx.put("refund", refund);
  const next = course.ends === null ? null : { to: course.ends, at: now + DECIDES_AFTER_SECONDS };
  tx.putQuietly("refund_details", { id, next });
  if (order.reason === "fraudulent") {
    tx.putQuietly("charge", { ...charge, fraud_details: { ...charge.fraud_details, user_report: "fraudulent" } });
  }
  if (recountCharge(tx, charge.id).refunded) closeInquiries(tx, charge.id, now);
  return refund;
}

function chargeOf(tx: Transaction, { charge, payment_intent }: RefundOrder): Stripe.Charge {
  if (charge !== undefined && payment_intent !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: charge, payment_intent.", { param: "charge" });
  }
  if (payment_intent !== undefined) return chargeOfIntent(tx, payment_intent);
  if (charge === undefined) {
    throw invalidRequest("One of the following params should be provided for this request: payment_intent or charge.", {
      code: "parameter_missing",
      param: "payment_intent",
    });
  }
  const found = tx.get("charge", charge);
  if (found === undefined) throw resourceMissing("charge", charge, "charge");
  if (!found.paid) throw invalidRequest(`Charge ${charge} is not refundable: it has a status of ${found.status}.`);
  return found;
}

function chargeOfIntent(tx: Transaction, id: string): Stripe.Charge {
  const intent = tx.get("payment_intent", id);
  if (intent === undefined) throw resourceMissing("payment_intent", id, "payment_intent");
  const latest = typeof intent.latest_charge === "string" ? tx.get("charge", intent.latest_charge) : undefined;
  if (latest?.paid === true) return latest;
  throw invalidRequest(`This PaymentIntent (${id}) does not have a successful charge to refund.`, {
    param: "payment_intent",
  });
}

function amountOf(tx: Transaction, charge: Stripe.Charge, asked: number | undefined): number {
  const left = charge.amount_captured - charge.amount_refunded;
  if (left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
  }
  assertNotHeld(tx, charge);
  const amount = asked ?? left;
  if (amount > left) {
    const [wanted, rest] = [amount, left].map((value) => formatAmount(value, charge.currency));
    throw invalidRequest(`Refund amount (${wanted}) is greater than unrefunded amount on charge (${rest})`, {
      param: "amount",
    });
  }
  return amount;
}
