import type Stripe from "stripe";
import { closeAll, sessionParams, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

const htmlOf = async (url: string | null): Promise<string> => (await fetch(url ?? "")).text();
const submit = (url: string | null, fields: Record<string, string>): Promise<Response> =>
  fetch(url ?? "", { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });

describe("the page on which a bank asks", () => {
  const ask = (return_url?: string): Promise<Stripe.PaymentIntent> =>
    sdk.paymentIntents.create({
      amount: 2000,
      currency: "usd",
      payment_method: "pm_card_authenticationRequired",
      confirm: true,
      ...(return_url === undefined ? {} : { return_url }),
    });
  const pageOf = ({ id }: Stripe.PaymentIntent): string => `${simulator.url}/c/authenticate/${id}`;

  it.each([
    ["complete", "succeeded", "succeeded"],
    ["fail", "failed", "requires_payment_method"],
  ])("takes %s, and sends the buyer back with the outcome", async (action, redirect, status) => {
    const intent = await ask("https://shop.example/back?order=1");
    expect(await htmlOf(pageOf(intent))).toContain("Your bank asks whether you pay $20.00.");
    const answer = await submit(pageOf(intent), { action });
    expect(answer.status).toBe(303);
    const target = new URL(answer.headers.get("location") ?? "");
    expect(Object.fromEntries(target.searchParams)).toEqual({
      order: "1",
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: redirect,
    });
    expect((await sdk.paymentIntents.retrieve(intent.id)).status).toBe(status);
  });

  it("answers once: a second press changes nothing and says so", async () => {
    const intent = await ask();
    expect(await (await submit(pageOf(intent), { action: "complete" })).text()).toContain("nothing left to confirm");
    expect(await (await submit(pageOf(intent), { action: "fail" })).text()).toContain("nothing left to confirm");
    expect((await sdk.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
    expect((await fetch(`${simulator.url}/c/authenticate/pi_none`)).status).toBe(404);
  });

  it("stands between the checkout page and its success address", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const pressed = await submit(session.url, { action: "pay", card: "4000002760003184", email: "a@example.com" });
    const bank = pressed.headers.get("location");
    expect(bank).toContain("/c/authenticate/pi_");
    const failed = await submit(bank, { action: "fail" });
    expect(failed.headers.get("location")).toContain(`/c/pay/${session.id}`);
    const again = await submit(session.url, { action: "pay", card: "4000002760003184" });
    const done = await submit(again.headers.get("location"), { action: "complete" });
    expect(done.headers.get("location")).toBe(`https://shop.example/thanks?session=${session.id}`);
  });
});

describe("the checkout page with more ways to pay", () => {
  it("offers accounts that fit the currency, and says that a debit is on its way", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const html = await htmlOf(session.url);
    expect(html).toContain("US bank, pays later");
    expect(html).not.toContain("SEPA");
    expect((await submit(session.url, { action: "pay", card: "000123456789" })).status).toBe(303);
    expect(await htmlOf(session.url)).toContain("The payment is on its way.");
  });

  it("offers the saved methods that may be shown again, first", async () => {
    const customer = await sdk.customers.create();
    const shown = await sdk.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    await sdk.paymentMethods.update(shown.id, { allow_redisplay: "always" });
    const hidden = await sdk.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    const session = await sdk.checkout.sessions.create(sessionParams({ customer: customer.id }));
    const html = await htmlOf(session.url);
    expect(html).toContain(`value="${shown.id}" checked`);
    expect(html).toContain("visa •••• 4242");
    expect(html).not.toContain(hidden.id);
    await submit(session.url, { action: "pay", card: shown.id });
    const paid = await sdk.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
    expect(paid.payment_intent).toMatchObject({ payment_method: shown.id, status: "succeeded" });
  });

  it("takes a code by Apply, shows what it takes off, and says why a code is refused", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 25 });
    await sdk.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "SUMMER" });
    const session = await sdk.checkout.sessions.create(sessionParams({ allow_promotion_codes: true }));
    const refused = await submit(session.url, { action: "apply", code: "WINTER" });
    expect([refused.status, (await refused.text()).includes("This code is invalid.")]).toEqual([402, true]);
    expect((await submit(session.url, { action: "apply", code: "summer" })).status).toBe(303);
    const html = await htmlOf(session.url);
    expect(html).toContain("<h1>$15.00</h1>");
    expect(html).toContain("<span>Discount SUMMER</span><span>-$5.00</span>");
    await submit(session.url, { action: "pay", code: "SUMMER" });
    expect((await sdk.charges.list()).data[0]?.amount).toBe(1500);
  });

  it("asks for no method when nothing is to be paid, and takes quantities that may change", async () => {
    const coupon = await sdk.coupons.create({ percent_off: 100 });
    const free = await sdk.checkout.sessions.create(sessionParams({ discounts: [{ coupon: coupon.id }] }));
    expect(await htmlOf(free.url)).not.toContain('name="card"');
    const price_data = { currency: "usd", unit_amount: 1000, product_data: { name: "Pen" } };
    const session = await sdk.checkout.sessions.create(
      sessionParams({ line_items: [{ quantity: 1, price_data, adjustable_quantity: { enabled: true } }] }),
    );
    const field = /name="(quantity\[li_\w+\])"/.exec(await htmlOf(session.url))?.[1] ?? "missing";
    await submit(session.url, { action: "apply", [field]: "5" });
    expect(await htmlOf(session.url)).toContain("<h1>$50.00</h1>");
  });

  it("saves a method in setup mode", async () => {
    const customer = await sdk.customers.create();
    const { url, id } = await sdk.checkout.sessions.create({
      mode: "setup",
      currency: "eur",
      customer: customer.id,
      success_url: "https://shop.example/thanks",
    });
    expect(await htmlOf(url)).toContain("<h1>Save a payment method</h1>");
    expect((await submit(url, { action: "pay", card: "AT611904300234573201" })).status).toBe(303);
    expect(await htmlOf(`${simulator.url}/c/pay/${id}`)).toContain("Saved. Thank you!");
    expect((await sdk.customers.listPaymentMethods(customer.id)).data).toMatchObject([{ type: "sepa_debit" }]);
  });
});
