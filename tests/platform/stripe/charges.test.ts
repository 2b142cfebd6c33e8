import type Stripe from "stripe";
import { eventsOf, paidCharge } from "./paid-charge";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

describe("an update of a charge", () => {
  it("writes notes and shipping, tells what they were, and leaves the money alone", async () => {
    const charge = await paidCharge(simulator);
    const shipping = { name: "Jenny Rosen", address: { line1: "Torstr. 1", country: "DE" } };
    const notes = { description: "For March", receipt_email: "jenny@example.com" };
    const [event] = await eventsOf(simulator, async () => {
      const after = await sdk.charges.update(charge.id, { ...notes, shipping, metadata: { shipping: "express" } });
      expect(after).toMatchObject({
        ...notes,
        amount: charge.amount,
        status: "succeeded",
        metadata: { shipping: "express" },
        shipping: { ...shipping, carrier: null, tracking_number: null },
      });
    });
    expect(event).toMatchObject({ type: "charge.updated", data: { previous_attributes: { description: null } } });
  });

  it("reports fraud, and takes the report back", async () => {
    const { id } = await paidCharge(simulator);
    const report = (user_report: "fraudulent" | "safe" | "") =>
      sdk.charges.update(id, { fraud_details: { user_report } });
    expect((await report("fraudulent")).fraud_details).toEqual({ user_report: "fraudulent" });
    expect((await report("")).fraud_details).toEqual({});
  });

  it("names a customer once", async () => {
    const { id } = await paidCharge(simulator);
    const [one, other] = [await sdk.customers.create(), await sdk.customers.create()];
    expect(await sdk.charges.update(id, { customer: one.id })).toMatchObject({ customer: one.id });
    expect(await failureOf(sdk.charges.update(id, { customer: other.id }))).toMatchObject({ param: "customer" });
  });

  it("is refused for a charge that is not there, and for what cannot be changed", async () => {
    expect(await failureOf(sdk.charges.update("ch_none", {}))).toMatchObject({ statusCode: 404 });
    const { id } = await paidCharge(simulator);
    const amount = { amount: 1 } as Stripe.ChargeUpdateParams;
    expect(await failureOf(sdk.charges.update(id, amount))).toMatchObject({
      param: "amount",
      code: "parameter_unknown",
    });
  });
});
