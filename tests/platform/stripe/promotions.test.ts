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

const now = async (): Promise<number> => (await sdk.customers.create()).created;
const checkout = (changes: Partial<Stripe.Checkout.SessionCreateParams> = {}): Promise<Stripe.Checkout.Session> =>
  sdk.checkout.sessions.create(sessionParams(changes));
const codeFor = (coupon: string, changes: Partial<Stripe.PromotionCodeCreateParams> = {}) =>
  sdk.promotionCodes.create({ promotion: { type: "coupon", coupon }, code: "SUMMER", ...changes });

describe("coupons", () => {
  it("are kept as they were given, show their products and other currencies only when asked, and are deleted", async () => {
    const product = await sdk.products.create({ name: "Pen" });
    const made = await sdk.coupons.create({
      id: "five-off",
      amount_off: 500,
      currency: "usd",
      currency_options: { eur: { amount_off: 450 } },
      duration: "repeating",
      duration_in_months: 3,
      max_redemptions: 10,
      applies_to: { products: [product.id] },
    });
    expect(made).toMatchObject({ id: "five-off", amount_off: 500, percent_off: null, valid: true, times_redeemed: 0 });
    expect(made).not.toHaveProperty("applies_to");
    expect(await sdk.coupons.retrieve("five-off", { expand: ["applies_to", "currency_options"] })).toMatchObject({
      applies_to: { products: [product.id] },
      currency_options: { eur: { amount_off: 450 } },
    });
    expect(await sdk.coupons.update("five-off", { name: "Five", metadata: { a: "1" } })).toMatchObject({
      name: "Five",
    });
    expect((await sdk.coupons.list()).data.map(({ id }) => id)).toEqual(["five-off"]);
    expect(await sdk.coupons.del("five-off")).toMatchObject({ deleted: true });
    expect(await failureOf(sdk.coupons.retrieve("five-off"))).toMatchObject({ statusCode: 404 });
    expect((await eventTypesOf(simulator)).slice(1)).toEqual(["coupon.created", "coupon.updated", "coupon.deleted"]);
  });

  it.each<[string, Stripe.CouponCreateParams, string]>([
    ["neither a percentage nor an amount", {}, "percent_off"],
    ["both", { percent_off: 10, amount_off: 100, currency: "usd" }, "percent_off"],
    ["an amount without a currency", { amount_off: 100 }, "currency"],
    ["more than all", { percent_off: 101 }, "percent_off"],
    ["months that do not repeat", { percent_off: 10, duration: "once", duration_in_months: 2 }, "duration_in_months"],
    ["an end in the past", { percent_off: 10, redeem_by: 1 }, "redeem_by"],
  ])("refuse %s", async (_case, params, param) => {
    expect(await failureOf(sdk.coupons.create(params))).toMatchObject({ statusCode: 400, param });
  });

  it("become invalid when their time is over, and are refused then", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 10, redeem_by: (await now()) + 3600 });
    await simulator.simulate("POST", "clock/advance", { seconds: 3600 });
    expect((await sdk.coupons.retrieve(coupon.id)).valid).toBe(false);
    expect(await failureOf(checkout({ discounts: [{ coupon: coupon.id }] }))).toMatchObject({ code: "coupon_expired" });
    expect(await failureOf(codeFor(coupon.id))).toMatchObject({ code: "coupon_expired" });
  });
});

describe("promotion codes", () => {
  it("belong to a coupon, are found by code whatever its case, and are switched off", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    const made = await codeFor(coupon.id, { metadata: { a: "1" } });
    expect(made).toMatchObject({
      code: "SUMMER",
      active: true,
      promotion: { type: "coupon", coupon: coupon.id },
      restrictions: { first_time_transaction: false, minimum_amount: null },
    });
    expect(await failureOf(codeFor(coupon.id, { code: "summer" }))).toMatchObject({ param: "code" });
    const found = await sdk.promotionCodes.list({ code: "summer", expand: ["data.promotion.coupon"] });
    expect(found.data).toMatchObject([{ id: made.id, promotion: { coupon: { percent_off: 25 } } }]);
    expect(await sdk.promotionCodes.update(made.id, { active: false })).toMatchObject({ active: false });
    expect((await sdk.promotionCodes.list({ active: true })).data).toEqual([]);
    expect((await eventTypesOf(simulator)).slice(1)).toEqual(["promotion_code.created", "promotion_code.updated"]);
  });

  it("make a code of their own when none is given", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    const { code } = await sdk.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id } });
    expect(code).toMatch(/^[A-Z0-9]{8}$/);
  });

  it("become inactive with their own end and with their coupon", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    const made = await codeFor(coupon.id, { expires_at: (await now()) + 60 });
    const other = await codeFor(coupon.id, { code: "OTHER" });
    await simulator.simulate("POST", "clock/advance", { seconds: 60 });
    expect((await sdk.promotionCodes.retrieve(made.id)).active).toBe(false);
    expect(await failureOf(sdk.promotionCodes.update(made.id, { active: true }))).toMatchObject({ param: "active" });
    await sdk.coupons.del(coupon.id);
    expect((await sdk.promotionCodes.retrieve(other.id)).active).toBe(false);
  });
});

