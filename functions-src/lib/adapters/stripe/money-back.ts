import type Stripe from "stripe";
import { isAmount, type Amount } from "../../domain/amount";
import { type MoneyBack, NO_MONEY_BACK } from "../../domain/money-back";
import type { MoneyBackObject } from "../../domain/stripe-effects";
import type { Payments } from "../../ports/payments";
import { called } from "./called";
import { idOf } from "./id-of";

/** More refunds than this nobody makes of one payment. */
const MAX_REFUNDS = 1000;

/** Makes the calls about money that goes back. */
export function createMoneyBack(
  stripe: Stripe,
): Pick<Payments, "findPaymentIntent" | "loadMoneyBack" | "createRefund" | "findRefund"> {
  return {
    findPaymentIntent: (object) => called(() => findPaymentIntent(stripe, object)),
    loadMoneyBack: (payment) => called(() => loadMoneyBack(stripe, payment)),
    createRefund: async ({ idempotencyKey, paymentIntentId, amountMinor, wish }) => {
      const parameters = { payment_intent: paymentIntentId, amount: amountMinor, metadata: { wish } };
      return (await called(() => stripe.refunds.create(parameters, { idempotencyKey }), "keyed")).id;
    },
    findRefund: async ({ paymentIntentId, wish }) => {
      const refunds = await called(() => listRefunds(stripe, paymentIntentId));
      return refunds.find(({ metadata }) => metadata?.["wish"] === wish)?.id ?? null;
    },
  };
}

/** Reads which payment intent an object is about. */
async function findPaymentIntent(stripe: Stripe, { kind, id }: MoneyBackObject): Promise<string | null> {
  switch (kind) {
    case "refund":
      return idOf((await stripe.refunds.retrieve(id)).payment_intent);
    case "dispute":
      return idOf((await stripe.disputes.retrieve(id)).payment_intent);
    case "warning":
      return idOf((await stripe.radar.earlyFraudWarnings.retrieve(id)).payment_intent ?? null);
    case "charge":
      return idOf((await stripe.charges.retrieve(id)).payment_intent);
    case "credit_note":
      return findPaidBy(stripe, idOf((await stripe.creditNotes.retrieve(id)).invoice));
  }
}

/** Reads which payment intent paid an invoice; null = nothing was to pay. */
async function findPaidBy(stripe: Stripe, invoice: string | null): Promise<string | null> {
  if (invoice === null) return null;
  const { data } = await stripe.invoicePayments.list({ invoice, status: "paid", limit: 1 });
  return idOf(data[0]?.payment.payment_intent ?? null);
}

/** Reads all refunds of a payment intent. */
function listRefunds(stripe: Stripe, paymentIntentId: string): Promise<Stripe.Refund[]> {
  return stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 }).autoPagingToArray({ limit: MAX_REFUNDS });
}

/** Reads everything that stands against a payment. */
async function loadMoneyBack(
  stripe: Stripe,
  { stripePaymentIntentId, stripeInvoiceId }: Parameters<Payments["loadMoneyBack"]>[0],
): Promise<MoneyBack> {
  if (stripePaymentIntentId === null) return NO_MONEY_BACK;
  const about = { payment_intent: stripePaymentIntentId, limit: 100 };
  const refunds = await listRefunds(stripe, stripePaymentIntentId);
  const notes =
    stripeInvoiceId === null ? [] : (await stripe.creditNotes.list({ invoice: stripeInvoiceId, limit: 100 })).data;
  const disputes = await stripe.disputes.list(about);
  const warnings = await stripe.radar.earlyFraudWarnings.list(about);
  return {
    refunds: refunds.map(fromStripeRefund),
    credits: notes.flatMap(fromStripeCreditNote),
    disputes: disputes.data.map(fromStripeDispute),
    warnings: warnings.data.map(fromStripeWarning),
  };
}

/** Reads a refund in our words. */
export function fromStripeRefund({ id, status, amount }: Stripe.Refund): MoneyBack["refunds"][number] {
  return { id, status: refundStatus(status), amountMinor: amountOf(amount, id) };
}

/** Reads what a credit note gave to the customer's balance or out of band; its refunds are told of on their own. */
export function fromStripeCreditNote(note: Stripe.CreditNote): MoneyBack["credits"] {
  const refunded = note.refunds.reduce((sum, { amount_refunded: amount }) => sum + amount, 0);
  const amountMinor = amountOf(note.post_payment_amount - refunded, note.id);
  return note.status === "void" || amountMinor === 0 ? [] : [{ id: note.id, amountMinor }];
}

/** Reads a dispute in our words. */
export function fromStripeDispute({ id, status, amount, reason }: Stripe.Dispute): MoneyBack["disputes"][number] {
  return { id, state: disputeState(status), amountMinor: amountOf(amount, id), fraud: reason === "fraudulent" };
}

/** Reads a fraud warning in our words. */
export function fromStripeWarning(warning: Stripe.Radar.EarlyFraudWarning): MoneyBack["warnings"][number] {
  const { id, actionable, created } = warning;
  return { id, actionable, at: created * 1000 };
}

function amountOf(amount: number, id: string): Amount {
  if (!isAmount(amount)) throw new Error(`${id} has the amount ${amount}`);
  return amount;
}

/** A status that Stripe adds later counts as on its way: the money may leave. */
function refundStatus(status: string | null): MoneyBack["refunds"][number]["status"] {
  switch (status) {
    case "succeeded":
    case "failed":
    case "canceled":
    case "requires_action":
      return status;
    default:
      return "pending";
  }
}

/** A status that Stripe adds later counts as open: it freezes and takes nothing. */
function disputeState(status: string): MoneyBack["disputes"][number]["state"] {
  switch (status) {
    case "warning_needs_response":
    case "warning_under_review":
      return "inquiry";
    case "lost":
    case "appeal_needs_response":
    case "appeal_under_review":
      return "lost";
    case "won":
    case "warning_closed":
    case "prevented":
      return "closed";
    default:
      return "open";
  }
}
