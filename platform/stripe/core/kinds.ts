import type Stripe from "stripe";
import type { HookEffect } from "./faults";

/** A price as it travels: the SDK turns the decimal text into its Decimal class. */
export type WirePrice = Omit<Stripe.Price, "unit_amount_decimal" | "product"> & {
  unit_amount_decimal: string | null;
  product: string;
};

/** A line item as it is kept: the price is looked up when it is rendered. */
export type StoredLineItem = Omit<Stripe.LineItem, "price"> & { price: string };

/** What an invoice item or line is priced by, as it travels. */
export interface WirePricing {
  readonly type: "price_details";
  readonly price_details: { readonly price: string; readonly product: string };
  readonly unit_amount_decimal: string | null;
}

/** An invoice item as it travels. */
export type WireInvoiceItem = Omit<Stripe.InvoiceItem, "pricing" | "quantity_decimal"> & {
  pricing: WirePricing | null;
  quantity_decimal: string;
};

/** A line of an invoice as it travels. */
export type WireInvoiceLine = Omit<Stripe.InvoiceLineItem, "pricing" | "quantity_decimal"> & {
  pricing: WirePricing | null;
  quantity_decimal: string | null;
};

/** An invoice as it travels, without what is there only when it is asked for. */
export type WireInvoice = Omit<Stripe.Invoice, "lines" | "payments" | "confirmation_secret" | "customer"> & {
  customer: string;
  lines: Listed<WireInvoiceLine>;
};

/** What an invoice needs and Stripe does not show whole on it. */
export interface InvoiceDetails {
  readonly id: string;
  readonly lines: readonly WireInvoiceLine[];
  readonly daysUntilDue: number | null;
}

/** A line of a credit note as it travels. */
export type WireCreditNoteLine = Omit<Stripe.CreditNoteLineItem, "unit_amount_decimal"> & {
  unit_amount_decimal: string | null;
};

/** A credit note as it travels. */
export type WireCreditNote = Omit<Stripe.CreditNote, "lines" | "invoice"> & {
  invoice: string;
  lines: Listed<WireCreditNoteLine>;
};

/** The lines of a credit note, of which it shows the first ten. */
export interface CreditNoteDetails {
  readonly id: string;
  readonly lines: readonly WireCreditNoteLine[];
}

interface Listed<T> {
  readonly object: "list";
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

/** An event as it is kept: its object is frozen at creation. */
export interface StoredEvent {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: object };
  readonly livemode: false;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}

/** What a checkout session needs and Stripe does not show on it. */
export interface CheckoutDetails {
  readonly id: string;
  readonly lineItems: readonly StoredLineItem[];
  readonly intentMetadata: Stripe.Metadata;
  readonly intentDescription: string | null;
  readonly setupFutureUsage?: "off_session" | "on_session" | null;
  readonly captureMethod?: "automatic" | "automatic_async" | "manual";
  /** Which kinds of saved methods the page offers. */
  readonly redisplay?: readonly string[];
  /** true: the name that the buyer enters becomes the customer's. */
  readonly updatesName?: boolean;
}

/** What Stripe shows of a coupon only when it is asked for. */
export interface CouponDetails {
  readonly id: string;
  readonly products: readonly string[] | null;
  readonly currencyOptions: Readonly<Record<string, { readonly amount_off: number }>>;
}

/** What Stripe shows of a price only when it is asked for. */
export interface PriceDetails {
  readonly id: string;
  readonly currencyOptions: Readonly<Record<string, WireCurrencyOption>>;
}

/** A price in another currency as it travels. */
export type WireCurrencyOption = Omit<Stripe.Price.CurrencyOptions, "unit_amount_decimal"> & {
  unit_amount_decimal: string | null;
};

/** What a payment method is made of, and what became of it; Stripe does not show either. */
export interface PaymentMethodDetails {
  readonly id: string;
  /** Number of the test card or account. */
  readonly number: string;
  /** true: its holder has agreed to later payments. */
  readonly setUp: boolean;
  /** true: it was used without a customer, or detached, and cannot be used again. */
  readonly spent: boolean;
}

/** What an intent needs and Stripe does not show on it. */
export interface IntentDetails {
  readonly id: string;
  readonly session: string | null;
  readonly returnUrl: string | null;
  /** When a payment that settles later comes to its end by itself. */
  readonly settlesAt: number | null;
}

/** The signing secrets of an endpoint; the first endpoint follows the secret given at the start until it is rolled. */
export interface EndpointSecrets {
  readonly id: string;
  readonly source: "start" | "generated";
  readonly secrets: readonly string[];
  /** Secrets that a roll replaced and that still sign until their time. */
  readonly retiring?: readonly { readonly secret: string; readonly expiresAtMs: number }[];
}

