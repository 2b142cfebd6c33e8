import type Stripe from "stripe";
import { eventsOf } from "./paid-charge";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

describe("a product", () => {
  it("comes with its first price, and tells it", async () => {
    const events = await eventsOf(simulator, async () => {
      const product = await sdk.products.create({
        name: "Gold Plan",
        default_price_data: { currency: "usd", unit_amount: 1000, recurring: { interval: "month" } },
        expand: ["default_price"],
      });
      expect(product.default_price).toMatchObject({ product: product.id, unit_amount: 1000, type: "recurring" });
    });
    expect(events.map(({ type }) => type)).toEqual(["price.created", "product.created"]);
    expect(events[1]?.data.object).toMatchObject({ default_price: expect.stringMatching(/^price_/) });
  });

  it("is not created when its price cannot be", async () => {
    const params = { name: "x", default_price_data: { currency: "usd" } };
    expect(await failureOf(sdk.products.create(params))).toMatchObject({ param: "unit_amount" });
    expect((await sdk.products.list()).data).toEqual([]);
  });

  it("keeps what it is, how large, and where to read about it", async () => {
    const facts = {
      marketing_features: [{ name: "Shiny" }],
      package_dimensions: { height: 1, length: 2.5, weight: 3, width: 4 },
      shippable: true,
      statement_descriptor: "GOLD",
      url: "https://example.com/gold",
    };
    const { id } = await sdk.products.create({ name: "Gold", type: "good", ...facts });
    expect(await sdk.products.retrieve(id)).toMatchObject({ type: "good", ...facts });
    await sdk.products.create({ name: "Air" });
    for (const filter of [{ shippable: true }, { type: "good" }, { url: facts.url }] as const) {
      expect((await sdk.products.list(filter)).data.map((one) => one.id)).toEqual([id]);
    }
    const emptied = await sdk.products.update(id, { package_dimensions: "", url: "" });
    expect(emptied).toMatchObject({ package_dimensions: null, url: null, shippable: true });
  });
});

describe("a list of prices", () => {
  it("is filtered by their rhythm", async () => {
    const { id: product } = await sdk.products.create({ name: "Plan" });
    const price = { currency: "usd", unit_amount: 100, product };
    const monthly = await sdk.prices.create({ ...price, recurring: { interval: "month" } });
    const yearly = await sdk.prices.create({ ...price, recurring: { interval: "year" } });
    await sdk.prices.create(price);
    const idsOf = async (recurring: Stripe.PriceListParams.Recurring): Promise<string[]> =>
      (await sdk.prices.list({ recurring })).data.map(({ id }) => id);
    expect(await idsOf({ interval: "year" })).toEqual([yearly.id]);
    expect(await idsOf({ usage_type: "licensed" })).toEqual([yearly.id, monthly.id]);
    expect(await idsOf({ usage_type: "metered" })).toEqual([]);
  });
});
