import type Stripe from "stripe";
import { AppError } from "../../domain/app-error";
import type { Payments } from "../../ports/payments";
import { called } from "./called";
import { type SaleTerms, fromStripeCheckout, toStripeCheckout } from "./checkout-mapping";

type Sales = Pick<
  Payments,
  "createCustomer" | "createPackCheckout" | "findPromotionCode" | "loadCheckout" | "findCheckout"
>;

/** Makes the calls that sell packs. */
export function createSales(stripe: Stripe, terms: SaleTerms): Sales {
  return {
    createCustomer: async ({ idempotencyKey, accountId, email }) => {
      const customer = await called(() =>
        stripe.customers.create({ metadata: { accountId }, ...(email === null ? {} : { email }) }, { idempotencyKey }),
      );
      return customer.id;
    },
    createPackCheckout: async (checkout) => {
      const session = await called(() =>
        stripe.checkout.sessions.create(toStripeCheckout(checkout, terms), {
          // The terms change the parameters, so they belong to the key as they do.
          idempotencyKey: `${checkout.idempotencyKey}${terms.automaticTax ? ":tax" : ""}${terms.invoices ? ":invoice" : ""}`,
        }),
      );
      if (session.url === null) throw new AppError("bug", `Stripe gave session ${session.id} no page`);
      return { sessionId: session.id, url: session.url };
    },
    findPromotionCode: async (code) => {
      const { data } = await called(() => stripe.promotionCodes.list({ code, active: true, limit: 1 }));
      return data[0]?.id ?? null;
    },
    loadCheckout: async (sessionId) =>
      fromStripeCheckout(await called(() => stripe.checkout.sessions.retrieve(sessionId))),
    findCheckout: async (paymentIntentId) => {
      const { data } = await called(() => stripe.checkout.sessions.list({ payment_intent: paymentIntentId, limit: 1 }));
      return data[0]?.id ?? null;
    },
  };
}
