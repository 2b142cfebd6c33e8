import type Stripe from "stripe";
import type { StoredLineItem } from "../core/kinds";
import type { Transaction } from "../core/store";
import { newInvoiceItem } from "./invoice-items";
import { liveCustomer } from "./customers";
import { markPaymentPaid, newInvoicePayment } from "./invoice-payments";
import { finalizeInvoice, markPaid } from "./invoice-states";
import { newInvoice } from "./new-invoice";

/**
 * Makes the paid invoice of a session that asked for one; null when it did not.
 * Sessions without a customer get one before, since an invoice needs one.
 */
export function newSessionInvoice(
  tx: Transaction,
  session: Stripe.Checkout.Session,
  paid: { readonly intent: Stripe.PaymentIntent | null; readonly now: number },
): string | null {
  const { now, intent } = paid;
  const creation = session.invoice_creation;
  if (creation?.enabled !== true) return null;
  const customer = liveCustomer(tx, String(session.customer));
  const items = tx.get("checkout_details", session.id)?.lineItems ?? [];
  // The items are those of the session, which the API does not tell of again.
  const quiet: Transaction = { ...tx, put: tx.putQuietly };
  const currency = session.currency ?? "usd";
  const made = items.map((item) => ({
    ...newInvoiceItem({ tx: quiet, now }, fieldsOf(item), { customer, invoice: null, currency }),
    pricing: pricingOf(tx, item),
    quantity: item.quantity ?? 1,
    quantity_decimal: String(item.quantity ?? 1),
  }));
  const { description, footer, metadata } = creation.invoice_data;
  const fields = { customer: customer.id, currency, description, footer, metadata } as const;
  const draft = newInvoice({ tx, now }, { ...fields, pending_invoice_items_behavior: "exclude" }, made);
  const open = finalizeInvoice(tx, draft.id, { now, settled: true });
  if (intent === null || open.status !== "open") return draft.id;
  markPaymentPaid(tx, newInvoicePayment(tx, { invoice: draft.id, intent, now }), { now });
  markPaid(tx, open, { now, amount: intent.amount_received });
  return draft.id;
}

function fieldsOf(item: StoredLineItem) {
  return { amount: item.amount_total, currency: item.currency, description: item.description ?? undefined };
}

function pricingOf(tx: Transaction, item: StoredLineItem) {
  const price = tx.get("price", item.price);
  if (price === undefined) return null;
  return {
    type: "price_details",
    price_details: { price: price.id, product: price.product },
    unit_amount_decimal: price.unit_amount_decimal,
  } as const;
}
