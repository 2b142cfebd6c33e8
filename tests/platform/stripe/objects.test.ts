import type Stripe from "stripe";
import { closeAll, failureOf, startUnderTest } from "./simulator-under-test";

let sdk: Stripe;
beforeEach(async () => {
  ({ sdk } = await startUnderTest());
});
afterEach(closeAll);

const lastEvent = async (): Promise<Stripe.Event | undefined> => (await sdk.events.list({ limit: 1 })).data[0];

describe("customers", () => {
  it("keeps what was given, merges metadata, and unsets by the empty value", async () => {
    const created = await sdk.customers.create({
      email: "a@example.com",
      name: "Ä & Ö",
      metadata: { number: "007", keep: "1", drop: "2" },
    });
    expect(created).toMatchObject({ id: expect.stringMatching(/^cus_/), name: "Ä & Ö", metadata: { number: "007" } });
    const updated = await sdk.customers.update(created.id, { name: "", metadata: { drop: "", more: "3" } });
    expect(updated).toMatchObject({ name: null, email: "a@example.com" });
    expect(updated.metadata).toEqual({ number: "007", keep: "1", more: "3" });
    expect((await sdk.customers.update(created.id, { metadata: "" })).metadata).toEqual({});
    expect(await sdk.customers.retrieve(created.id)).toMatchObject({ email: "a@example.com", metadata: {} });
  });

  it("tells an update with the old values of what changed, and nothing else", async () => {
    const { id } = await sdk.customers.create({ name: "Old", email: "a@example.com" });
    await sdk.customers.update(id, { name: "New" });
    const event = await lastEvent();
    expect(event).toMatchObject({ type: "customer.updated", data: { object: { name: "New" } } });
    expect(event?.data.previous_attributes).toEqual({ name: "Old" });
  });

  it("answers a deleted customer as deleted, refuses its use, and tells its last state", async () => {
    const { id } = await sdk.customers.create({ email: "a@example.com" });
    expect(await sdk.customers.del(id)).toMatchObject({ id, object: "customer", deleted: true });
    expect(await sdk.customers.retrieve(id)).toMatchObject({ id, deleted: true });
    expect((await sdk.customers.list()).data).toEqual([]);
    expect(await lastEvent()).toMatchObject({ type: "customer.deleted", data: { object: { email: "a@example.com" } } });
    expect(await failureOf(sdk.customers.update(id, { name: "x" }))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
      message: `No such customer: '${id}'`,
    });
    expect(await failureOf(sdk.customers.del(id))).toMatchObject({ code: "resource_missing" });
  });

  it("finds customers by e-mail", async () => {
    const { id } = await sdk.customers.create({ email: "a@example.com" });
    await sdk.customers.create({ email: "b@example.com" });
    expect((await sdk.customers.list({ email: "a@example.com" })).data.map((one) => one.id)).toEqual([id]);
  });
});

