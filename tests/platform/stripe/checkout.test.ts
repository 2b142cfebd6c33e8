import { closeAll, failureOf, sessionParams, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";
import type Stripe from "stripe";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

const typesOf = async (): Promise<string[]> => {
  const { data } = await sdk.events.list({ limit: 100 });
  return data.map(({ type }) => type).toReversed();
};

describe("checkout in payment mode", () => {
  it("creates an open session with the facts that were asked for", async () => {
    const customer = await sdk.customers.create({ email: "ada@example.com", name: "Ada" });
    const session = await sdk.checkout.sessions.create(
      sessionParams({
        customer: customer.id,
        client_reference_id: "account 1",
        metadata: { order: "17" },
        payment_intent_data: { metadata: { order: "17b" } },
      }),
    );
    expect(session).toMatchObject({
      object: "checkout.session",
      status: "open",
      payment_status: "unpaid",
      amount_subtotal: 2000,
      amount_total: 2000,
      currency: "usd",
      customer: customer.id,
      client_reference_id: "account 1",
      metadata: { order: "17" },
      payment_intent: null,
      livemode: false,
      url: `${simulator.url}/c/pay/${session.id}`,
    });
    expect(session.customer_details?.email).toBe("ada@example.com");
    expect(session.expires_at - session.created).toBe(24 * 3600);
    expect(session).not.toHaveProperty("line_items");
  });

  it("pays by card: the session is complete and paid, the intent succeeded, the charge booked, each by its event in order", async () => {
    const session = await sdk.checkout.sessions.create(
      sessionParams({ payment_intent_data: { metadata: { order: "17" } } }),
    );
    const answer = await simulator.simulate("POST", `checkout/${session.id}/pay`);
    expect(answer).toMatchObject({ status: 200, body: { id: session.id, status: "complete", payment_status: "paid" } });
    const paid = await sdk.checkout.sessions.retrieve(session.id, {
      expand: ["payment_intent.latest_charge.balance_transaction", "line_items.data.price.product"],
    });
    expect(paid).toMatchObject({
      url: null,
      line_items: {
        object: "list",
        has_more: false,
        data: [
          { amount_total: 2000, quantity: 2, price: { unit_amount: 1000, product: { name: "A hundred things" } } },
        ],
      },
      payment_intent: {
        status: "succeeded",
        amount_received: 2000,
        metadata: { order: "17" },
        latest_charge: {
          status: "succeeded",
          paid: true,
          amount_captured: 2000,
          metadata: { order: "17" },
          payment_method_details: { card: { last4: "4242", brand: "visa" } },
          balance_transaction: { amount: 2000, fee: 88, net: 1912, type: "charge" },
        },
      },
    });
    expect(await typesOf()).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "charge.updated",
    ]);
  });

  it("freezes in each event the state of its moment", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    const { data } = await sdk.events.list({ types: ["payment_intent.created", "charge.updated"] });
    const [updated, created] = data;
    expect(created?.data.object).toMatchObject({ status: "requires_payment_method", amount_received: 0 });
    expect(created?.data).not.toHaveProperty("previous_attributes");
    expect(updated?.data.previous_attributes).toEqual({ balance_transaction: null });
    expect(updated?.request).toEqual({ id: null, idempotency_key: null });
  });

  it("leaves the session open after a decline, says why, and lets another card pay it", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const declined = await simulator.simulate("POST", `checkout/${session.id}/pay`, { card: "4000000000000002" });
    expect(declined).toMatchObject({
      status: 402,
      body: {
        error: "Your card was declined.",
        decline: { type: "card_error", code: "card_declined", decline_code: "generic_decline" },
        session: { status: "open", payment_status: "unpaid" },
      },
    });
    const open = await sdk.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
    expect(open.payment_intent).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "card_declined" },
    });
    expect(await simulator.simulate("POST", `checkout/${session.id}/pay`)).toMatchObject({ status: 200 });
    expect(await typesOf()).toEqual([
      "payment_intent.created",
      "charge.failed",
      "payment_intent.payment_failed",
      "charge.succeeded",
      "payment_intent.succeeded",
      "checkout.session.completed",
      "charge.updated",
    ]);
    const { data: intents } = await sdk.paymentIntents.list();
    expect(intents).toHaveLength(1);
    expect(intents[0]?.last_payment_error).toBeNull();
  });

  it("tells every decline, also the second in a row", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    await simulator.simulate("POST", `checkout/${session.id}/pay`, { card: "4000000000000002" });
    await simulator.simulate("POST", `checkout/${session.id}/pay`, { card: "4000 0000 0000 9995" });
    expect((await typesOf()).filter((type) => type === "payment_intent.payment_failed")).toHaveLength(2);
  });

  it("charges once, however many pay at the same time", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => simulator.simulate("POST", `checkout/${session.id}/pay`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
    expect((await sdk.charges.list()).data).toHaveLength(1);
  });

  it("expires an open session by the API and by the control plane, and never one that ended", async () => {
    const one = await sdk.checkout.sessions.create(sessionParams());
    const two = await sdk.checkout.sessions.create(sessionParams());
    expect(await sdk.checkout.sessions.expire(one.id)).toMatchObject({ status: "expired", url: null });
    expect(await simulator.simulate("POST", `checkout/${two.id}/expire`)).toMatchObject({
      body: { status: "expired" },
    });
    expect(await failureOf(sdk.checkout.sessions.expire(one.id))).toMatchObject({ statusCode: 400 });
    expect(await simulator.simulate("POST", `checkout/${one.id}/pay`)).toMatchObject({
      status: 400,
      body: { error: `The checkout session ${one.id} cannot be paid: it is expired` },
    });
    expect(await typesOf()).toEqual(["checkout.session.expired", "checkout.session.expired"]);
  });

  it("sells by price and lists the line items in pages", async () => {
    const product = await sdk.products.create({ name: "Pen" });
    const prices = await Promise.all(
      [100, 250, 400].map((unit_amount) => sdk.prices.create({ product: product.id, currency: "eur", unit_amount })),
    );
    const session = await sdk.checkout.sessions.create(
      sessionParams({ line_items: prices.map(({ id }) => ({ price: id, quantity: 3 })) }),
    );
    expect(session).toMatchObject({ amount_total: 2250, currency: "eur" });
    const first = await sdk.checkout.sessions.listLineItems(session.id, { limit: 2 });
    expect(first).toMatchObject({ has_more: true, data: [{ amount_total: 300 }, { amount_total: 750 }] });
    const all = await sdk.checkout.sessions.listLineItems(session.id, { limit: 1 }).autoPagingToArray({ limit: 10 });
    expect(all.map((item) => item.price?.id)).toEqual(prices.map(({ id }) => id));
  });

  it("completes a session that costs nothing without an intent", async () => {
    const free = { currency: "usd", unit_amount: 0, product_data: { name: "Gift" } };
    const session = await sdk.checkout.sessions.create(
      sessionParams({ line_items: [{ quantity: 1, price_data: free }] }),
    );
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    expect(await sdk.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: "complete",
      payment_status: "no_payment_required",
      payment_intent: null,
    });
    expect(await typesOf()).toEqual(["checkout.session.completed"]);
  });

  it("creates a customer for a guest when it is asked to, and none otherwise", async () => {
    const guest = await sdk.checkout.sessions.create(sessionParams({ customer_email: "bob@example.com" }));
    const named = await sdk.checkout.sessions.create(
      sessionParams({ customer_email: "eve@example.com", customer_creation: "always" }),
    );
    for (const { id } of [guest, named]) await simulator.simulate("POST", `checkout/${id}/pay`);
    expect((await sdk.checkout.sessions.retrieve(guest.id)).customer).toBeNull();
    const { customer } = await sdk.checkout.sessions.retrieve(named.id, { expand: ["customer"] });
    expect(customer).toMatchObject({ object: "customer", email: "eve@example.com" });
  });

  it("finds sessions by customer, status and payment intent", async () => {
    const customer = await sdk.customers.create();
    const mine = await sdk.checkout.sessions.create(sessionParams({ customer: customer.id }));
    const other = await sdk.checkout.sessions.create(sessionParams());
    await simulator.simulate("POST", `checkout/${mine.id}/pay`);
    const paid = await sdk.checkout.sessions.retrieve(mine.id);
    const idsOf = async (params: Stripe.Checkout.SessionListParams): Promise<string[]> =>
      (await sdk.checkout.sessions.list(params)).data.map(({ id }) => id);
    expect(await idsOf({ customer: customer.id })).toEqual([mine.id]);
    expect(await idsOf({ status: "open" })).toEqual([other.id]);
    expect(await idsOf({ payment_intent: String(paid.payment_intent) })).toEqual([mine.id]);
    expect(await idsOf({})).toEqual([other.id, mine.id]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string, string | undefined]>([
    ["subscription mode", { mode: "subscription" }, "mode", undefined],
    ["line items in setup mode", { mode: "setup" }, "line_items", undefined],
    ["an unknown customer", { customer: "cus_none" }, "customer", "resource_missing"],
    [
      "an unknown price",
      { line_items: [{ price: "price_none", quantity: 1 }] },
      "line_items[0][price]",
      "resource_missing",
    ],
    ["no line items", { line_items: undefined }, "line_items", "parameter_missing"],
    ["no success_url", { success_url: undefined }, "success_url", "parameter_missing"],
    ["a success_url that is none", { success_url: "javascript:alert(1)" }, "success_url", "url_invalid"],
    ["an expiry in five minutes", { expires_at: Math.floor(Date.now() / 1000) + 300 }, "expires_at", undefined],
    [
      "no quantity",
      { line_items: [{ price_data: { currency: "usd", unit_amount: 500, product_data: { name: "x" } } }] },
      "line_items[0][quantity]",
      "parameter_missing",
    ],
    [
      "a feature that it does not have",
      { shipping_address_collection: { allowed_countries: ["DE"] } },
      "shipping_address_collection",
      "parameter_unknown",
    ],
  ])("refuses %s by name", async (_case, changes, param, code) => {
    const params = Object.fromEntries(
      Object.entries(sessionParams(changes)).filter(([, value]) => value !== undefined),
    );
    const error = await failureOf(
      sdk.checkout.sessions.create(params as unknown as Stripe.Checkout.SessionCreateParams),
    );
    expect(error).toMatchObject({ type: "StripeInvalidRequestError", statusCode: 400, param });
    expect(error.code).toBe(code);
    expect((await sdk.checkout.sessions.list()).data).toEqual([]);
  });

  it("refuses payment_method_types as the pinned version does", async () => {
    const body = "mode=payment&success_url=https://x.example&payment_method_types[0]=card";
    const answer = await simulator.raw("POST", "/v1/checkout/sessions", { body });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "payment_method_types_no_longer_supported", param: "payment_method_types" } },
    });
  });

  it.each([
    ["usd", 49, 50],
    ["jpy", 49, 50],
    ["gbp", 29, 30],
    ["czk", 1499, 1500],
  ])("refuses a total below the least charge in %s and takes the least", async (currency, below, least) => {
    const buy = (unit_amount: number) =>
      sdk.checkout.sessions.create(
        sessionParams({
          line_items: [{ quantity: 1, price_data: { currency, unit_amount, product_data: { name: "x" } } }],
        }),
      );
    expect(await failureOf(buy(below))).toMatchObject({ code: "amount_too_small" });
    expect((await buy(least)).amount_total).toBe(least);
  });
});
