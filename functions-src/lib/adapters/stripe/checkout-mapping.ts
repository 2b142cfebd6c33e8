import type Stripe from "stripe";
import { isAmount } from "../../domain/amount";
import type { CheckoutFacts, PackOrder } from "../../domain/checkout";
import type { PackCheckout } from "../../ports/payments";
import { idOf } from "./id-of";

/** What an installation adds to every sale. */
export interface SaleTerms {
  /** Whether Stripe adds the tax of the buyer's address. */
  readonly automaticTax: boolean;
  /** Whether Stripe makes an invoice of each sale, which credit notes may lower later. */
  readonly invoices: boolean;
}

/** Writes a pack checkout in Stripe's words; its metadata says what was ordered. */
export function toStripeCheckout(checkout: PackCheckout, terms: SaleTerms): Stripe.Checkout.SessionCreateParams {
  const { order } = checkout;
  const metadata = {
    accountId: order.accountId,
    packId: order.packId,
    packVersion: String(order.packVersion),
    quantity: String(order.quantity),
  };
  return {
    mode: "payment",
    customer: checkout.customerId,
    client_reference_id: order.accountId,
    metadata,
    payment_intent_data: { metadata, ...(checkout.saveCard ? { setup_future_usage: "off_session" } : {}) },
    line_items: [
      {
        quantity: order.quantity,
        price_data: {
          currency: checkout.currency.toLowerCase(),
          unit_amount: checkout.unitAmountMinor,
          product_data: { name: checkout.name, metadata: { packId: order.packId } },
        },
      },
    ],
    ...(checkout.promotionCodeId === null ? {} : { discounts: [{ promotion_code: checkout.promotionCodeId }] }),
    // Tax follows the buyer's address, which the page asks for and keeps on the customer.
    ...(terms.automaticTax ? { automatic_tax: { enabled: true }, customer_update: { address: "auto" } } : {}),
    ...(terms.invoices ? { invoice_creation: { enabled: true, invoice_data: { metadata } } } : {}),
    success_url: checkout.successUrl,
    cancel_url: checkout.cancelUrl,
  };
}

/** Reads a session in our words. Throws: an Error when Stripe answers an amount that is no safe whole number. */
export function fromStripeCheckout(session: Stripe.Checkout.Session): CheckoutFacts {
  const valueMinor = session.amount_total ?? 0;
  if (!isAmount(valueMinor)) throw new Error(`Session ${session.id} has the amount ${valueMinor}`);
  return {
    sessionId: session.id,
    mode: session.livemode ? "live" : "test",
    kind: session.mode === "payment" ? "payment" : session.mode === "setup" ? "setup" : "subscription",
    status: session.status === "complete" ? "complete" : session.status === "expired" ? "expired" : "open",
    paymentStatus:
      session.payment_status === "paid"
        ? "paid"
        : session.payment_status === "no_payment_required"
          ? "no_payment_required"
          : "unpaid",
    valueMinor,
    currency: (session.currency ?? "").toUpperCase(),
    paymentIntentId: idOf(session.payment_intent),
    invoiceId: idOf(session.invoice),
    customerId: idOf(session.customer),
    order: fromStripeOrder(session.metadata),
  };
}

function fromStripeOrder(metadata: Stripe.Metadata | null): PackOrder | null {
  const { accountId, packId, packVersion, quantity } = metadata ?? {};
  const numbers = { packVersion: Number(packVersion), quantity: Number(quantity) };
  if (accountId === undefined || packId === undefined) return null;
  if (!Number.isSafeInteger(numbers.packVersion) || !Number.isSafeInteger(numbers.quantity) || numbers.quantity < 1)
    return null;
  return { accountId, packId, ...numbers };
}
