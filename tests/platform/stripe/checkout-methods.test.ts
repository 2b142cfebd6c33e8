import type Stripe from "stripe";
import {
  closeAll,
  eventTypesOf,
  failureOf,
  sessionParams,
  startUnderTest,
  type SimulatorUnderTest,
} from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest({ testClock: true });
  sdk = simulator.sdk;
});
afterEach(closeAll);

type Params = Partial<Stripe.Checkout.SessionCreateParams>;
const checkout = (changes: Params = {}): Promise<Stripe.Checkout.Session> =>
  sdk.checkout.sessions.create(sessionParams(changes));
const pay = ({ id }: Stripe.Checkout.Session, body: object = {}) =>
  simulator.simulate("POST", `checkout/${id}/pay`, body);
const read = ({ id }: Stripe.Checkout.Session) => sdk.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
const intentIdOf = async (session: Stripe.Checkout.Session): Promise<string> =>
  String((await sdk.checkout.sessions.retrieve(session.id)).payment_intent);

describe("checkout with a debit that settles later", () => {
  it("completes unpaid, and tells the payment when the bank pays", async () => {
    const session = await checkout();
    expect(session.payment_method_types).toEqual(["card", "us_bank_account"]);
    expect(await pay(session, { card: "000123456789" })).toMatchObject({
      status: 200,
      body: { status: "complete", payment_status: "unpaid" },
    });
    await simulator.simulate("POST", "clock/advance", { seconds: 4 * 24 * 3600 });
    expect(await read(session)).toMatchObject({
      status: "complete",
      payment_status: "paid",
      payment_intent: { status: "succeeded" },
    });
    expect(await eventTypesOf(simulator)).toEqual([
      "payment_intent.created",
      "charge.pending",
      "payment_intent.processing",
      "checkout.session.completed",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.async_payment_succeeded",
      "charge.updated",
    ]);
  });

  it("stays complete and unpaid when the bank sends the debit back, and tells it", async () => {
    const session = await checkout();
    await pay(session, { card: "000222222227" });
    await simulator.simulate("POST", `payment_intents/${await intentIdOf(session)}/settle`);
    expect(await read(session)).toMatchObject({
      status: "complete",
      payment_status: "unpaid",
      payment_intent: { status: "requires_payment_method" },
    });
    expect((await eventTypesOf(simulator)).slice(-3)).toEqual([
      "charge.failed",
      "payment_intent.payment_failed",
      "checkout.session.async_payment_failed",
    ]);
    const [event] = (await sdk.events.list({ type: "checkout.session.async_payment_failed" })).data;
    expect(event?.data.object).toMatchObject({ id: session.id, payment_status: "unpaid" });
  });

  it("takes only the types that are allowed", async () => {
    const session = await checkout({ excluded_payment_method_types: ["us_bank_account"] });
    expect(session.payment_method_types).toEqual(["card"]);
    expect(await pay(session, { card: "000123456789" })).toMatchObject({ status: 400 });
    expect((await read(session)).status).toBe("open");
  });
});

describe("checkout with 3-D Secure", () => {
  it("waits open while the bank asks, and is paid when the buyer completes", async () => {
    const session = await checkout();
    expect(await pay(session, { card: "4000002760003184" })).toMatchObject({ status: 200, body: { status: "open" } });
    const intent = await intentIdOf(session);
    await simulator.simulate("POST", `payment_intents/${intent}/authenticate`);
    expect(await read(session)).toMatchObject({ status: "complete", payment_status: "paid" });
    expect(await eventTypesOf(simulator)).toEqual([
      "payment_intent.created",
      "payment_intent.requires_action",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "charge.updated",
    ]);
  });

  it("stays open when the buyer fails, and charges nothing once it has expired", async () => {
    const session = await checkout();
    await pay(session, { card: "4000002760003184" });
    const intent = await intentIdOf(session);
    await simulator.simulate("POST", `payment_intents/${intent}/authenticate`, { outcome: "fail" });
    expect((await read(session)).status).toBe("open");
    await pay(session, { card: "4000002760003184" });
    await sdk.checkout.sessions.expire(session.id);
    const late = await simulator.simulate("POST", `payment_intents/${intent}/authenticate`);
    expect(late).toMatchObject({ status: 400 });
    expect((await sdk.charges.list()).data).toEqual([]);
  });
});

