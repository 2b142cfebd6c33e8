import type { PurchaseAnswer } from "../../functions-src/lib/usecases/show-purchase";
import type { TraceAnswer } from "../../functions-src/lib/usecases/trace";
import type { AutoTopUpAnswer } from "../../functions-src/lib/usecases/set-auto-top-up";
import { call, until } from "../support/product";
import { balanceIs, balanceOf, openCheckout, spend, startShop, type Buyer, type Shop } from "./shop";

/** 30 tokens in a currency without decimals and in one with three. */
const PACKS = [
  {
    kind: "pack",
    id: "yen",
    name: "30 tokens",
    price: { amountMinor: 500, currency: "JPY" },
    tokens: 30,
    lifeDays: null,
  },
  {
    kind: "pack",
    id: "dinar",
    name: "30 tokens",
    price: { amountMinor: 2500, currency: "KWD" },
    tokens: 30,
    lifeDays: null,
  },
];
const PAYING_ACCOUNT = "000123456789";
const ACCOUNT_WITHOUT_FUNDS = "000222222227";
const BANK_ASKS = "4000002760003184";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop(PACKS);
});
afterAll(() => shop.close());
afterEach(() => shop.verify());

const pay = ({ sessionId }: Buyer, body: object = {}): Promise<unknown> =>
  shop.simulate(`checkout/${sessionId}/pay`, body);
const sessionOf = ({ sessionId }: Buyer) => shop.sdk.checkout.sessions.retrieve(sessionId);
const purchaseOf = ({ user, sessionId }: Buyer): Promise<PurchaseAnswer> =>
  call<PurchaseAnswer>(user, "billing/purchase", { sessionId });
const intentIdOf = async (buyer: Buyer): Promise<string> => String((await sessionOf(buyer)).payment_intent);
const settle = async (buyer: Buyer): Promise<unknown> =>
  shop.simulate(`payment_intents/${await intentIdOf(buyer)}/settle`);

describe("P22: a debit that the bank pays days later", () => {
  it("gives nothing while it is on its way, and everything once, when it is paid", async () => {
    const buyer = await shop.newBuyer();
    await pay(buyer, { card: PAYING_ACCOUNT });
    await shop.drain();
    expect(await purchaseOf(buyer)).toMatchObject({ status: "waiting", why: "payment is still processing" });
    expect(await balanceOf(buyer)).toMatchObject({ available: 3 });
    await settle(buyer);
    await balanceIs(buyer, { available: 103 });
    await shop.drain();
    expect(await balanceOf(buyer)).toMatchObject({ available: 103 });
    const { entries } = await call<TraceAnswer>(shop.operator, "admin/trace", { id: buyer.sessionId });
    expect(entries.map(({ kind }) => kind)).toEqual(["grant"]);
  });

  it("gives nothing when the bank sends it back", async () => {
    const buyer = await shop.newBuyer();
    await pay(buyer, { card: ACCOUNT_WITHOUT_FUNDS });
    await settle(buyer);
    await shop.drain();
    expect(await sessionOf(buyer)).toMatchObject({ status: "complete", payment_status: "unpaid" });
    expect(await purchaseOf(buyer)).toMatchObject({ status: "waiting" });
    expect(await balanceOf(buyer)).toMatchObject({ available: 3, debt: 0 });
  });
});

describe("a card whose bank asks the buyer first", () => {
  it("gives nothing before the bank's yes, nothing after its no, and the units once it agrees", async () => {
    const buyer = await shop.newBuyer();
    await pay(buyer, { card: BANK_ASKS });
    await shop.simulate(`payment_intents/${await intentIdOf(buyer)}/authenticate`, { outcome: "fail" });
    await shop.drain();
    expect(await balanceOf(buyer)).toMatchObject({ available: 3 });
    await pay(buyer, { card: BANK_ASKS });
    await shop.simulate(`payment_intents/${await intentIdOf(buyer)}/authenticate`);
    await balanceIs(buyer, { available: 103 });
  });
});

describe("P15 and P16: currencies", () => {
  it("without decimals are charged as they are written, and refunds take their share to the unit", async () => {
    const buyer = await shop.newBuyer({ pack: "yen", quantity: 3 });
    await pay(buyer);
    await balanceIs(buyer, { available: 93 });
    expect(await sessionOf(buyer)).toMatchObject({ amount_total: 1500, currency: "jpy" });
    await shop.sdk.refunds.create({ payment_intent: await intentIdOf(buyer), amount: 500 });
    await balanceIs(buyer, { available: 63 });
    await shop.sdk.refunds.create({ payment_intent: await intentIdOf(buyer) });
    await balanceIs(buyer, { available: 3, debt: 0 });
  });

  it("with three decimals are refunded only in amounts that Stripe can pay out", async () => {
    const buyer = await shop.newBuyer({ pack: "dinar" });
    await pay(buyer);
    await balanceIs(buyer, { available: 33 });
    const refund = { paymentId: `pack:${buyer.sessionId}`, reason: "a dinar too much" };
    await expect(call(shop.operator, "admin/refund", { ...refund, key: "odd", amountMinor: 1001 })).rejects.toThrow(
      "amountMinor: expected a multiple of 10, as Stripe refunds KWD, got 1001",
    );
    await call(shop.operator, "admin/refund", { ...refund, key: "even", amountMinor: 1000 });
    await balanceIs(buyer, { available: 21 });
  });
});

describe("tax that Stripe adds", () => {
  afterEach(() => shop.simulate("tax", { percent: 0 }));

  it("is part of what was paid: half of the total takes half of the units", async () => {
    await shop.simulate("tax", { percent: 19 });
    const buyer = await shop.newBuyer();
    await pay(buyer);
    await balanceIs(buyer, { available: 103 });
    expect(await sessionOf(buyer)).toMatchObject({ amount_total: 1190, total_details: { amount_tax: 190 } });
    await shop.sdk.refunds.create({ payment_intent: await intentIdOf(buyer), amount: 595 });
    await balanceIs(buyer, { available: 53 });
  });
});

