import type Stripe from "stripe";
import StripeSdk from "stripe";
import { closeAll, failureOf, sessionParams, startUnderTest } from "./simulator-under-test";

let sdk: Stripe;
beforeEach(async () => {
  ({ sdk } = await startUnderTest());
});
afterEach(closeAll);

const create = (changes: Partial<Stripe.PriceCreateParams>): Promise<Stripe.Price> =>
  sdk.prices.create({ currency: "usd", product_data: { name: "Pen" }, ...changes });

describe("prices", () => {
  it("show what they cost in other currencies only when asked, their own among them", async () => {
    const made = await create({ unit_amount: 1000, currency_options: { jpy: { unit_amount: 1500 } } });
    expect(made).not.toHaveProperty("currency_options");
    const read = await sdk.prices.retrieve(made.id, { expand: ["currency_options"] });
    expect(read.currency_options).toMatchObject({ usd: { unit_amount: 1000 }, jpy: { unit_amount: 1500 } });
    expect(String(read.currency_options?.["jpy"]?.unit_amount_decimal)).toBe("1500");
    await sdk.prices.update(made.id, { currency_options: { eur: { unit_amount: 900 } } });
    const updated = await sdk.prices.retrieve(made.id, { expand: ["currency_options"] });
    expect(Object.keys(updated.currency_options ?? {}).toSorted()).toEqual(["eur", "jpy", "usd"]);
  });

  it("keep fractions of the smallest unit as text, and round the line, not the piece", async () => {
    const price = await create({ unit_amount_decimal: StripeSdk.Decimal.from("0.0500") });
    expect(price.unit_amount).toBeNull();
    expect(String(price.unit_amount_decimal)).toBe("0.05");
    const [event] = (await sdk.events.list({ type: "price.created" })).data;
    expect(event?.data.object).toHaveProperty("unit_amount_decimal", "0.05");
    const session = await sdk.checkout.sessions.create(
      sessionParams({ line_items: [{ price: price.id, quantity: 1010 }] }),
    );
    expect(session.amount_total).toBe(51);
  });

  it("are given by one amount: whole or decimal", async () => {
    expect(await failureOf(create({}))).toMatchObject({ param: "unit_amount" });
    const both = create({ unit_amount: 1, unit_amount_decimal: StripeSdk.Decimal.from("1") });
    expect(await failureOf(both)).toMatchObject({ param: "unit_amount" });
  });

  it.each([
    ["kwd", 5123, 5120],
    ["isk", 550, 500],
    ["ugx", 550, 500],
    ["usd", 1_000_000_000_000, 999_999_999_999],
  ])("take no amount in %s that cannot be charged: not %d but %d", async (currency, wrong, right) => {
    expect(await failureOf(create({ currency, unit_amount: wrong }))).toMatchObject({ param: "unit_amount" });
    expect((await create({ currency, unit_amount: right })).unit_amount).toBe(right);
  });
});
