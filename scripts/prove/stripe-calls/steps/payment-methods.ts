import { failureOf, type Step } from "../step";

/** Payment methods and setup intents, which save them. */
export const paymentMethodSteps: readonly Step[] = [
  {
    object: "paymentMethods",
    title: "create an account and a card, and retrieve them",
    run: async ({ stripe, check }) => {
      const account = await stripe.paymentMethods.create({
        type: "us_bank_account",
        us_bank_account: {
          account_holder_type: "individual",
          account_number: "000123456789",
          routing_number: "110000000",
        },
        billing_details: { name: "John Doe" },
      });
      check(account, {
        id: /^pm_/,
        object: "payment_method",
        type: "us_bank_account",
        us_bank_account: { last4: "6789", routing_number: "110000000" },
        billing_details: { name: "John Doe", email: null },
        customer: null,
      });
      const card = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
      check(card, { type: "card", card: { brand: "visa", last4: "4242" } });
      check(await stripe.paymentMethods.retrieve(card.id), { id: card.id, type: "card" });
    },
  },
  {
    object: "paymentMethods",
    title: "attach, update, list and detach one",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const { id } = await given.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
      check(await stripe.paymentMethods.attach(id, { customer: customer.id }), { id, customer: customer.id });
      const metadata = { order_id: "6735" };
      const expiry = { exp_month: 8, exp_year: 2031 };
      check(await stripe.paymentMethods.update(id, { metadata, card: expiry }), { id, metadata, card: expiry });
      check(await stripe.paymentMethods.list({ customer: customer.id, type: "card", limit: 3 }), {
        url: "/v1/payment_methods",
        data: [{ id }],
      });
      check(await stripe.paymentMethods.list({ customer: customer.id, type: "sepa_debit" }), { data: [] });
      check(await stripe.paymentMethods.detach(id), { id, customer: null });
      check(await stripe.paymentMethods.list({ customer: customer.id }), { data: [] });
      check(await failureOf(stripe.paymentMethods.attach(id, { customer: customer.id })), { statusCode: 400 });
    },
  },
  {
    object: "setupIntents",
    title: "create, retrieve, update, confirm and list one",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const intent = await stripe.setupIntents.create({
        customer: customer.id,
        automatic_payment_methods: { enabled: true, allow_redirects: "never" },
      });
      check(intent, {
        id: /^seti_/,
        object: "setup_intent",
        status: "requires_payment_method",
        client_secret: new RegExp(`^${intent.id}_secret_`),
        usage: "off_session",
      });
      const metadata = { user_id: "3435453" };
      check(await stripe.setupIntents.update(intent.id, { metadata }), { id: intent.id, metadata });
      const confirmed = await stripe.setupIntents.confirm(intent.id, { payment_method: "pm_card_visa" });
      check(confirmed, { status: "succeeded", payment_method: /^pm_/, customer: customer.id });
      check(await stripe.setupIntents.retrieve(intent.id, { expand: ["payment_method"] }), {
        payment_method: { id: confirmed.payment_method, customer: customer.id },
      });
      check(await stripe.setupIntents.list({ customer: customer.id, limit: 3 }), { data: [{ id: intent.id }] });
    },
  },
  {
    object: "setupIntents",
    title: "cancel one that waits for the bank",
    run: async ({ stripe, check }) => {
      const intent = await stripe.setupIntents.create({
        confirm: true,
        payment_method: "pm_card_authenticationRequired",
        return_url: "https://www.example.com",
        automatic_payment_methods: { enabled: true },
      });
      check(intent, { status: "requires_action", next_action: { type: "redirect_to_url" } });
      check(await stripe.setupIntents.cancel(intent.id, { cancellation_reason: "abandoned" }), {
        status: "canceled",
        cancellation_reason: "abandoned",
        next_action: null,
      });
      check(await failureOf(stripe.setupIntents.confirm(intent.id)), { code: "setup_intent_unexpected_state" });
    },
  },
];
