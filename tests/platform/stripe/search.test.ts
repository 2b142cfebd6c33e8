import type Stripe from "stripe";
import { paidCharge } from "./paid-charge";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

const idsOf = ({ data }: { data: { id: string }[] }): string[] => data.map(({ id }) => id);

describe("search", () => {
  it("finds customers as the API reference does, those on test clocks too, and no deleted ones", async () => {
    const clock = await sdk.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
    const fields = { name: "Jane Doe", metadata: { foo: "bar" } };
    const jane = await sdk.customers.create({ ...fields, email: "jane@example.com", test_clock: clock.id });
    await sdk.customers.create({ name: "Jane Doe" });
    await sdk.customers.del((await sdk.customers.create(fields)).id);
    const found = await sdk.customers.search({ query: "name:'Jane Doe' AND metadata['foo']:'bar'" });
    expect(found).toMatchObject({
      object: "search_result",
      has_more: false,
      next_page: null,
      url: "/v1/customers/search",
    });
    expect(found).not.toHaveProperty("total_count");
    expect(idsOf(found)).toEqual([jane.id]);
    expect(idsOf(await sdk.customers.search({ query: `created:${jane.created} AND email~"JANE@"` }))).toEqual([
      jane.id,
    ]);
  });

  it("finds charges by what was refunded of them, by their card and by their amount", async () => {
    const [none, part, whole] = [
      await paidCharge(simulator, { amount: 1000 }),
      await paidCharge(simulator, { amount: 2000, method: "pm_card_refundFail" }),
      await paidCharge(simulator, { amount: 3000 }),
    ];
    await sdk.refunds.create({ charge: part.id, amount: 5 });
    await sdk.refunds.create({ charge: whole.id });
    const found = async (query: string): Promise<string[]> => idsOf(await sdk.charges.search({ query }));
    expect(await found(`refunded:"true"`)).toEqual([whole.id]);
    expect(await found(`refunded:"false"`)).toEqual([part.id]);
    expect(await found(`refunded:null`)).toEqual([none.id]);
    expect(await found(`payment_method_details.card.last4:4242 AND amount>1000`)).toEqual([whole.id]);
    expect(await found(`payment_method_details.card.last4:5126 currency:"usd"`)).toEqual([part.id]);
    expect(await found(`disputed:"true"`)).toEqual([]);
  });

  it("finds payment intents, products, prices and invoices", async () => {
    const customer = await sdk.customers.create();
    const intent = await sdk.paymentIntents.create({ amount: 500, currency: "eur", customer: customer.id });
    await sdk.paymentIntents.create({ amount: 500, currency: "usd" });
    const intents = await sdk.paymentIntents.search({ query: `-currency:"usd" customer:"${customer.id}"` });
    expect(idsOf(intents)).toEqual([intent.id]);
    const product = await sdk.products.create({ name: "Gold plan", description: "for digging" });
    expect(idsOf(await sdk.products.search({ query: `active:"true" AND description~"digg"` }))).toEqual([product.id]);
    expect(idsOf(await sdk.products.search({ query: "-shippable:null" }))).toEqual([]);
    const price = await sdk.prices.create({ currency: "usd", unit_amount: 7, product: product.id, lookup_key: "gold" });
    expect(idsOf(await sdk.prices.search({ query: `product:"${product.id}" lookup_key:"gold"` }))).toEqual([price.id]);
    const invoice = await sdk.invoices.create({ customer: customer.id });
    await sdk.invoiceItems.create({ customer: customer.id, invoice: invoice.id, amount: 1001, currency: "usd" });
    expect(idsOf(await sdk.invoices.search({ query: `total>1000 AND status:"draft"` }))).toEqual([invoice.id]);
    expect(idsOf(await sdk.invoices.search({ query: "subscription:null last_finalization_error_code:null" }))).toEqual([
      invoice.id,
    ]);
  });

  it("is walked by the SDK page by page, each once, while objects go", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) ids.unshift((await sdk.customers.create({ name: "Ann Onym" })).id);
    await sdk.customers.create({ name: "Bob" });
    const walked: string[] = [];
    for await (const { id } of sdk.customers.search({ query: `name:"ann"`, limit: 2 })) {
      walked.push(id);
      if (walked.length === 2) await sdk.customers.update(id, { name: "Zoe" });
    }
    expect(walked).toEqual(ids);
  });

  it("tells the number of all when it is expanded, and expands what was found", async () => {
    const customer = await sdk.customers.create();
    for (const amount of [100, 200, 300]) {
      await sdk.paymentIntents.create({ amount, currency: "usd", customer: customer.id });
    }
    const params = { query: "amount>=200", limit: 1, expand: ["total_count", "data.customer"] };
    const found = await sdk.paymentIntents.search(params);
    expect(found).toMatchObject({
      total_count: 2,
      has_more: true,
      data: [{ amount: 300, customer: { id: customer.id } }],
    });
    expect(found.next_page).toEqual(expect.any(String));
  });

  it.each([
    [{ query: "name:Jane" }, "query", undefined],
    [{ query: "balance>5" }, "query", undefined],
    [{}, "query", "parameter_missing"],
    [{ query: `name:"x"`, limit: 0 }, "limit", undefined],
    [{ query: `name:"x"`, page: "nowhere" }, "page", undefined],
    [{ query: `name:"x"`, starting_after: "cus_1" }, "starting_after", "parameter_unknown"],
  ])("refuses %j, naming %s", async (params, param, code) => {
    const failure = await failureOf(sdk.customers.search(params as Stripe.CustomerSearchParams));
    expect(failure).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError", param });
    expect(failure.code).toBe(code);
  });
});
