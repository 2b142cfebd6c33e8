import type Stripe from "stripe";
import { closeAll, eventTypesOf, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let customer: Stripe.Customer;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  customer = await sdk.customers.create();
});
afterEach(closeAll);

describe("setup intents", () => {
  it("save a method on the customer when they are confirmed, and tell it", async () => {
    const made = await sdk.setupIntents.create({ customer: customer.id, metadata: { a: "1" } });
    expect(made).toMatchObject({ status: "requires_payment_method", usage: "off_session", metadata: { a: "1" } });
    const done = await sdk.setupIntents.confirm(made.id, {
      payment_method: "pm_card_visa",
      expand: ["payment_method"],
    });
    expect(done).toMatchObject({ status: "succeeded", payment_method: { customer: customer.id, type: "card" } });
    expect(await eventTypesOf(simulator)).toEqual([
      "customer.created",
      "setup_intent.created",
      "payment_method.attached",
      "setup_intent.succeeded",
    ]);
    expect((await sdk.setupIntents.list({ customer: customer.id })).data.map(({ id }) => id)).toEqual([made.id]);
  });

  it("take a customer and a method until they are over, and notes after that", async () => {
    const { id } = await sdk.setupIntents.create();
    const named = await sdk.setupIntents.update(id, { customer: customer.id, payment_method: "pm_card_visa" });
    expect(named).toMatchObject({ customer: customer.id, status: "requires_confirmation" });
    expect(await sdk.setupIntents.confirm(id)).toMatchObject({ status: "succeeded" });
    expect(await sdk.setupIntents.update(id, { description: "a note" })).toMatchObject({ description: "a note" });
    const late = await failureOf(sdk.setupIntents.update(id, { payment_method: "pm_card_visa" }));
    expect(late).toMatchObject({ code: "setup_intent_unexpected_state" });
  });

  it("ask the buyer, save what the buyer completes, and let it be charged while the buyer is away", async () => {
    const asked = await sdk.setupIntents.create({
      customer: customer.id,
      payment_method: "pm_card_authenticationRequiredOnSetup",
      confirm: true,
      return_url: "https://shop.example/back",
    });
    expect(asked).toMatchObject({
      status: "requires_action",
      next_action: { redirect_to_url: { url: `${simulator.url}/c/authenticate/${asked.id}` } },
    });
    await simulator.simulate("POST", `setup_intents/${asked.id}/authenticate`);
    const done = await sdk.setupIntents.retrieve(asked.id);
    expect(done.status).toBe("succeeded");
    const paid = await sdk.paymentIntents.create({
      amount: 500,
      currency: "usd",
      customer: customer.id,
      payment_method: String(done.payment_method),
      confirm: true,
      off_session: true,
    });
    expect(paid.status).toBe("succeeded");
  });

  it("fail when the buyer fails or the bank refuses, save nothing, and can be tried again", async () => {
    const asked = await sdk.setupIntents.create({
      customer: customer.id,
      payment_method: "pm_card_authenticationRequired",
      confirm: true,
    });
    await simulator.simulate("POST", `setup_intents/${asked.id}/authenticate`, { outcome: "fail" });
    expect(await sdk.setupIntents.retrieve(asked.id)).toMatchObject({
      status: "requires_payment_method",
      last_setup_error: { code: "setup_intent_authentication_failure" },
    });
    const refused = sdk.setupIntents.confirm(asked.id, { payment_method: "pm_card_chargeDeclined" });
    expect(await failureOf(refused)).toMatchObject({ statusCode: 402, code: "card_declined" });
    expect((await sdk.customers.listPaymentMethods(customer.id)).data).toEqual([]);
    expect((await eventTypesOf(simulator)).filter((type) => type === "setup_intent.setup_failed")).toHaveLength(2);
    expect(await sdk.setupIntents.confirm(asked.id, { payment_method: "pm_card_visa" })).toMatchObject({
      status: "succeeded",
    });
  });

  it.each(["confirm", "cancel"] as const)("refuse to %s once they succeeded or were canceled", async (call) => {
    const done = await sdk.setupIntents.create({ payment_method: "pm_card_visa", confirm: true });
    const gone = await sdk.setupIntents.create({ payment_method: "pm_card_visa" });
    expect(gone.status).toBe("requires_confirmation");
    await sdk.setupIntents.cancel(gone.id, { cancellation_reason: "abandoned" });
    for (const [{ id }, status] of [
      [done, "succeeded"],
      [gone, "canceled"],
    ] as const) {
      expect(await failureOf(sdk.setupIntents[call](id))).toMatchObject({
        code: "setup_intent_unexpected_state",
        message: expect.stringContaining(`You cannot ${call} this SetupIntent because it has a status of ${status}.`),
      });
    }
  });
});
