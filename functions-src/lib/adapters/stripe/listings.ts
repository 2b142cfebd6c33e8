import type Stripe from "stripe";
import { AppError } from "../../domain/app-error";
import type { CheckoutFacts } from "../../domain/checkout";
import type { Instant } from "../../domain/instant";
import { type MoneyBack, NO_MONEY_BACK } from "../../domain/money-back";
import type { MoneyBackIndex, Payments } from "../../ports/payments";
import { called } from "./called";
import { fromStripeCheckout } from "./checkout-mapping";
import { fromStripeEvent } from "./event-mapping";
import { idOf } from "./id-of";
import { fromStripeCreditNote, fromStripeDispute, fromStripeRefund, fromStripeWarning } from "./money-back";

/** How many events one run of the reconciler looks through. */
const MAX_EVENTS = 10_000;

type Listings = Pick<Payments, "listEvents" | "listCheckouts" | "listPayments" | "listMoneyBack" | "findPayment">;

/** Makes the reads of the reconciler. */
export function createListings(stripe: Stripe): Listings {
  return {
    listEvents: async ({ since, types }) => {
      const created = { gte: Math.floor(since / 1000) };
      const events = await called(() =>
        stripe.events.list({ created, types: [...types], limit: 100 }).autoPagingToArray({ limit: MAX_EVENTS }),
      );
      return events.map((event) => ({ ...fromStripeEvent(event), body: JSON.stringify(event) })).reverse();
    },
    listPayments: ({ since }) => called(() => listPayments(stripe, since)),
    listMoneyBack: ({ since }) => called(() => listMoneyBack(stripe, since)),
    listCheckouts: ({ since }) => listCheckouts(stripe, since),
    findPayment: async (paymentIntentId) => {
      try {
        return (await called(() => stripe.paymentIntents.retrieve(paymentIntentId))).status;
      } catch (error) {
        if (error instanceof AppError && error.detail["code"] === "resource_missing") return null;
        throw error;
      }
    },
  };
}

async function* listCheckouts(stripe: Stripe, since: Instant): AsyncIterable<CheckoutFacts> {
  const created = { gte: Math.floor(since / 1000) };
  for (let after: string | undefined; ;) {
    const page = await called(() =>
      stripe.checkout.sessions.list({ created, limit: 100, ...(after === undefined ? {} : { starting_after: after }) }),
    );
    yield* page.data.map(fromStripeCheckout);
    after = page.data[page.data.length - 1]?.id;
    if (!page.has_more || after === undefined) return;
  }
}

async function listPayments(stripe: Stripe, since: Instant): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { id } of stripe.paymentIntents.list(madeSince(since))) ids.add(id);
  return ids;
}

/** Walks everything that goes back or is contested, and sorts it by payment intent, credit notes by invoice. */
async function listMoneyBack(stripe: Stripe, since: Instant): Promise<MoneyBackIndex> {
  const found = new Map<string, MoneyBack>();
  const add = (reference: Parameters<typeof idOf>[0], more: Partial<MoneyBack>): void => {
    const id = idOf(reference);
    if (id === null) return;
    const { refunds, credits, disputes, warnings } = found.get(id) ?? NO_MONEY_BACK;
    found.set(id, {
      refunds: [...refunds, ...(more.refunds ?? [])],
      credits: [...credits, ...(more.credits ?? [])],
      disputes: [...disputes, ...(more.disputes ?? [])],
      warnings: [...warnings, ...(more.warnings ?? [])],
    });
  };
  for await (const refund of stripe.refunds.list(madeSince(since))) {
    add(refund.payment_intent, { refunds: [fromStripeRefund(refund)] });
  }
  for await (const dispute of stripe.disputes.list(madeSince(since))) {
    add(dispute.payment_intent, { disputes: [fromStripeDispute(dispute)] });
  }
  for await (const warning of stripe.radar.earlyFraudWarnings.list(madeSince(since))) {
    add(warning.payment_intent ?? null, { warnings: [fromStripeWarning(warning)] });
  }
  for await (const note of stripe.creditNotes.list(madeSince(since))) {
    add(note.invoice, { credits: fromStripeCreditNote(note) });
  }
  return ({ stripePaymentIntentId, stripeInvoiceId }) => ({
    ...(found.get(stripePaymentIntentId ?? "") ?? NO_MONEY_BACK),
    credits: found.get(stripeInvoiceId ?? "")?.credits ?? [],
  });
}

function madeSince(since: Instant): { readonly created: { readonly gte: number }; readonly limit: number } {
  return { created: { gte: Math.floor(since / 1000) }, limit: 100 };
}
