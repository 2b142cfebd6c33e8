import type { Amount } from "../domain/amount";
import type { CheckoutFacts, PackOrder } from "../domain/checkout";
import type { MoneyBack } from "../domain/money-back";
import type { MoneyBackObject } from "../domain/stripe-effects";
import type { Instant } from "../domain/instant";
import type { StripeMode } from "../domain/payment";

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
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/**
 * Stripe, in the calls we make. Never called inside a database transaction.
 * Throws: AppError `unavailable` when Stripe cannot be reached or is overloaded, `conflict` when it refuses the call.
 */
export interface Payments {
  readonly mode: StripeMode;
  /** The release train of the pinned API version; events of another train are parked. */
  readonly releaseTrain: string;
  createCustomer(customer: {
    readonly idempotencyKey: string;
    readonly accountId: string;
    readonly email: string | null;
  }): Promise<string>;
  createPackCheckout(checkout: PackCheckout): Promise<{ readonly sessionId: string; readonly url: string }>;
  loadCheckout(sessionId: string): Promise<CheckoutFacts>;
  /** The checkout session that a payment intent belongs to; null = it came from elsewhere. */
  findCheckout(paymentIntentId: string): Promise<string | null>;
  /** The payment intent that a refund, dispute, fraud warning or charge is about; null = none. */
  findPaymentIntent(object: MoneyBackObject): Promise<string | null>;
  /** All refunds, disputes and fraud warnings of a payment intent as they are now. */
  loadMoneyBack(paymentIntentId: string): Promise<MoneyBack>;
  /** Gives money of a payment back; `wish` marks the refund, so that it can be found again. Answers the refund's id. */
  createRefund(refund: {
    readonly idempotencyKey: string;
    readonly paymentIntentId: string;
    readonly amountMinor: Amount;
    readonly wish: string;
  }): Promise<string>;
  /** The refund of a payment that a wish made; null = none. */
  findRefund(refund: { readonly paymentIntentId: string; readonly wish: string }): Promise<string | null>;
  /** Verifies the signature over the exact bytes; nothing in the body is believed before. */
  verifyDelivery(delivery: {
    readonly rawBody: string;
    readonly signature: string | null;
    readonly now: Instant;
  }): Promise<VerifiedEvent | RejectedDelivery>;
}
