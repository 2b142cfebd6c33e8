import type Stripe from "stripe";
import { failureOf, type Step } from "../step";

const metadata = { order_id: "6735" };

/** Pays at once by card, and answers the intent with its charge. */
export async function pay(
  given: Stripe,
  { amount = 1099, method = "pm_card_visa", customer }: { amount?: number; method?: string; customer?: string } = {},
): Promise<{ readonly intent: Stripe.PaymentIntent; readonly charge: Stripe.Charge }> {
  const intent = await given.paymentIntents.create({
    amount,
    currency: "usd",
    payment_method: method,
    confirm: true,
    ...(customer === undefined ? {} : { customer }),
  });
  return { intent, charge: await given.charges.retrieve(String(intent.latest_charge)) };
}

const intentSteps: readonly Step[] = [
  {
    object: "paymentIntents",
    title: "create, retrieve, update, confirm, list and search one",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const intent = await stripe.paymentIntents.create({
        amount: 2000,
        currency: "usd",
        customer: customer.id,
        automatic_payment_methods: { enabled: true },
      });
      check(intent, {
        id: /^pi_/,
        object: "payment_intent",
        amount: 2000,
        currency: "usd",
        status: "requires_payment_method",
        client_secret: new RegExp(`^${intent.id}_secret_`),
      });
      check(await stripe.paymentIntents.update(intent.id, { metadata, amount: 2100 }), { metadata, amount: 2100 });
      const confirmed = await stripe.paymentIntents.confirm(intent.id, {
        payment_method: "pm_card_visa",
        return_url: "https://www.example.com",
      });
      check(confirmed, { status: "succeeded", amount_received: 2100, latest_charge: /^ch_/, next_action: null });
      const whole = { expand: ["latest_charge.balance_transaction", "customer"] };
      check(await stripe.paymentIntents.retrieve(intent.id, whole), {
        customer: { id: customer.id },
        latest_charge: { amount: 2100, paid: true, balance_transaction: { amount: 2100, type: "charge" } },
      });
      check(await stripe.paymentIntents.list({ limit: 3, customer: customer.id }), { data: [{ id: intent.id }] });
      check(await stripe.paymentIntents.search({ query: "status:'succeeded' AND metadata['order_id']:'6735'" }), {
        data: [{ id: intent.id }],
      });
    },
  },
  {
    object: "paymentIntents",
    title: "capture a part of what was authorized, and cancel what is not wanted",
    run: async ({ stripe, check }) => {
      const manual = {
        amount: 2000,
        currency: "usd",
        capture_method: "manual",
        payment_method: "pm_card_visa",
        confirm: true,
      } as const;
      const held = await stripe.paymentIntents.create(manual);
      check(held, { status: "requires_capture", amount_capturable: 2000, amount_received: 0 });
      const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1500 });
      check(captured, { status: "succeeded", amount_capturable: 0, amount_received: 1500 });
      const other = await stripe.paymentIntents.create(manual);
      check(await stripe.paymentIntents.cancel(other.id, { cancellation_reason: "duplicate" }), {
        status: "canceled",
        cancellation_reason: "duplicate",
        canceled_at: captured.created,
      });
      check(await failureOf(stripe.paymentIntents.capture(other.id)), { code: "payment_intent_unexpected_state" });
    },
  },
  {
    object: "paymentIntents",
    title: "tell a decline, and go through 3-D Secure",
    run: async ({ stripe, check, simulate }) => {
      const order = { amount: 2000, currency: "usd", confirm: true } as const;
      const declined = await failureOf(
        stripe.paymentIntents.create({ ...order, payment_method: "pm_card_chargeDeclined" }),
      );
      check(declined, {
        type: "StripeCardError",
        code: "card_declined",
        statusCode: 402,
        decline_code: "generic_decline",
      });
      const waiting = await stripe.paymentIntents.create({
        ...order,
        payment_method: "pm_card_authenticationRequired",
        return_url: "https://www.example.com",
      });
      check(waiting, {
        status: "requires_action",
        next_action: { type: "redirect_to_url", redirect_to_url: { url: /^http/ } },
      });
      await simulate(`payment_intents/${waiting.id}/authenticate`);
      check(await stripe.paymentIntents.retrieve(waiting.id), { status: "succeeded" });
    },
  },
];

const chargeSteps: readonly Step[] = [
  {
    object: "charges",
    title: "retrieve, update, list and search one",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const { charge, intent } = await pay(given, { customer: customer.id, amount: 4711 });
      check(await stripe.charges.retrieve(charge.id), {
        id: charge.id,
        object: "charge",
        amount: 4711,
        captured: true,
        paid: true,
        status: "succeeded",
        payment_intent: intent.id,
        payment_method_details: { type: "card", card: { brand: "visa", last4: "4242" } },
      });
      check(await stripe.charges.list({ limit: 3, customer: customer.id }), {
        url: "/v1/charges",
        data: [{ id: charge.id }],
      });
      check(await stripe.charges.list({ payment_intent: intent.id }), { data: [{ id: charge.id }] });
      const notes = { metadata: { shipping: "express" }, description: "For March" };
      check(await stripe.charges.update(charge.id, notes), { id: charge.id, amount: 4711, ...notes });
      const query = `amount>999 AND payment_method_details.card.last4:4242 AND customer:'${customer.id}'`;
      check(await stripe.charges.search({ query }), { object: "search_result", data: [{ id: charge.id }] });
    },
  },
  {
    object: "balanceTransactions",
    title: "retrieve and list what a charge and its refund moved",
    run: async ({ stripe, given, check }) => {
      const { charge } = await pay(given, { amount: 10_000 });
      const id = String(charge.balance_transaction);
      const booked = {
        id,
        object: "balance_transaction",
        amount: 10_000,
        fee: 320,
        net: 9680,
        type: "charge",
        source: charge.id,
      };
      check(await stripe.balanceTransactions.retrieve(id), booked);
      check(await stripe.balanceTransactions.list({ limit: 3, source: charge.id }), { data: [{ id }] });
      const refund = await given.refunds.create({ charge: charge.id });
      check(await stripe.balanceTransactions.list({ limit: 1, type: "refund", currency: "usd" }), {
        data: [{ amount: -10_000, source: refund.id }],
      });
    },
  },
];

/** Payment intents, charges and what they move. */
export const paymentSteps: readonly Step[] = [...intentSteps, ...chargeSteps];