describe("discounts in checkout", () => {
  it("take a fixed amount off, split over the lines, and count the use once the session is complete", async () => {
    const coupon = await sdk.coupons.create({ amount_off: 500, currency: "usd", max_redemptions: 1 });
    const price = (unit_amount: number) => ({ currency: "usd", unit_amount, product_data: { name: "x" } });
    const session = await checkout({
      line_items: [
        { quantity: 1, price_data: price(1000) },
        { quantity: 1, price_data: price(2000) },
      ],
      discounts: [{ coupon: coupon.id }],
    });
    expect(session).toMatchObject({
      amount_subtotal: 3000,
      amount_total: 2500,
      total_details: { amount_discount: 500, amount_tax: 0 },
      discounts: [{ coupon: coupon.id, promotion_code: null }],
    });
    const { data } = await sdk.checkout.sessions.listLineItems(session.id);
    expect(data.map((line) => [line.amount_discount, line.amount_total])).toEqual([
      [166, 834],
      [334, 1666],
    ]);
    expect((await sdk.coupons.retrieve(coupon.id)).times_redeemed).toBe(0);
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    expect(await sdk.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 1, valid: false });
    expect((await sdk.charges.list()).data[0]?.amount).toBe(2500);
    expect(await failureOf(checkout({ discounts: [{ coupon: coupon.id }] }))).toMatchObject({ code: "coupon_expired" });
    const read = await sdk.checkout.sessions.retrieve(session.id, { expand: ["discounts.coupon"] });
    expect(read.discounts).toMatchObject([{ coupon: { id: coupon.id, amount_off: 500 } }]);
  });

  it("take off the products that the coupon is for, only", async () => {
    const [pen, ink] = [await sdk.products.create({ name: "Pen" }), await sdk.products.create({ name: "Ink" })];
    const coupon = await sdk.coupons.create({ percent_off: 50, applies_to: { products: [ink.id] } });
    const line = async (product: string) => ({
      quantity: 1,
      price: (await sdk.prices.create({ product, currency: "usd", unit_amount: 1000 })).id,
    });
    const session = await checkout({
      line_items: [await line(pen.id), await line(ink.id)],
      discounts: [{ coupon: coupon.id }],
    });
    expect(session).toMatchObject({ amount_total: 1500, total_details: { amount_discount: 500 } });
  });

  it("need no payment at all when everything is taken off: no intent, no charge", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 100 });
    const session = await checkout({ discounts: [{ coupon: coupon.id }] });
    expect(session).toMatchObject({ amount_total: 0, payment_status: "no_payment_required" });
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    expect(await sdk.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: "complete",
      payment_status: "no_payment_required",
      payment_intent: null,
    });
    expect((await eventTypesOf(simulator)).slice(1)).toEqual(["checkout.session.completed", "coupon.updated"]);
  });

  it("use the coupon's amount in the session's currency, and refuse a currency that it does not have", async () => {
    const coupon = await sdk.coupons.create({
      amount_off: 500,
      currency: "usd",
      currency_options: { eur: { amount_off: 450 } },
    });
    const inCurrency = (currency: string) =>
      checkout({
        line_items: [{ quantity: 1, price_data: { currency, unit_amount: 2000, product_data: { name: "x" } } }],
        discounts: [{ coupon: coupon.id }],
      });
    expect((await inCurrency("eur")).amount_total).toBe(1550);
    expect(await failureOf(inCurrency("gbp"))).toMatchObject({ param: "discounts[0][coupon]" });
  });

  it("come by a code that the buyer types, when the session takes codes", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    const code = await codeFor(coupon.id);
    const session = await checkout({ allow_promotion_codes: true });
    const pay = (promotionCode: string) => simulator.simulate("POST", `checkout/${session.id}/pay`, { promotionCode });
    expect(await pay("NONE")).toMatchObject({ status: 400, body: { error: "This code is invalid." } });
    expect(await pay("summer")).toMatchObject({
      body: { amount_total: 1500, discounts: [{ coupon: coupon.id, promotion_code: code.id }] },
    });
    expect((await sdk.promotionCodes.retrieve(code.id)).times_redeemed).toBe(1);
    const closed = await checkout();
    const refused = await simulator.simulate("POST", `checkout/${closed.id}/pay`, { promotionCode: "SUMMER" });
    expect(refused).toMatchObject({ status: 400, body: { error: "This checkout takes no promotion codes." } });
  });

  it("are not given with allow_promotion_codes, nor two at once", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    const one = { coupon: coupon.id };
    expect(await failureOf(checkout({ discounts: [one], allow_promotion_codes: true }))).toMatchObject({
      param: "allow_promotion_codes",
    });
    expect(await failureOf(checkout({ discounts: [one, one] }))).toMatchObject({ param: "discounts" });
  });

  it("keep to the restrictions of a code: customer, first payment, least amount, uses", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    const [ada, bob] = [await sdk.customers.create(), await sdk.customers.create()];
    const mine = await codeFor(coupon.id, { code: "MINE", customer: ada.id });
    const first = await codeFor(coupon.id, { code: "FIRST", restrictions: { first_time_transaction: true } });
    const large = await codeFor(coupon.id, {
      code: "LARGE",
      restrictions: { minimum_amount: 2001, minimum_amount_currency: "usd" },
    });
    const once = await codeFor(coupon.id, { code: "ONCE", max_redemptions: 1 });
    const use = (code: Stripe.PromotionCode, customer: Stripe.Customer) =>
      checkout({ customer: customer.id, discounts: [{ promotion_code: code.id }] });
    const session = await use(once, ada);
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    expect((await use(mine, ada)).amount_total).toBe(1500);
    expect((await use(first, bob)).amount_total).toBe(1500);
    for (const refused of [use(mine, bob), use(first, ada), use(large, bob), use(once, bob)]) {
      expect(await failureOf(refused)).toMatchObject({ param: "discounts[0][promotion_code]" });
    }
    expect((await sdk.promotionCodes.retrieve(once.id)).active).toBe(false);
  });
});
