import type { Amount } from "../domain/amount";
import type { CheckoutFacts, PackOrder } from "../domain/checkout";
import type { InvoiceFact } from "../domain/invoice";
import type { MoneyBack } from "../domain/money-back";
import type { MoneyBackObject } from "../domain/stripe-effects";
import type { Instant } from "../domain/instant";
import type { TopUpPack } from "../domain/top-up";
import type { PaymentFact, StripeMode } from "../domain/payment";

/** An event whose signature is good. */
export interface VerifiedEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly mode: StripeMode;
  readonly apiVersion: string;
}

/** Why a delivery was not accepted; the reason goes to the log and, without secrets, to the answer. */
export interface RejectedDelivery {
  readonly rejected: string;
}

/** What a pack checkout needs. */
export interface PackCheckout {
  readonly idempotencyKey: string;
  readonly customerId: string;
  readonly order: PackOrder;
  readonly name: string;
  readonly unitAmountMinor: Amount;
  readonly currency: string;
  /** A promotion code of Stripe to apply; null = none. */
  readonly promotionCodeId: string | null;
  /** Whether the card is kept for charges while the customer is away. */
  readonly saveCard: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** A charge of a saved card for an automatic top-up; `topUpId` marks it, so that it can be found again. */
export interface SavedCharge extends TopUpPack {
  readonly idempotencyKey: string;
  readonly customerId: string;
  readonly paymentMethodId: string;
  readonly topUpId: string;
  readonly accountId: string;
  readonly unit: string;
}

/** What the payment intent of an automatic top-up says now. */
export interface TopUpPayment extends TopUpPack {
  readonly topUpId: string;
  readonly accountId: string;
  readonly unit: string;
  readonly mode: StripeMode;
  readonly paymentIntentId: string;
  /** `failed`: declined, or waiting for a customer who is not there. */
  readonly status: "succeeded" | "processing" | "failed" | "canceled";
}

/** Finds what stands against a payment among what was listed; nothing listed is `NO_MONEY_BACK`. */
export type MoneyBackIndex = (payment: Pick<PaymentFact, "stripePaymentIntentId" | "stripeInvoiceId">) => MoneyBack;

/** An event as Stripe lists it, with its body as a webhook would carry it. */
export interface ListedEvent extends VerifiedEvent {
  readonly body: string;
}

/**
 * Stripe, in the calls we make. Never called inside a database transaction.
 * Throws: AppError `unavailable` when Stripe cannot be reached or is overloaded, `conflict` when it refuses the call.
 */
export interface Payments {
  readonly mode: StripeMode;
  /** The release train of the pinned API version; events of another train are parked. */
  readonly releaseTrain: string;
  /** Makes a customer that is marked with its account, so that it can be found again. Answers the customer's id. */
  createCustomer(customer: { readonly idempotencyKey: string; readonly accountId: string }): Promise<string>;
  /** Tells a customer's address for receipts; one that is gone is left alone. */
  setCustomerEmail(customer: { readonly customerId: string; readonly email: string }): Promise<void>;
  /** A customer that was made for an account more than a minute ago, `except` left out; null = none. */
  findCustomer(customer: { readonly accountId: string; readonly except: string | null }): Promise<string | null>;
  createPackCheckout(checkout: PackCheckout): Promise<{ readonly sessionId: string; readonly url: string }>;
  /** The promotion code that buyers type, where it is valid now; null = it is not. */
  findPromotionCode(code: string): Promise<string | null>;
  loadCheckout(sessionId: string): Promise<CheckoutFacts>;
  /** The checkout session that a payment intent belongs to; null = it came from elsewhere. */
  findCheckout(paymentIntentId: string): Promise<string | null>;
  /** The payment intent that a refund, credit note, dispute, fraud warning or charge is about; null = none. */
  findPaymentIntent(object: MoneyBackObject): Promise<string | null>;
  /** All refunds, credit notes, disputes and fraud warnings of a payment as they are now. */
  loadMoneyBack(payment: Pick<PaymentFact, "stripePaymentIntentId" | "stripeInvoiceId">): Promise<MoneyBack>;
  /** Gives money of a payment back; `wish` marks the refund, so that it can be found again. Answers the refund's id. */
  createRefund(refund: {
    readonly idempotencyKey: string;
    readonly paymentIntentId: string;
    readonly amountMinor: Amount;
    readonly wish: string;
  }): Promise<string>;
  /** The refund of a payment that a wish made; null = none. */
  findRefund(refund: { readonly paymentIntentId: string; readonly wish: string }): Promise<string | null>;
  /** A card of a customer that may be charged while they are away; null = none. */
  findSavedCard(customerId: string): Promise<string | null>;
  /** Charges a saved card; answers the payment intent, also when the card was declined. */
  chargeSavedCard(charge: SavedCharge): Promise<string>;
  /** The payment intent that an attempt made since it was first tried; null = none. */
  findTopUp(attempt: Pick<SavedCharge, "customerId" | "topUpId"> & { readonly since: Instant }): Promise<string | null>;
  /** Reads a payment intent as the payment of a top-up; null = it is none of ours. */
  loadTopUp(paymentIntentId: string): Promise<TopUpPayment | null>;
  /** Makes sure that an attempt that failed can never be paid. */
  cancelTopUp(paymentIntentId: string): Promise<void>;
  /** Invoices of a customer, the newest first, one page; `before` is the id that the page begins after. */
  listInvoices(page: {
    readonly customerId: string;
    readonly limit: number;
    readonly before: string | null;
  }): Promise<{ readonly invoices: readonly InvoiceFact[]; readonly hasMore: boolean }>;
  /** Events of some types since an instant, oldest first, at most 10,000. */
  listEvents(page: { readonly since: Instant; readonly types: readonly string[] }): Promise<readonly ListedEvent[]>;
  /** Checkout sessions made since an instant, newest first. */
  listCheckouts(page: { readonly since: Instant }): AsyncIterable<CheckoutFacts>;
  /** Payment intents made since an instant. */
  listPayments(page: { readonly since: Instant }): Promise<ReadonlySet<string>>;
  /** What went back or is contested since an instant: of a payment intent, and of an invoice. */
  listMoneyBack(page: { readonly since: Instant }): Promise<MoneyBackIndex>;
  /** The status of a payment intent; null = Stripe does not have it. */
  findPayment(paymentIntentId: string): Promise<string | null>;
  /** Verifies the signature over the exact bytes; nothing in the body is believed before. */
  verifyDelivery(delivery: {
    readonly rawBody: string;
    readonly signature: string | null;
    readonly now: Instant;
  }): Promise<VerifiedEvent | RejectedDelivery>;
}
