import Stripe from "stripe";
import { AppError } from "../../domain/app-error";
import type { Payments } from "../../ports/payments";
import { called } from "./called";
import { type SaleTerms, fromStripeCheckout, toStripeCheckout } from "./checkout-mapping";

type Sales = Pick<
  Payments,
  | "createCustomer"
  | "setCustomerEmail"
  | "findCustomer"
  | "createPackCheckout"
  | "findPromotionCode"
  | "loadCheckout"
  | "findCheckout"
>;

/** Makes the calls that sell packs. */
export function createSales(stripe: Stripe, terms: SaleTerms): Sales {
  return {
    createCustomer: async ({ idempotencyKey, accountId }) =>
      (await called(() => stripe.customers.create({ metadata: { accountId } }, { idempotencyKey }), "keyed")).id,
    setCustomerEmail: (customer) => called(() => setCustomerEmail(stripe, customer)),
    findCustomer: (customer) => called(() => findCustomer(stripe, customer)),
    createPackCheckout: async (checkout) => {
      // The terms change the parameters, so they belong to the key as they do.
      const suffix = `${terms.automaticTax ? ":tax" : ""}${terms.invoices ? ":invoice" : ""}`;
      const idempotencyKey = `${checkout.idempotencyKey}${suffix}`;
      const parameters = toStripeCheckout(checkout, terms);
      const session = await called(() => stripe.checkout.sessions.create(parameters, { idempotencyKey }), "keyed");
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

async function setCustomerEmail(
  stripe: Stripe,
  { customerId, email }: { readonly customerId: string; readonly email: string },
): Promise<void> {
  try {
    await stripe.customers.update(customerId, { email });
  } catch (error) {
    // The checkout that follows finds that the customer is gone, and replaces it.
    if (error instanceof Stripe.errors.StripeError && error.code === "resource_missing") return;
    throw error;
  }
}

/** Stripe's search knows what is older than about a minute; the oldest wins, so that everybody finds the same one. */
async function findCustomer(
  stripe: Stripe,
  { accountId, except }: { readonly accountId: string; readonly except: string | null },
): Promise<string | null> {
  const value = accountId.replace(/[\\']/g, "\\$&");
  const { data } = await stripe.customers.search({ query: `metadata['accountId']:'${value}'`, limit: 100 });
  const others = data.filter(({ id }) => id !== except).sort((left, right) => left.created - right.created);
  return others[0]?.id ?? null;
}
