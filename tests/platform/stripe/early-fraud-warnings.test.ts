import type Stripe from "stripe";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";
import { eventsOf, paidCharge, typesOf } from "./paid-charge";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  ({ sdk } = simulator);
});
afterEach(closeAll);

const warn = (charge: Stripe.Charge, body: object = {}) =>
  simulator.simulate("POST", "fraud_warning", { charge: charge.id, ...body });
const warningOf = async (charge: Stripe.Charge): Promise<Stripe.Radar.EarlyFraudWarning> =>
  (await sdk.radar.earlyFraudWarnings.list({ charge: charge.id })).data[0]!;

describe("an early fraud warning", () => {
  it("comes with Stripe's card for it, names charge and payment intent, and can be acted on", async () => {
    let charge: Stripe.Charge | undefined;
    const types = await typesOf(simulator, async () => {
      charge = await paidCharge(simulator, { method: "pm_card_createIssuerFraudRecord" });
    });
    expect(types.at(-1)).toBe("radar.early_fraud_warning.created");
    const warning = await warningOf(charge!);
    expect(warning).toMatchObject({
      id: expect.stringMatching(/^issfr_/),
      object: "radar.early_fraud_warning",
      actionable: true,
      charge: charge?.id,
      payment_intent: charge?.payment_intent,
      fraud_type: "made_with_stolen_card",
      livemode: false,
    });
    const expanded = await sdk.radar.earlyFraudWarnings.retrieve(warning.id, { expand: ["charge", "payment_intent"] });
    expect(expanded).toMatchObject({ charge: { id: charge?.id }, payment_intent: { status: "succeeded" } });
    expect(charge).toMatchObject({ disputed: false });
  });

  it("can be acted on until the charge is refunded in full", async () => {
    const charge = await paidCharge(simulator);
    expect(await warn(charge, { fraud_type: "misc" })).toMatchObject({
      body: { actionable: true, fraud_type: "misc" },
    });
    await sdk.refunds.create({ charge: charge.id, amount: 100 });
    expect(await warningOf(charge)).toMatchObject({ actionable: true });
    const events = await eventsOf(simulator, () => sdk.refunds.create({ charge: charge.id }));
    expect(events.at(-1)).toMatchObject({
      type: "radar.early_fraud_warning.updated",
      data: { object: { actionable: false }, previous_attributes: { actionable: true } },
    });
    expect(await warningOf(charge)).toMatchObject({ actionable: false });
  });

  it("can be acted on again when that refund fails", async () => {
    const charge = await paidCharge(simulator);
    await warn(charge);
    const { id } = await sdk.refunds.create({ charge: charge.id });
    await simulator.simulate("POST", `refund/${id}/fail`);
    expect(await warningOf(charge)).toMatchObject({ actionable: true });
  });

  it("cannot be acted on once the charge is disputed, whichever comes first", async () => {
    const charge = await paidCharge(simulator);
    await warn(charge);
    const types = await typesOf(simulator, () => simulator.simulate("POST", "dispute", { charge: charge.id }));
    expect(types.at(-1)).toBe("radar.early_fraud_warning.updated");
    expect(await warningOf(charge)).toMatchObject({ actionable: false });
    expect(await warn(charge)).toMatchObject({ body: { actionable: false } });
  });

  it("is found by charge and by payment intent", async () => {
    const [one, other] = [await paidCharge(simulator), await paidCharge(simulator)];
    await warn(one);
    const { body } = await warn(other);
    const found = await sdk.radar.earlyFraudWarnings.list({ payment_intent: String(other.payment_intent) });
    expect(found.data).toEqual([body]);
    expect((await sdk.radar.earlyFraudWarnings.list()).data).toHaveLength(2);
    expect(await failureOf(sdk.radar.earlyFraudWarnings.retrieve("issfr_x"))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
  });

  it("is refused for a charge that is not there or not paid, and for an unknown kind of fraud", async () => {
    const charge = await paidCharge(simulator);
    expect(await warn(charge, { fraud_type: "bad luck" })).toMatchObject({ status: 400, body: { path: "fraud_type" } });
    expect(await warn({ ...charge, id: "ch_x" })).toMatchObject({ status: 404 });
    const declined = { amount: 500, currency: "usd", payment_method: "pm_card_chargeDeclined", confirm: true };
    await failureOf(sdk.paymentIntents.create(declined));
    const [failed] = (await sdk.charges.list()).data;
    expect(await warn(failed!)).toMatchObject({ status: 400 });
  });
});
