import type Stripe from "stripe";
import { AppError } from "../../domain/app-error";
import type { CheckoutFacts } from "../../domain/checkout";
import type { Instant } from "../../domain/instant";
import type { Payments } from "../../ports/payments";
import { called } from "./called";
import { fromStripeCheckout } from "./checkout-mapping";
import { fromStripeEvent } from "./event-mapping";

/** How many events one run of the reconciler looks through. */
const MAX_EVENTS = 10_000;

/** Makes the reads of the reconciler. */
export function createListings(stripe: Stripe): Pick<Payments, "listEvents" | "listCheckouts" | "findPayment"> {
  return {
    listEvents: async ({ since, types }) => {
      const created = { gte: Math.floor(since / 1000) };
      const events = await called(() =>
        stripe.events.list({ created, types: [...types], limit: 100 }).autoPagingToArray({ limit: MAX_EVENTS }),
      );
      return events.map((event) => ({ ...fromStripeEvent(event), body: JSON.stringify(event) })).reverse();
    },
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
