import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import type { ErrorBody } from "../http/stripe-error";
import defaults from "./card-defaults.json";
import { followPayment } from "./card-aftermath";
import { bookCharge, newCharge } from "./charges";
import type { TestCard } from "./test-cards";

/** What is needed to build an intent. */
export interface IntentFields {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata: Stripe.Metadata;
  readonly receiptEmail: string | null;
  readonly now: number;
}

/** Creates a payment intent that waits for a card. */
export function newPaymentIntent(tx: Transaction, fields: IntentFields): Stripe.PaymentIntent {
  const id = tx.newId("pi_");
  const intent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: fields.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic_async",
    client_secret: `${id}_secret_${tx.newId("")}`,
    confirmation_method: "automatic",
    created: fields.now,
    currency: fields.currency,
    customer: fields.customer,
    customer_account: null,
    description: fields.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: fields.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: fields.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  } satisfies Stripe.PaymentIntent;
  tx.put("payment_intent", intent);
  return intent;
}

/** How an attempt went; `paid` leaves the booking of the charge to the caller, who knows what happens between. */
export type Attempt =
  | { readonly kind: "paid"; readonly intent: Stripe.PaymentIntent; readonly book: () => void }
  | { readonly kind: "declined"; readonly intent: Stripe.PaymentIntent; readonly error: ErrorBody };

/** Charges a card for an intent: a charge in any case, and the intent succeeded or back to waiting for a card. */
export function attemptPayment(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  { card, email, now }: { readonly card: TestCard; readonly email: string | null; readonly now: number },
): Attempt {
  const paymentMethod = newPaymentMethod(tx, card, { email, now });
  const charge = newCharge(tx, intent, { card, paymentMethod: paymentMethod.id, email, now });
  tx.put("charge", charge);
  const { decline } = card;
  if (decline === null) {
    const paid: Stripe.PaymentIntent = {
      ...intent,
      amount_received: intent.amount,
      last_payment_error: null,
      latest_charge: charge.id,
      payment_method: paymentMethod.id,
      status: "succeeded",
    };
    tx.put("payment_intent", paid);
    return { kind: "paid", intent: paid, book: () => followPayment(tx, bookCharge(tx, charge, now), card, now) };
  }
  const error = {
    type: "card_error",
    code: decline.code,
    message: decline.message,
    charge: charge.id,
    ...(decline.declineCode === null ? {} : { decline_code: decline.declineCode }),
  } as const;
  const failed: Stripe.PaymentIntent = {
    ...intent,
    last_payment_error: { ...error, payment_method: paymentMethod },
    latest_charge: charge.id,
    payment_method: null,
    status: "requires_payment_method",
  };
  tx.put("payment_intent", failed);
  return {
    kind: "declined",
    intent: failed,
    error: { ...error, payment_intent: failed, payment_method: paymentMethod },
  };
}

function newPaymentMethod(
  tx: Transaction,
  card: TestCard,
  { email, now }: { readonly email: string | null; readonly now: number },
): Stripe.PaymentMethod {
  const method = {
    id: tx.newId("pm_"),
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: { address: null, email, name: null, phone: null, tax_id: null },
    card: {
      ...defaults.paymentMethod,
      brand: card.brand,
      display_brand: card.brand,
      fingerprint: `fp_${card.number.slice(-4)}`,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
    },
    created: now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  } satisfies Stripe.PaymentMethod;
  tx.put("payment_method", method);
  return method;
}