describe("checkout and saved methods", () => {
  it("saves the method for later by setup_future_usage, and makes a customer for a guest to save it on", async () => {
    const session = await checkout({ payment_intent_data: { setup_future_usage: "off_session" } });
    await pay(session, { email: "ada@example.com" });
    const { customer } = await sdk.checkout.sessions.retrieve(session.id);
    const { data } = await sdk.customers.listPaymentMethods(String(customer));
    expect(data).toMatchObject([{ type: "card", allow_redisplay: "limited" }]);
  });

  it("pays by a method that is saved on its customer, and by no other", async () => {
    const [ada, bob] = [await sdk.customers.create(), await sdk.customers.create()];
    const [mine, other] = [
      await sdk.paymentMethods.attach("pm_card_visa", { customer: ada.id }),
      await sdk.paymentMethods.attach("pm_card_visa", { customer: bob.id }),
    ];
    const session = await checkout({ customer: ada.id });
    expect(await pay(session, { saved: other.id })).toMatchObject({ status: 400 });
    expect(await pay(session, { saved: mine.id })).toMatchObject({ body: { payment_status: "paid" } });
    expect((await read(session)).payment_intent).toMatchObject({ payment_method: mine.id });
  });

  it("saves a method without a payment in setup mode", async () => {
    const customer = await sdk.customers.create();
    const session = await sdk.checkout.sessions.create({
      mode: "setup",
      customer: customer.id,
      currency: "usd",
      setup_intent_data: { metadata: { a: "1" } },
      success_url: "https://shop.example/thanks",
    });
    expect(session).toMatchObject({ mode: "setup", amount_total: null, payment_status: "no_payment_required" });
    expect(await pay(session, { card: "4000000000000002" })).toMatchObject({ status: 402 });
    await pay(session);
    const done = await sdk.checkout.sessions.retrieve(session.id, { expand: ["setup_intent.payment_method"] });
    expect(done).toMatchObject({
      status: "complete",
      payment_intent: null,
      setup_intent: { status: "succeeded", metadata: { a: "1" }, payment_method: { customer: customer.id } },
    });
    expect((await eventTypesOf(simulator)).slice(1)).toEqual([
      "setup_intent.created",
      "setup_intent.setup_failed",
      "payment_method.attached",
      "setup_intent.succeeded",
      "checkout.session.completed",
    ]);
  });

  it("writes the name that the buyer enters on the customer, when the session says so", async () => {
    const customer = await sdk.customers.create({ name: "Old" });
    const kept = await checkout({ customer: customer.id });
    await pay(kept, { name: "New" });
    expect(await sdk.customers.retrieve(customer.id)).toMatchObject({ name: "Old" });
    const updating = await checkout({ customer: customer.id, customer_update: { name: "auto" } });
    await pay(updating, { name: "New" });
    expect(await sdk.customers.retrieve(customer.id)).toMatchObject({ name: "New" });
    expect(await failureOf(checkout({ customer_update: { name: "auto" } }))).toMatchObject({
      param: "customer_update",
    });
  });
});

describe("what a checkout costs", () => {
  it("adds the one rate of tax that the account is set to, on what the discount leaves", async () => {
    await simulator.simulate("POST", "tax", { percent: 8.875 });
    const coupon = await sdk.coupons.create({ percent_off: 50 });
    const taxed = { automatic_tax: { enabled: true } };
    expect(await checkout({ ...taxed, discounts: [{ coupon: coupon.id }] })).toMatchObject({
      amount_subtotal: 2000,
      amount_total: 1089,
      automatic_tax: { enabled: true, status: "complete" },
      total_details: { amount_discount: 1000, amount_tax: 89 },
    });
    expect((await checkout()).total_details?.amount_tax).toBe(0);
    const price_data = {
      currency: "usd",
      unit_amount: 1200,
      tax_behavior: "inclusive",
      product_data: { name: "x" },
    } as const;
    await simulator.simulate("POST", "tax", { percent: 20 });
    expect(await checkout({ ...taxed, line_items: [{ quantity: 1, price_data }] })).toMatchObject({
      amount_total: 1200,
      total_details: { amount_tax: 200 },
    });
    expect(await simulator.simulate("POST", "tax", { percent: 101 })).toMatchObject({ status: 400 });
  });

  it("follows the quantity that the buyer chooses, within its bounds, and charges the new sum", async () => {
    const price_data = { currency: "usd", unit_amount: 1000, product_data: { name: "Pen" } };
    const adjustable_quantity = { enabled: true, minimum: 1, maximum: 3 };
    const session = await checkout({ line_items: [{ quantity: 1, price_data, adjustable_quantity }] });
    const [line] = (await sdk.checkout.sessions.listLineItems(session.id)).data;
    expect(line?.adjustable_quantity).toEqual(adjustable_quantity);
    const quantities = (count: number) => ({ quantities: { [line?.id ?? ""]: count } });
    expect(await pay(session, quantities(4))).toMatchObject({ status: 400 });
    expect(await pay(session, { ...quantities(2), card: "4000000000000002" })).toMatchObject({ status: 402 });
    expect(await pay(session, quantities(3))).toMatchObject({ body: { amount_total: 3000 } });
    expect((await sdk.charges.list()).data[0]).toMatchObject({ amount: 3000, status: "succeeded" });
    const fixed = await checkout();
    const [other] = (await sdk.checkout.sessions.listLineItems(fixed.id)).data;
    expect(await pay(fixed, { quantities: { [other?.id ?? ""]: 1 } })).toMatchObject({ status: 400 });
  });

  it("is in the currency that the session names, when the price has it", async () => {
    const price = await sdk.prices.create({
      currency: "usd",
      unit_amount: 1000,
      product_data: { name: "Pen" },
      tax_behavior: "exclusive",
      currency_options: { jpy: { unit_amount: 1500, tax_behavior: "inclusive" } },
    });
    await simulator.simulate("POST", "tax", { percent: 20 });
    const line_items = [{ price: price.id, quantity: 2 }];
    expect(await checkout({ line_items, currency: "jpy" })).toMatchObject({ currency: "jpy", amount_total: 3000 });
    expect(await checkout({ line_items })).toMatchObject({ currency: "usd", amount_total: 2000 });
    const taxed = { line_items, automatic_tax: { enabled: true } };
    expect(await checkout({ ...taxed, currency: "jpy" })).toMatchObject({ amount_total: 3000 });
    expect(await checkout(taxed)).toMatchObject({ amount_total: 2400 });
    expect(await failureOf(checkout({ line_items, currency: "eur" }))).toMatchObject({ param: "line_items[0][price]" });
  });
});
