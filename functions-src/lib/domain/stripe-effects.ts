/** What an event tells us: its type and the object to read again. */
export interface EventFacts {
  readonly type: string;
  readonly objectId: string;
}

/** Something at Stripe that is about money of a payment that goes back or is contested. */
export interface MoneyBackObject {
  readonly kind: "refund" | "dispute" | "warning" | "charge" | "credit_note";
  readonly id: string;
}

/** What a Stripe event means for us. An event is a hint: every effect reads the object again before it acts. */
export type Effect =
  | { readonly kind: "settle_checkout"; readonly sessionId: string }
  | { readonly kind: "settle_top_up"; readonly paymentIntentId: string }
  | { readonly kind: "settle_money_back"; readonly object: MoneyBackObject };

const settleCheckout = (facts: EventFacts): readonly Effect[] => [
  { kind: "settle_checkout", sessionId: facts.objectId },
];
const settleTopUp = (facts: EventFacts): readonly Effect[] => [
  { kind: "settle_top_up", paymentIntentId: facts.objectId },
];
const settleMoneyBack =
  (kind: MoneyBackObject["kind"]) =>
  (facts: EventFacts): readonly Effect[] => [{ kind: "settle_money_back", object: { kind, id: facts.objectId } }];
const ignoredOnPurpose = (): readonly Effect[] => [];

/** One row per event type that we asked Stripe for, or that its simulator sends; a type without a row is unknown. */
export const EFFECTS: Readonly<Record<string, (facts: EventFacts) => readonly Effect[]>> = {
  "checkout.session.completed": settleCheckout,
  "checkout.session.async_payment_succeeded": settleCheckout,
  // Nothing was granted for a payment that failed later or a session that nobody finished.
  "checkout.session.async_payment_failed": ignoredOnPurpose,
  "checkout.session.expired": ignoredOnPurpose,
  // A payment without a session may be an automatic top-up.
  "payment_intent.succeeded": settleTopUp,
  "payment_intent.payment_failed": settleTopUp,
  "payment_intent.canceled": settleTopUp,
  // Money that goes back; each event of one refund or dispute leads to the same target.
  "refund.created": settleMoneyBack("refund"),
  "refund.updated": settleMoneyBack("refund"),
  "refund.failed": settleMoneyBack("refund"),
  "charge.refund.updated": settleMoneyBack("refund"),
  "charge.refunded": settleMoneyBack("charge"),
  "credit_note.created": settleMoneyBack("credit_note"),
  "credit_note.updated": settleMoneyBack("credit_note"),
  "credit_note.voided": settleMoneyBack("credit_note"),
  "charge.dispute.created": settleMoneyBack("dispute"),
  "charge.dispute.updated": settleMoneyBack("dispute"),
  "charge.dispute.closed": settleMoneyBack("dispute"),
  "charge.dispute.funds_withdrawn": settleMoneyBack("dispute"),
  "charge.dispute.funds_reinstated": settleMoneyBack("dispute"),
  "radar.early_fraud_warning.created": settleMoneyBack("warning"),
  "radar.early_fraud_warning.updated": settleMoneyBack("warning"),
  // Steps of a payment whose result the session reports.
  "payment_intent.created": ignoredOnPurpose,
  "payment_intent.processing": ignoredOnPurpose,
  "payment_intent.requires_action": ignoredOnPurpose,
  "charge.succeeded": ignoredOnPurpose,
  "charge.failed": ignoredOnPurpose,
  "charge.pending": ignoredOnPurpose,
  "charge.updated": ignoredOnPurpose,
  // An invoice without a subscription never grants: what a pack gives hangs on its session.
  "invoice.created": ignoredOnPurpose,
  "invoice.updated": ignoredOnPurpose,
  "invoice.finalized": ignoredOnPurpose,
  "invoice.paid": ignoredOnPurpose,
  "invoice.payment_succeeded": ignoredOnPurpose,
  "invoice.sent": ignoredOnPurpose,
  "invoice_payment.paid": ignoredOnPurpose,
  "invoiceitem.created": ignoredOnPurpose,
  // Echoes of our own writes.
  "customer.created": ignoredOnPurpose,
  "customer.updated": ignoredOnPurpose,
  "product.created": ignoredOnPurpose,
  "product.updated": ignoredOnPurpose,
  "price.created": ignoredOnPurpose,
  "price.updated": ignoredOnPurpose,
  // What buyers keep at Stripe: read when it is used.
  "payment_method.attached": ignoredOnPurpose,
  "payment_method.detached": ignoredOnPurpose,
  "payment_method.updated": ignoredOnPurpose,
};

/** The effects of an event; a type we do not know has none, which the caller logs. */
export function effectsOf(facts: EventFacts): readonly Effect[] {
  return EFFECTS[facts.type]?.(facts) ?? [];
}
