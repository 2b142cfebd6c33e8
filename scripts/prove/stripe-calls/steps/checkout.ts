import type Stripe from "stripe";
import { failureOf, type Step, type World } from "../step";

const urls = { success_url: "https://example.com/success" };

async function priceOf({ given }: Pick<World, "given">): Promise<Stripe.Price> {
  return given.prices.create({ currency: "usd", unit_amount: 1500, product_data: { name: "Stubborn Attachments" } });
}

/** Checkout sessions, in the modes that are simulated. */
export const checkoutSteps: readonly Step[] = [
  {
    object: "checkout.sessions",
    title: "create, retrieve, update, list and expire one, and list its line items",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const price = await priceOf({ given });
      const session = await stripe.checkout.sessions.create({
        ...urls,
        line_items: [{ price: price.id, quantity: 2 }],
        mode: "payment",
        customer: customer.id,
        client_reference_id: "order-1",
      });
      check(session, {
        id: /^cs_test_/,
        object: "checkout.session",
        amount_total: 3000,
        currency: "usd",
        status: "open",
        payment_status: "unpaid",
        url: /^http/,
        client_reference_id: "order-1",
      });
      const { id } = session;
      const metadata = { order_id: "6735" };
      check(await stripe.checkout.sessions.update(id, { metadata }), { id, metadata });
      check(await stripe.checkout.sessions.retrieve(id, { expand: ["line_items", "customer"] }), {
        customer: { id: customer.id },
        line_items: { object: "list", data: [{ quantity: 2, amount_total: 3000, price: { id: price.id } }] },
      });
      check(await stripe.checkout.sessions.listLineItems(id, { limit: 3 }), {
        url: `/v1/checkout/sessions/${id}/line_items`,
        data: [{ object: "item", description: "Stubborn Attachments", amount_subtotal: 3000 }],
      });
      check(await stripe.checkout.sessions.list({ limit: 3, customer: customer.id, status: "open" }), {
        data: [{ id }],
      });
      check(await stripe.checkout.sessions.expire(id), { id, status: "expired", url: null });
      check(await failureOf(stripe.checkout.sessions.expire(id)), { statusCode: 400 });
    },
  },
  {
    object: "checkout.sessions",
    title: "show that the buyer has paid",
    run: async ({ stripe, given, check, simulate }) => {
      const { id: price } = await priceOf({ given });
      const session = await stripe.checkout.sessions.create({
        ...urls,
        mode: "payment",
        line_items: [{ price, quantity: 1 }],
      });
      await simulate(`checkout/${session.id}/pay`, { email: "buyer@example.com", name: "A Buyer" });
      const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
      check(paid, {
        status: "complete",
        payment_status: "paid",
        customer_details: { email: "buyer@example.com", name: "A Buyer" },
        payment_intent: { status: "succeeded", amount_received: 1500 },
      });
      const intent = paid.payment_intent as Stripe.PaymentIntent;
      check(await stripe.checkout.sessions.list({ payment_intent: intent.id }), { data: [{ id: session.id }] });
    },
  },
  {
    object: "checkout.sessions",
    title: "save a payment method in setup mode",
    run: async ({ stripe, given, check, simulate }) => {
      const customer = await given.customers.create();
      const session = await stripe.checkout.sessions.create({
        ...urls,
        mode: "setup",
        currency: "usd",
        customer: customer.id,
      });
      check(session, { mode: "setup", status: "open", payment_status: "no_payment_required", setup_intent: /^seti_/ });
      await simulate(`checkout/${session.id}/pay`);
      check(await stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent"] }), {
        status: "complete",
        setup_intent: { status: "succeeded", payment_method: /^pm_/, customer: customer.id },
      });
    },
  },
];