/** One time that a rule of the faults hit. */
export interface FaultHit {
  readonly id: string;
  /** Index among the rules that were set then. */
  readonly rule: number;
  readonly plane: "api" | "hook";
  readonly effect: string;
  /** The call, or the type and id of the event. */
  readonly subject: string;
  readonly at: number;
}

/**
 * One delivery of one event to one endpoint.
 * `pending`: made with the event; sent at `nextAtMs`; a failure moves `nextAtMs` until the attempts are used up.
 * `delivered`: answered with 2xx, or lost on purpose by the drop fault (`lost`). `given_up`: attempts used up; only a flush sends it
 * again. `canceled`: its endpoint was deleted.
 */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly endpoint: string;
  readonly status: "pending" | "delivered" | "given_up" | "canceled";
  readonly lost: boolean;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly lastError: string | null;
  /** What is wrong with what is sent, by a rule of the faults. */
  readonly fault?: HookEffect;
}

/** How a refund begins, and what time makes of it when nobody decides before. */
export interface RefundCourse {
  readonly begins: "succeeded" | "pending" | "requires_action";
  readonly ends: "succeeded" | "failed" | null;
}

/** What a charge does later and Stripe does not show on it; charges of ordinary cards have none. */
export interface ChargeDetails {
  readonly id: string;
  readonly refundCourse: RefundCourse;
}

/** The move that a refund makes by itself. Units of `at`: unix seconds. */
export interface RefundDetails {
  readonly id: string;
  readonly next: { readonly to: "succeeded" | "failed"; readonly at: number } | null;
}

/** The answer that a repeated idempotency key gets. */
export interface SavedAnswer {
  readonly id: string;
  readonly fingerprint: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
  readonly created: number;
}

/** A value of the simulator itself: seed, faults, last port. */
export interface Setting {
  readonly id: string;
  readonly value: unknown;
}

/** Everything that is kept, by kind; kinds that Stripe has are named as Stripe's `object`. */
export interface Kinds {
  balance_transaction: Stripe.BalanceTransaction;
  charge: Stripe.Charge;
  charge_details: ChargeDetails;
  checkout_details: CheckoutDetails;
  "checkout.session": Stripe.Checkout.Session;
  credit_note: WireCreditNote;
  credit_note_details: CreditNoteDetails;
  coupon: Stripe.Coupon | Stripe.DeletedCoupon;
  coupon_details: CouponDetails;
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  customer_balance_transaction: Stripe.CustomerBalanceTransaction;
  delivery: Delivery;
  dispute: Stripe.Dispute;
  endpoint_secrets: EndpointSecrets;
  event: StoredEvent;
  fault_hit: FaultHit;
  invoice: WireInvoice | Stripe.DeletedInvoice;
  invoice_details: InvoiceDetails;
  invoice_payment: Stripe.InvoicePayment;
  invoiceitem: WireInvoiceItem | Stripe.DeletedInvoiceItem;
  intent_details: IntentDetails;
  payment_intent: Stripe.PaymentIntent;
  payment_method: Stripe.PaymentMethod;
  payment_method_details: PaymentMethodDetails;
  price: WirePrice;
  price_details: PriceDetails;
  product: Stripe.Product | Stripe.DeletedProduct;
  promotion_code: Stripe.PromotionCode;
  "radar.early_fraud_warning": Stripe.Radar.EarlyFraudWarning;
  refund: Stripe.Refund;
  refund_details: RefundDetails;
  saved_answer: SavedAnswer;
  setting: Setting;
  setup_intent: Stripe.SetupIntent;
  tax_id: Stripe.TaxId | Stripe.DeletedTaxId;
  "test_helpers.test_clock": Stripe.TestHelpers.TestClock | Stripe.TestHelpers.DeletedTestClock;
  webhook_endpoint: Stripe.WebhookEndpoint | Stripe.DeletedWebhookEndpoint;
}

export type Kind = keyof Kinds;

/** Kinds that the API shows as objects, for the control plane's counts. */
export const OBJECT_KINDS = [
  "balance_transaction",
  "charge",
  "checkout.session",
  "credit_note",
  "coupon",
  "customer",
  "customer_balance_transaction",
  "dispute",
  "event",
  "invoice",
  "invoice_payment",
  "invoiceitem",
  "payment_intent",
  "payment_method",
  "price",
  "product",
  "test_helpers.test_clock",
  "radar.early_fraud_warning",
  "refund",
  "promotion_code",
  "setup_intent",
  "tax_id",
  "webhook_endpoint",
] as const satisfies readonly Kind[];

export const ALL_KINDS: readonly Kind[] = [
  ...OBJECT_KINDS,
  "charge_details",
  "checkout_details",
  "coupon_details",
  "credit_note_details",
  "delivery",
  "endpoint_secrets",
  "fault_hit",
  "intent_details",
  "invoice_details",
  "payment_method_details",
  "price_details",
  "refund_details",
  "saved_answer",
  "setting",
];
