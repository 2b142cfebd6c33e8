import type Stripe from "stripe";
import { closeAll, failureOf, sessionParams, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let ids: string[];
beforeAll(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  ids = [];
  for (let index = 0; index < 25; index += 1) ids.unshift((await sdk.customers.create({ name: `${index}` })).id);
});
afterAll(closeAll);

const idsOf = (page: { data: { id: string }[] }): string[] => page.data.map(({ id }) => id);

describe("lists", () => {
  it("answers ten, newest first, and says that there are more", async () => {
    const page = await sdk.customers.list();
    expect(page).toMatchObject({ object: "list", url: "/v1/customers", has_more: true });
    expect(idsOf(page)).toEqual(ids.slice(0, 10));
  });

  it("goes on after a cursor, up to the end", async () => {
    const page = await sdk.customers.list({ limit: 10, starting_after: ids[19] ?? "" });
    expect(idsOf(page)).toEqual(ids.slice(20));
    expect(page.has_more).toBe(false);
  });

  it("goes back to just before a cursor, still newest first", async () => {
    const page = await sdk.customers.list({ limit: 5, ending_before: ids[10] ?? "" });
    expect(idsOf(page)).toEqual(ids.slice(5, 10));
    expect(page.has_more).toBe(true);
    const first = await sdk.customers.list({ limit: 5, ending_before: ids[3] ?? "" });
    expect(idsOf(first)).toEqual(ids.slice(0, 3));
    expect(first.has_more).toBe(false);
  });

  it("is walked by the SDK to the last, each once, while others are created", async () => {
    const walked: string[] = [];
    for await (const { id } of sdk.customers.list({ limit: 7 })) {
      walked.push(id);
      if (walked.length === 8) ids.unshift((await sdk.customers.create({ name: "late" })).id);
    }
    expect(walked).toEqual(ids.slice(1));
  });

  it("filters by creation", async () => {
    const { created } = (await sdk.customers.list({ limit: 1 })).data[0] ?? { created: 0 };
    const countOf = async (filter: Stripe.RangeQueryParam | number): Promise<number> =>
      (await sdk.customers.list({ limit: 100, created: filter })).data.length;
    expect(await countOf({ gt: created })).toBe(0);
    expect(await countOf({ lte: created })).toBe(ids.length);
    expect(await countOf({ lt: created - 3600 })).toBe(0);
    expect(await countOf(created)).toBeGreaterThan(0);
  });

  it.each([{ limit: 0 }, { limit: 101 }])("refuses the limit of %j", async (params) => {
    expect(await failureOf(sdk.customers.list(params))).toMatchObject({ param: "limit" });
  });

  it("refuses a cursor that is not there", async () => {
    expect(await failureOf(sdk.customers.list({ starting_after: "cus_none" }))).toMatchObject({
      code: "resource_missing",
      param: "starting_after",
      statusCode: 400,
    });
  });
});

describe("filters of their own", () => {
  it("find sessions by the buyer's e-mail", async () => {
    const params = sessionParams();
    await sdk.checkout.sessions.create(params);
    const { id } = await sdk.checkout.sessions.create(params);
    await simulator.simulate("POST", `checkout/${id}/pay`, { email: "buyer@example.com" });
    const list = (email: string) => sdk.checkout.sessions.list({ customer_details: { email } });
    expect(idsOf(await list("buyer@example.com"))).toEqual([id]);
    expect(idsOf(await list("other@example.com"))).toEqual([]);
  });

  it("find invoices by when they are due", async () => {
    const customer = ids[0] ?? "";
    const due_date = 1_900_000_000;
    const { id } = await sdk.invoices.create({ customer, collection_method: "send_invoice", due_date });
    await sdk.invoices.create({ customer });
    expect(idsOf(await sdk.invoices.list({ due_date }))).toEqual([id]);
    expect(idsOf(await sdk.invoices.list({ due_date: { gt: due_date - 1, lte: due_date } }))).toEqual([id]);
    expect(idsOf(await sdk.invoices.list({ due_date: { lt: due_date } }))).toEqual([]);
  });
});

describe("expand", () => {
  it("expands in lists below data", async () => {
    const customer = await sdk.customers.create({ name: "expanded" });
    await sdk.paymentIntents.create({ amount: 100, currency: "usd", customer: customer.id });
    const page = await sdk.paymentIntents.list({ expand: ["data.customer"] });
    expect(page.data[0]?.customer).toMatchObject({ name: "expanded" });
  });

  it("keeps the stored object as it was", async () => {
    const { data } = await sdk.paymentIntents.list();
    expect(data[0]?.customer).toMatch(/^cus_/);
  });

  it("answers null where there is nothing", async () => {
    const session = await sdk.checkout.sessions.create({ ...sessionParams(), expand: ["payment_intent", "customer"] });
    expect(session).toMatchObject({ payment_intent: null, customer: null });
  });

  it("goes four levels deep and no deeper", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    const deep = "payment_intent.latest_charge.balance_transaction.source";
    const { payment_intent } = await sdk.checkout.sessions.retrieve(session.id, { expand: [deep] });
    expect(payment_intent).toMatchObject({
      latest_charge: { balance_transaction: { source: { object: "charge", payment_intent: expect.any(String) } } },
    });
    const deeper = sdk.checkout.sessions.retrieve(session.id, { expand: [`${deep}.customer`] });
    expect(await failureOf(deeper)).toMatchObject({ param: "expand", message: expect.stringContaining("4 levels") });
  });

  it("refuses what cannot be expanded, and says how a list wants it", async () => {
    const { id } = await sdk.paymentIntents.create({ amount: 100, currency: "usd" });
    expect(await failureOf(sdk.paymentIntents.retrieve(id, { expand: ["amount"] }))).toMatchObject({
      message: "This property cannot be expanded (amount).",
    });
    expect(await failureOf(sdk.paymentIntents.list({ expand: ["customer"] }))).toMatchObject({
      message: expect.stringContaining("'data.customer'"),
    });
    const event = (await sdk.events.list({ limit: 1 })).data[0];
    expect(await failureOf(sdk.events.retrieve(event?.id ?? "", { expand: ["data.object"] }))).toMatchObject({
      statusCode: 400,
    });
  });
});

describe("events", () => {
  it("are found by type, by group of types and by id", async () => {
    const { data } = await sdk.events.list({ type: "payment_intent.*", limit: 1 });
    expect(data[0]?.type).toBe("payment_intent.created");
    expect(await sdk.events.retrieve(data[0]?.id ?? "")).toEqual(data[0]);
    const both = { type: "charge.succeeded", types: ["charge.failed"] };
    expect(await failureOf(sdk.events.list(both))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(sdk.events.retrieve("evt_none"))).toMatchObject({ code: "resource_missing" });
  });
});