describe("products and prices", () => {
  it("keeps products, also under an id of one's own", async () => {
    await sdk.products.create({ id: "pen", name: "Pen", metadata: { a: "1" } });
    expect(await failureOf(sdk.products.create({ id: "pen", name: "Pen" }))).toMatchObject({
      code: "resource_already_exists",
    });
    const price = await sdk.prices.create({ product: "pen", currency: "USD", unit_amount: 150 });
    const updated = await sdk.products.update("pen", { name: "Pencil", active: false, default_price: price.id });
    expect(updated).toMatchObject({ name: "Pencil", active: false, default_price: price.id, metadata: { a: "1" } });
    expect(await sdk.products.retrieve("pen", { expand: ["default_price"] })).toMatchObject({
      default_price: { unit_amount: 150, currency: "usd" },
    });
    expect((await sdk.products.list({ active: true })).data).toEqual([]);
    expect(await failureOf(sdk.products.del("pen"))).toMatchObject({ statusCode: 400 });
    await sdk.products.create({ id: "ink", name: "Ink" });
    expect(await sdk.products.del("ink")).toMatchObject({ deleted: true });
    expect(await failureOf(sdk.products.retrieve("ink"))).toMatchObject({ code: "resource_missing" });
  });

  it("keeps one-time and recurring prices; the decimal is text on the wire and the SDK's Decimal in its answer", async () => {
    const once = await sdk.prices.create({ currency: "usd", unit_amount: 999, product_data: { name: "Pen" } });
    const monthly = await sdk.prices.create({
      currency: "usd",
      unit_amount: 2000,
      product: String(once.product),
      recurring: { interval: "month" },
    });
    expect(once).toMatchObject({ type: "one_time", recurring: null });
    expect(String(once.unit_amount_decimal)).toBe("999");
    expect(monthly).toMatchObject({ type: "recurring", recurring: { interval: "month", interval_count: 1 } });
    expect((await sdk.prices.list({ type: "recurring" })).data.map(({ id }) => id)).toEqual([monthly.id]);
    const event = (await sdk.events.list({ type: "price.created" })).data[1];
    expect(event?.data.object).toHaveProperty("unit_amount_decimal", "999");
  });

  it("gives a lookup key to one price at a time, and moves it when asked", async () => {
    const first = await sdk.prices.create({
      currency: "usd",
      unit_amount: 1,
      product_data: { name: "Pen" },
      lookup_key: "standard",
    });
    const product = String(first.product);
    const again = { currency: "usd", unit_amount: 2, product, lookup_key: "standard" };
    expect(await failureOf(sdk.prices.create(again))).toMatchObject({ param: "lookup_key" });
    const second = await sdk.prices.create({ ...again, transfer_lookup_key: true });
    expect((await sdk.prices.list({ lookup_keys: ["standard"] })).data.map(({ id }) => id)).toEqual([second.id]);
    expect((await sdk.prices.retrieve(first.id)).lookup_key).toBeNull();
    expect(await sdk.prices.update(second.id, { active: false, nickname: "n" })).toMatchObject({
      active: false,
      nickname: "n",
      lookup_key: "standard",
      unit_amount: 2,
    });
  });

  it("does not let the amount of a price change", async () => {
    const price = await sdk.prices.create({ currency: "usd", unit_amount: 1, product_data: { name: "Pen" } });
    const change = sdk.prices.update(price.id, { unit_amount: 2 } as Stripe.PriceUpdateParams);
    expect(await failureOf(change)).toMatchObject({ code: "parameter_unknown", param: "unit_amount" });
  });
});

describe("payment intents and charges", () => {
  it("charges a test payment method at once", async () => {
    const customer = await sdk.customers.create();
    const intent = await sdk.paymentIntents.create({
      amount: 1500,
      currency: "eur",
      customer: customer.id,
      payment_method: "pm_card_visa",
      confirm: true,
      metadata: { a: "1" },
      expand: ["latest_charge", "payment_method"],
    });
    expect(intent).toMatchObject({
      status: "succeeded",
      amount_received: 1500,
      latest_charge: { amount: 1500, paid: true, customer: customer.id },
      payment_method: { type: "card", card: { last4: "4242" } },
    });
    expect(await sdk.paymentIntents.retrieve(intent.id)).toMatchObject({ status: "succeeded" });
    const charges = await sdk.charges.list({ payment_intent: intent.id });
    expect(charges.data).toHaveLength(1);
    const booked = await sdk.balanceTransactions.list({ source: charges.data[0]?.id ?? "" });
    expect(booked.data).toMatchObject([{ amount: 1500, fee: 74, net: 1426 }]);
    expect(await sdk.balanceTransactions.retrieve(booked.data[0]?.id ?? "", { expand: ["source"] })).toMatchObject({
      source: { object: "charge", amount: 1500 },
    });
  });

  it("answers a decline with 402 and keeps what happened", async () => {
    const error = await failureOf(
      sdk.paymentIntents.create({
        amount: 1500,
        currency: "usd",
        payment_method: "pm_card_chargeDeclinedInsufficientFunds",
        confirm: true,
      }),
    );
    expect(error).toMatchObject({
      type: "StripeCardError",
      statusCode: 402,
      code: "card_declined",
      decline_code: "insufficient_funds",
      payment_intent: { status: "requires_payment_method" },
    });
    const { data } = await sdk.paymentIntents.list();
    expect(data).toMatchObject([{ status: "requires_payment_method", last_payment_error: { code: "card_declined" } }]);
    expect((await sdk.charges.list()).data).toMatchObject([{ status: "failed", paid: false, amount_captured: 0 }]);
    const retried = await sdk.paymentIntents.confirm(data[0]?.id ?? "", { payment_method: "pm_card_visa" });
    expect(retried.status).toBe("succeeded");
    expect(await failureOf(sdk.paymentIntents.confirm(retried.id, { payment_method: "pm_card_visa" }))).toMatchObject({
      code: "payment_intent_unexpected_state",
    });
  });

  it("cancels an intent that was not paid, once", async () => {
    const { id } = await sdk.paymentIntents.create({ amount: 100, currency: "usd" });
    expect(await sdk.paymentIntents.cancel(id, { cancellation_reason: "abandoned" })).toMatchObject({
      status: "canceled",
      cancellation_reason: "abandoned",
    });
    expect(await failureOf(sdk.paymentIntents.cancel(id))).toMatchObject({ code: "payment_intent_unexpected_state" });
    expect(await lastEvent()).toMatchObject({ type: "payment_intent.canceled" });
  });

  it.each([
    [{ amount: 49, currency: "usd" }, "amount_too_small"],
    [{ amount: 1_000_000_000_000, currency: "usd" }, "amount_too_large"],
    [{ amount: 5123, currency: "kwd" }, "parameter_invalid_integer"],
    [{ amount: 150, currency: "isk" }, "parameter_invalid_integer"],
  ])("refuses the amount of %j", async (params, code) => {
    expect(await failureOf(sdk.paymentIntents.create(params))).toMatchObject({ code, param: "amount" });
    expect((await sdk.paymentIntents.list()).data).toEqual([]);
  });
});

