import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import type { ErrorBody } from "../http/stripe-error";
import { followPayment } from "./card-aftermath";
import { bookCharge, newCharge } from "./charges";
import { takeForcedDecline } from "./forced-declines";
import { moveIntent } from "./intent-moves";
import { newPaymentMethod } from "./new-payment-method";
import { methodTypesFor } from "./test-accounts";
import type { TestCard } from "./test-cards";

/** What is needed to build an intent. */
export interface IntentFields {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata: Stripe.Metadata;
  readonly receiptEmail: string | null;
  readonly captureMethod?: "automatic_async" | "automatic" | "manual" | undefined;
  readonly setupFutureUsage?: "off_session" | "on_session" | null | undefined;
  readonly allowed?: string[] | null | undefined;
  readonly excluded?: string[] | null | undefined;
  readonly shipping?: Stripe.PaymentIntent.Shipping | undefined;
  readonly statementDescriptor?: string | undefined;
  readonly statementDescriptorSuffix?: string | undefined;
  /** The types that a checkout session takes; the default follows from currency and choice. */
  readonly types?: string[];
  readonly now: number;
}

/** Creates a payment intent that waits for a card. */
export function newPaymentIntent(tx: Transaction, fields: IntentFields): Stripe.PaymentIntent {
  const id = tx.newId("pi_");
  const intent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: fields.allowed ?? null,
    amount: fields.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: fields.captureMethod ?? "automatic_async",
    client_secret: `${id}_secret_${tx.newId("")}`,
    confirmation_method: "automatic",
    created: fields.now,
    currency: fields.currency,
    customer: fields.customer,
    customer_account: null,
    description: fields.description,
    excluded_payment_method_types: fields.excluded ?? null,
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
    payment_method_types: fields.types ?? methodTypesFor(fields.currency, fields),
    payment_record: null,
    processing: null,
    receipt_email: fields.receiptEmail,
    review: null,
    setup_future_usage: fields.setupFutureUsage ?? null,
    shipping: fields.shipping ?? null,
    source: null,
    statement_descriptor: fields.statementDescriptor ?? null,
    statement_descriptor_suffix: fields.statementDescriptorSuffix ?? null,
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

/**
 * Charges a card for an intent: a charge in any case, and the intent succeeded, authorized, or back to waiting for a card.
 * A card without a method of its own gets a new one.
 */
export function attemptPayment(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  {
    card,
    email,
    method,
    now,
  }: {
    readonly card: TestCard;
    readonly email: string | null;
    readonly method?: Stripe.PaymentMethod;
    readonly now: number;
  },
): Attempt {
  const paymentMethod = method ?? newPaymentMethod(tx, card, { billing: { email }, now }).method;
  const customer = typeof intent.customer === "string" ? intent.customer : null;
  const decline = takeForcedDecline(tx, customer) ?? card.decline;
  const used = { ...card, decline };
  const charge = newCharge(tx, intent, { card: used, paymentMethod: paymentMethod.id, email, now });
  tx.put("charge", charge);
  if (decline === null) {
    const manual = intent.capture_method === "manual";
    const paid = moveIntent(tx, intent, {
      amount_capturable: manual ? intent.amount : 0,
      amount_received: manual ? 0 : intent.amount,
      last_payment_error: null,
      latest_charge: charge.id,
      next_action: null,
      payment_method: paymentMethod.id,
      status: manual ? "requires_capture" : "succeeded",
    });
    const book = (): void => (manual ? undefined : followPayment(tx, bookCharge(tx, charge, now), card, now));
    return { kind: "paid", intent: paid, book };
  }
  const error = {
    type: "card_error",
    code: decline.code,
    message: decline.message,
    charge: charge.id,
    ...(decline.declineCode === null ? {} : { decline_code: decline.declineCode }),
  } as const;
  const failed = failIntent(tx, intent, { ...error, payment_method: paymentMethod });
  return {
    kind: "declined",
    intent: failed,
    error: { ...error, payment_intent: failed, payment_method: paymentMethod },
  };
}

/** Sends an intent back to waiting for a method, and says why. */
export function failIntent(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  error: Stripe.PaymentIntent.LastPaymentError,
): Stripe.PaymentIntent {
  return moveIntent(tx, intent, {
    last_payment_error: error,
    latest_charge: error.charge ?? intent.latest_charge,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  });
}
