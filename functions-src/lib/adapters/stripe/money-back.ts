import type Stripe from "stripe";
import { isAmount, type Amount } from "../../domain/amount";
import type { MoneyBack } from "../../domain/money-back";
import type { MoneyBackObject } from "../../domain/stripe-effects";
import type { Payments } from "../../ports/payments";
import { called } from "./called";

/** More refunds than this nobody makes of one payment. */
const MAX_REFUNDS = 1000;

/** Makes the calls about money that goes back. */
export function createMoneyBack(
  stripe: Stripe,
): Pick<Payments, "findPaymentIntent" | "loadMoneyBack" | "createRefund" | "findRefund"> {
  return {
    findPaymentIntent: (object) => called(() => findPaymentIntent(stripe, object)),
    loadMoneyBack: (paymentIntentId) => called(() => loadMoneyBack(stripe, paymentIntentId)),
    createRefund: async ({ idempotencyKey, paymentIntentId, amountMinor, wish }) => {
      const parameters = { payment_intent: paymentIntentId, amount: amountMinor, metadata: { wish } };
      return (await called(() => stripe.refunds.create(parameters, { idempotencyKey }))).id;
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
  }
}

/** The id of what a field refers to, expanded or not. */
export function idOf(reference: string | { readonly id: string } | null): string | null {
  return reference === null || typeof reference === "string" ? reference : reference.id;
}

/** Reads all refunds of a payment intent. */
function listRefunds(stripe: Stripe, paymentIntentId: string): Promise<Stripe.Refund[]> {
  return stripe.refunds.list({ payment_intent: paymentIntentId, limit: 100 }).autoPagingToArray({ limit: MAX_REFUNDS });
}

/** Reads everything that stands against a payment intent. */
async function loadMoneyBack(stripe: Stripe, paymentIntentId: string): Promise<MoneyBack> {
  const about = { payment_intent: paymentIntentId, limit: 100 };
  const refunds = await listRefunds(stripe, paymentIntentId);
  const disputes = await stripe.disputes.list(about);
  const warnings = await stripe.radar.earlyFraudWarnings.list(about);
  return {
    refunds: refunds.map(fromStripeRefund),
    disputes: disputes.data.map(fromStripeDispute),
    warnings: warnings.data.map(fromStripeWarning),
  };
}

/** Reads a refund in our words. */
export function fromStripeRefund({ id, status, amount }: Stripe.Refund): MoneyBack["refunds"][number] {
  return { id, status: refundStatus(status), amountMinor: amountOf(amount, id) };
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