describe("webhook endpoints", () => {
  it("shows the secret at creation only, and the versions and events that were asked for", async () => {
    const made = await sdk.webhookEndpoints.create({
      url: "http://127.0.0.1:9/hook",
      enabled_events: ["charge.succeeded"],
      api_version: "2026-10-28.endive",
    });
    expect(made.secret).toMatch(/^whsec_/);
    const read = await sdk.webhookEndpoints.retrieve(made.id);
    expect(read).toMatchObject({ status: "enabled", enabled_events: ["charge.succeeded"] });
    expect(read).not.toHaveProperty("secret");
    expect((await sdk.webhookEndpoints.list()).data[0]).not.toHaveProperty("secret");
    const updated = await sdk.webhookEndpoints.update(made.id, { disabled: true, enabled_events: ["*"] });
    expect(updated).toMatchObject({ status: "disabled", enabled_events: ["*"], api_version: "2026-10-28.endive" });
    const version = { api_version: "2025-03-31.basil" } as Stripe.WebhookEndpointUpdateParams;
    expect(await failureOf(sdk.webhookEndpoints.update(made.id, version))).toMatchObject({ param: "api_version" });
    expect(await sdk.webhookEndpoints.del(made.id)).toMatchObject({ deleted: true });
    expect(await failureOf(sdk.webhookEndpoints.retrieve(made.id))).toMatchObject({ code: "resource_missing" });
  });

  it("gives the first endpoint the secret of the start and each later one its own", async () => {
    const { sdk: other } = await startUnderTest({ webhookSecret: "whsec_given" });
    const create = () => other.webhookEndpoints.create({ url: "http://127.0.0.1:9/", enabled_events: ["*"] });
    const [first, second] = [await create(), await create()];
    expect(first.secret).toBe("whsec_given");
    expect(second.secret).toMatch(/^whsec_\w{32}$/);
  });
});

describe("ids", () => {
  it("are the same for the same seed and the same calls, and others for another seed", async () => {
    const idsOf = async (seed: number): Promise<string[]> => {
      const { sdk: client } = await startUnderTest({ seed });
      const customer = await client.customers.create();
      const intent = await client.paymentIntents.create({ amount: 100, currency: "usd", customer: customer.id });
      return [customer.id, intent.id];
    };
    const [one, same, other] = [await idsOf(1), await idsOf(1), await idsOf(2)];
    expect(same).toEqual(one);
    expect(other.filter((id) => one.includes(id))).toEqual([]);
  });
});
