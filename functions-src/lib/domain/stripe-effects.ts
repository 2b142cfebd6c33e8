/** What an event tells us: its type and the object to read again. */
export interface EventFacts {
  readonly type: string;
  readonly objectId: string;
}

/** What a Stripe event means for us. An event is a hint: every effect reads the object again before it acts. */
export interface Effect {
  readonly kind: "settle_checkout";
  readonly sessionId: string;
}

const settleCheckout = (facts: EventFacts): readonly Effect[] => [
  { kind: "settle_checkout", sessionId: facts.objectId },
];
const ignoredOnPurpose = (): readonly Effect[] => [];

/** One row per event type that we asked Stripe for, or that its simulator sends; a type without a row is unknown. */
export const EFFECTS: Readonly<Record<string, (facts: EventFacts) => readonly Effect[]>> = {
  "checkout.session.completed": settleCheckout,
  "checkout.session.async_payment_succeeded": settleCheckout,
  // Nothing was granted for a payment that failed later or a session that nobody finished.
  "checkout.session.async_payment_failed": ignoredOnPurpose,
  "checkout.session.expired": ignoredOnPurpose,
  // Steps of a payment whose result the session reports.
  "payment_intent.created": ignoredOnPurpose,
  "payment_intent.processing": ignoredOnPurpose,
  "payment_intent.succeeded": ignoredOnPurpose,
  "payment_intent.payment_failed": ignoredOnPurpose,
  "charge.succeeded": ignoredOnPurpose,
  "charge.failed": ignoredOnPurpose,
  "charge.pending": ignoredOnPurpose,
  "charge.updated": ignoredOnPurpose,
  // Echoes of our own writes.
  "customer.created": ignoredOnPurpose,
  "customer.updated": ignoredOnPurpose,
  "product.created": ignoredOnPurpose,
  "price.created": ignoredOnPurpose,
};

/** The effects of an event; a type we do not know has none, which the caller logs. */
export function effectsOf(facts: EventFacts): readonly Effect[] {
  return EFFECTS[facts.type]?.(facts) ?? [];
}