describe("a promotion code", () => {
  it("is paid for as discounted, and a refund of what was paid takes all that it bought", async () => {
    const coupon = await shop.sdk.coupons.create({ percent_off: 30, duration: "once" });
    await shop.sdk.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "THIRTY" });
    const buyer = await shop.newBuyer({ coupon: "THIRTY" });
    await pay(buyer);
    await balanceIs(buyer, { available: 103 });
    expect(await sessionOf(buyer)).toMatchObject({ amount_total: 700 });
    await shop.sdk.refunds.create({ payment_intent: await intentIdOf(buyer), amount: 350 });
    await balanceIs(buyer, { available: 53 });
    await shop.sdk.refunds.create({ payment_intent: await intentIdOf(buyer) });
    await balanceIs(buyer, { available: 3, debt: 0 });
    expect(
      await call(buyer.user, "billing/checkout", {
        key: "unknown",
        pack: "pack-100",
        coupon: "NEVER-MADE",
        successUrl: "https://shop.example/",
        cancelUrl: "https://shop.example/",
      }),
    ).toMatchObject({ ok: false, code: "coupon_invalid" });
  });

  it("that takes everything off gives the units without a payment, once", async () => {
    const coupon = await shop.sdk.coupons.create({ percent_off: 100, duration: "once" });
    await shop.sdk.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "GIFT" });
    const buyer = await shop.newBuyer({ coupon: "GIFT" });
    await pay(buyer);
    await balanceIs(buyer, { available: 103 });
    expect(await sessionOf(buyer)).toMatchObject({ payment_status: "no_payment_required", payment_intent: null });
    await shop.drain();
    expect(await balanceOf(buyer)).toMatchObject({ available: 103 });
  });
});

describe("P17: automatic top-ups", () => {
  const CAPS = { capPerDay: { count: 2, amountMinor: 2000 }, capPerMonth: { count: 5, amountMinor: 5000 } };
  const switchOn = ({ user }: Buyer): Promise<AutoTopUpAnswer> =>
    call(user, "wallet/autoTopUp", { enabled: true, threshold: 50, pack: "pack-100", ...CAPS });
  const chargesOf = async (buyer: Buyer): Promise<string[]> => {
    const { customer } = await sessionOf(buyer);
    const { data } = await shop.sdk.charges.list({ customer: String(customer), limit: 100 });
    return data.map(({ status, amount }) => `${status} ${amount}`);
  };
  const saved = async (): Promise<Buyer> => {
    const buyer = await shop.newBuyer({ saveCard: true });
    await pay(buyer);
    await balanceIs(buyer, { available: 103 });
    return buyer;
  };

  it("need a saved card", async () => {
    const buyer = await shop.newPaidBuyer();
    expect(await switchOn(buyer)).toMatchObject({ ok: false, code: "payment_required" });
  });

  it("charge the saved card once when thirty spends at once cross the threshold, and stop at the day's cap", async () => {
    const buyer = await saved();
    expect(await switchOn(buyer)).toMatchObject({
      ok: true,
      autoTopUp: { enabled: true, units: 100, chargeMinor: 1000 },
    });
    await Promise.all(Array.from({ length: 30 }, () => spend(buyer, 2)));
    await balanceIs(buyer, { available: 143 });
    await spend(buyer, 100);
    await balanceIs(buyer, { available: 143 });
    await spend(buyer, 100);
    await shop.drain();
    expect(await balanceOf(buyer)).toMatchObject({ available: 43 });
    expect(await chargesOf(buyer)).toEqual(["succeeded 1000", "succeeded 1000", "succeeded 1000"]);
  });

  it("ask a card that declines once, and leave it alone for an hour however much is spent meanwhile", async () => {
    const buyer = await saved();
    const { customer } = await sessionOf(buyer);
    const broken = await shop.sdk.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: String(customer) });
    await shop.sdk.customers.update(String(customer), { invoice_settings: { default_payment_method: broken.id } });
    await switchOn(buyer);
    await spend(buyer, 60);
    await until(
      "the decline",
      () => chargesOf(buyer),
      (charges) => charges.length === 2,
    );
    await Promise.all(Array.from({ length: 20 }, () => spend(buyer, 1)));
    await shop.drain();
    expect(await chargesOf(buyer)).toEqual(["failed 1000", "succeeded 1000"]);
    expect(await balanceOf(buyer)).toMatchObject({ available: 23 });
  });
});

describe("one Stripe customer", () => {
  it("belongs to an account, however many checkouts it opens at once", async () => {
    const buyer = await shop.newBuyer();
    const opened = await Promise.all(
      Array.from({ length: 8 }, (_, index) => openCheckout(buyer.user, { key: `at-once-${index}` })),
    );
    const sessions = await Promise.all(opened.map(({ sessionId }) => shop.sdk.checkout.sessions.retrieve(sessionId)));
    expect(new Set(sessions.map(({ customer }) => customer)).size).toBe(1);
  });

  it("is made once when Stripe's answers are lost after the work was done", async () => {
    const effect = { kind: "reset", commit: true };
    await shop.simulate("faults", {
      rules: [{ plane: "api", method: "POST", path: "/v1/customers", times: 2, effect }],
    });
    const { accountId } = await shop.newBuyer();
    await shop.simulate("faults", {});
    const { data } = await shop.sdk.customers.list({ limit: 100 });
    expect(data.filter(({ metadata }) => metadata["accountId"] === accountId)).toHaveLength(1);
  });
});
