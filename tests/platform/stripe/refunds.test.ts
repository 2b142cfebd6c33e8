import type Stripe from "stripe";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";
import { eventsOf, netOf, paidCharge, typesOf } from "./paid-charge";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest({ testClock: true });
  ({ sdk } = simulator);
});
afterEach(closeAll);

const refund = (charge: Stripe.Charge, params: Stripe.RefundCreateParams = {}) =>
  sdk.refunds.create({ charge: charge.id, ...params });
const chargeNow = ({ id }: Stripe.Charge) => sdk.charges.retrieve(id);
const act = (id: string, verb: string, body?: unknown) => simulator.simulate("POST", `refund/${id}/${verb}`, body);
const beginWith = ({ id }: Stripe.Charge, begins: string) =>
  simulator.simulate("POST", `charge/${id}/refunds`, { begins });

describe("a refund", () => {
  it("gives all of a charge back when no amount is named, and tells of itself and of the charge", async () => {
    const charge = await paidCharge(simulator);
    let made: Stripe.Refund | undefined;
    const events = await eventsOf(simulator, async () => {
      made = await sdk.refunds.create({
        payment_intent: String(charge.payment_intent),
        reason: "requested_by_customer",
        metadata: { order: "7" },
      });
    });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^re_/),
      object: "refund",
      amount: 9900,
      currency: "usd",
      charge: charge.id,
      payment_intent: charge.payment_intent,
      payment_method: charge.payment_method,
      reason: "requested_by_customer",
      status: "succeeded",
      metadata: { order: "7" },
      destination_details: { type: "card", card: { type: "refund", reference_status: "available" } },
    });
    expect(made).not.toHaveProperty("failure_reason");
    expect(events).toMatchObject([
      { type: "refund.created", data: { object: { id: made?.id, amount: 9900 } } },
      { type: "charge.refunded", data: { object: { id: charge.id, amount_refunded: 9900, refunded: true } } },
    ]);
    expect(events[1]?.data.previous_attributes).toEqual({ amount_refunded: 0, refunded: false });
    expect(await sdk.refunds.retrieve(made?.id ?? "")).toEqual(made);
  });

  it("can come in parts, until nothing is left of the charge", async () => {
    const charge = await paidCharge(simulator);
    const first = await refund(charge, { amount: 3300 });
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 3300, refunded: false });
    const second = await refund(charge, { amount: 3300 });
    expect(await failureOf(refund(charge, { amount: 3301 }))).toMatchObject({
      statusCode: 400,
      rawType: "invalid_request_error",
      param: "amount",
      message: "Refund amount ($33.01) is greater than unrefunded amount on charge ($33.00)",
    });
    const rest = await refund(charge);
    expect(rest.amount).toBe(3300);
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 9900, refunded: true });
    expect(await failureOf(refund(charge, { amount: 1 }))).toMatchObject({
      statusCode: 400,
      code: "charge_already_refunded",
      message: `Charge ${charge.id} has already been refunded.`,
    });
    const ids = [rest.id, second.id, first.id];
    expect((await sdk.refunds.list({ charge: charge.id })).data.map(({ id }) => id)).toEqual(ids);
    const { refunds } = await sdk.charges.retrieve(charge.id, { expand: ["refunds.data.balance_transaction"] });
    expect(refunds).toMatchObject({ object: "list", has_more: false });
    expect(refunds?.data.map(({ id }) => id)).toEqual(ids);
    expect(refunds?.data).toMatchObject(
      [3300, 3300, 3300].map((amount) => ({ balance_transaction: { amount: -amount } })),
    );
    expect(await simulator.raw("GET", refunds?.url ?? "")).toMatchObject({ status: 200, body: { object: "list" } });
    expect(await chargeNow(charge)).not.toHaveProperty("refunds");
  });

  it("is more than a charge at no time, not even by calls at once", async () => {
    const charge = await paidCharge(simulator);
    const calls = Array.from({ length: 8 }, () => refund(charge, { amount: 2000 }));
    const answers = await Promise.allSettled(calls);
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 8000 });
  });

  it("happens once for one idempotency key", async () => {
    const charge = await paidCharge(simulator);
    const again = () => sdk.refunds.create({ charge: charge.id, amount: 100 }, { idempotencyKey: "k" });
    expect((await again()).id).toBe((await again()).id);
    expect((await chargeNow(charge)).amount_refunded).toBe(100);
  });

  it("takes its amount from the account's balance, and leaves the fee of the charge with Stripe", async () => {
    const charge = await paidCharge(simulator);
    const { id } = await refund(charge, { amount: 5000 });
    const { balance_transaction: booked } = await sdk.refunds.retrieve(id, {
      expand: ["balance_transaction.source", "charge", "payment_intent", "payment_method"],
    });
    expect(booked).toMatchObject({
      type: "refund",
      reporting_category: "refund",
      amount: -5000,
      fee: 0,
      net: -5000,
      source: { object: "refund", id },
    });
    expect(await netOf(simulator, charge.id)).toBe(9900 - 317);
  });

  it("is found by charge, payment intent and time", async () => {
    const [one, other] = [await paidCharge(simulator), await paidCharge(simulator)];
    const first = await refund(one, { amount: 100 });
    await simulator.simulate("POST", "clock/advance", { seconds: 100 });
    const second = await refund(other, { amount: 200 });
    const idsOf = async (params: Stripe.RefundListParams) => (await sdk.refunds.list(params)).data.map(({ id }) => id);
    expect(await idsOf({})).toEqual([second.id, first.id]);
    expect(await idsOf({ charge: one.id })).toEqual([first.id]);
    expect(await idsOf({ payment_intent: String(other.payment_intent) })).toEqual([second.id]);
    expect(await idsOf({ created: { gt: first.created } })).toEqual([second.id]);
    expect(await idsOf({ created: { lte: first.created } })).toEqual([first.id]);
  });

  it("lets its metadata be changed, and nothing else", async () => {
    const { id } = await refund(await paidCharge(simulator), { metadata: { keep: "1", drop: "2" } });
    const events = await eventsOf(simulator, () => sdk.refunds.update(id, { metadata: { drop: "", more: "3" } }));
    expect(events).toMatchObject([
      { type: "refund.updated", data: { object: { metadata: { keep: "1", more: "3" } } } },
    ]);
    expect(events[0]?.data.previous_attributes).toEqual({ metadata: { keep: "1", drop: "2" } });
    const change = sdk.refunds.update(id, { amount: 1 } as Stripe.RefundUpdateParams);
    expect(await failureOf(change)).toMatchObject({ code: "parameter_unknown", param: "amount" });
  });

  it("marks the charge as fraud when that is its reason", async () => {
    const charge = await paidCharge(simulator);
    await refund(charge, { reason: "fraudulent" });
    expect(await chargeNow(charge)).toMatchObject({ fraud_details: { user_report: "fraudulent" }, refunded: true });
  });

  it.each([
    ["neither charge nor payment intent", {}, "parameter_missing", "payment_intent"],
    ["both of them", { charge: "ch_x", payment_intent: "pi_x" }, undefined, "charge"],
    ["an unknown charge", { charge: "ch_x" }, "resource_missing", "charge"],
    ["an unknown payment intent", { payment_intent: "pi_x" }, "resource_missing", "payment_intent"],
    ["an amount of nothing", { charge: "ch_x", amount: 0 }, undefined, "amount"],
    ["an unknown reason", { charge: "ch_x", reason: "bored" }, undefined, "reason"],
    [
      "instructions",
      { charge: "ch_x", instructions_email: "a@example.com" },
      "parameter_unknown",
      "instructions_email",
    ],
  ])("is refused for %s", async (_what, params, code, param) => {
    const error = await failureOf(sdk.refunds.create(params as Stripe.RefundCreateParams));
    expect(error).toMatchObject({ statusCode: 400, rawType: "invalid_request_error", param });
    expect(error.code).toBe(code);
  });

  it("is refused for a payment that failed", async () => {
    const declined = sdk.paymentIntents.create({
      amount: 500,
      currency: "usd",
      payment_method: "pm_card_chargeDeclined",
      confirm: true,
    });
    const { payment_intent } = await failureOf(declined);
    expect(await failureOf(sdk.refunds.create({ payment_intent: payment_intent?.id ?? "" }))).toMatchObject({
      message: `This PaymentIntent (${payment_intent?.id}) does not have a successful charge to refund.`,
    });
    const [charge] = (await sdk.charges.list()).data;
    expect(await failureOf(sdk.refunds.create({ charge: charge?.id ?? "" }))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(sdk.refunds.retrieve("re_x"))).toMatchObject({ code: "resource_missing", statusCode: 404 });
  });
});

describe("a refund that is not done at once", () => {
  it("begins pending with Stripe's card for that, counts as refunded, and arrives later", async () => {
    const charge = await paidCharge(simulator, { method: "pm_card_pendingRefund" });
    const made = await refund(charge);
    expect(made).toMatchObject({
      status: "pending",
      pending_reason: "processing",
      destination_details: { card: { type: "pending", reference_status: "pending" } },
    });
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 9900, refunded: true });
    expect(await failureOf(refund(charge))).toMatchObject({ code: "charge_already_refunded" });
    const events = await eventsOf(simulator, () => simulator.simulate("POST", "clock/advance", { seconds: 3600 }));
    expect(events).toMatchObject([
      { type: "refund.updated", created: made.created + 60, data: { object: { status: "succeeded" } } },
      { type: "charge.refund.updated", data: { object: { object: "refund", status: "succeeded" } } },
    ]);
    expect(events[0]?.data.previous_attributes).toMatchObject({ status: "pending", pending_reason: "processing" });
    expect(events[0]?.request).toEqual({ id: null, idempotency_key: null });
    expect(await sdk.refunds.retrieve(made.id)).not.toHaveProperty("pending_reason");
    expect(await netOf(simulator, made.id)).toBe(-9900);
  });

  it("can fail after it succeeded: the money is back on the account and the charge can be refunded again", async () => {
    const charge = await paidCharge(simulator, { method: "pm_card_refundFail" });
    const made = await refund(charge);
    expect(made.status).toBe("succeeded");
    const events = await eventsOf(simulator, () => simulator.simulate("POST", "clock/advance", { seconds: 60 }));
    expect(events).toMatchObject([
      { type: "refund.updated", data: { object: { status: "failed" } } },
      { type: "charge.refund.updated", data: { object: { status: "failed" } } },
      { type: "refund.failed", data: { object: { id: made.id, status: "failed", failure_reason: "unknown" } } },
      { type: "charge.updated", data: { object: { amount_refunded: 0, refunded: false } } },
    ]);
    expect(events[0]?.data.previous_attributes).toEqual({ status: "succeeded" });
    expect(events[3]?.data.previous_attributes).toEqual({ amount_refunded: 9900, refunded: true });
    const failed = await sdk.refunds.retrieve(made.id, { expand: ["failure_balance_transaction"] });
    expect(failed).toMatchObject({
      balance_transaction: made.balance_transaction,
      failure_balance_transaction: { type: "refund_failure", amount: 9900, fee: 0, source: made.id },
    });
    expect(await netOf(simulator, made.id)).toBe(0);
    expect(await refund(charge)).toMatchObject({ amount: 9900 });
  });

  it("is settled or failed by the bank when the control plane says so, and only the failed part comes back", async () => {
    const charge = await paidCharge(simulator);
    await beginWith(charge, "pending");
    const [one, two] = [await refund(charge, { amount: 4000 }), await refund(charge, { amount: 1000 })];
    expect([one.status, two.status]).toEqual(["pending", "pending"]);
    expect(await act(one.id, "settle")).toMatchObject({ status: 200, body: { id: one.id, status: "succeeded" } });
    expect(await act(two.id, "fail", { reason: "lost_or_stolen_card" })).toMatchObject({
      body: {
        status: "failed",
        failure_reason: "lost_or_stolen_card",
        destination_details: { card: { reference_status: "unavailable" } },
      },
    });
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 4000, refunded: false });
    expect(await act(one.id, "fail", { reason: "declined" })).toMatchObject({ body: { status: "failed" } });
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 0 });
    await simulator.simulate("POST", "clock/advance", { seconds: 400 * 86_400 });
    expect(await sdk.refunds.retrieve(one.id)).toMatchObject({ status: "failed" });
  });

  it("waits for the customer where that is needed, and goes on as pending", async () => {
    const charge = await paidCharge(simulator);
    await beginWith(charge, "requires_action");
    const made = await refund(charge, { amount: 4000 });
    expect(made).toMatchObject({
      status: "requires_action",
      next_action: { type: "display_details", display_details: { expires_at: made.created + 45 * 86_400 } },
    });
    expect((await chargeNow(charge)).amount_refunded).toBe(4000);
    const acted = await act(made.id, "act");
    expect(acted).toMatchObject({ body: { status: "pending", pending_reason: "processing" } });
    expect(acted.body).not.toHaveProperty("next_action");
    expect(await act(made.id, "settle")).toMatchObject({ body: { status: "succeeded" } });
  });

  it("can be canceled while it waits for the customer, and gives its amount back", async () => {
    const charge = await paidCharge(simulator);
    await beginWith(charge, "requires_action");
    const made = await refund(charge);
    const types = await typesOf(simulator, () => sdk.refunds.cancel(made.id));
    expect(types).toEqual(["refund.updated", "charge.refund.updated", "charge.updated"]);
    expect(await sdk.refunds.retrieve(made.id)).toMatchObject({
      status: "canceled",
      failure_balance_transaction: expect.stringMatching(/^txn_/),
    });
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await netOf(simulator, made.id)).toBe(0);
    expect(await failureOf(sdk.refunds.cancel(made.id))).toMatchObject({
      statusCode: 400,
      message: expect.stringContaining("status of canceled"),
    });
  });

  it.each(["pending", "succeeded"])(
    "cannot be canceled by a call while it is %s; a bank cancels what is pending",
    async (begins) => {
      const charge = await paidCharge(simulator);
      await beginWith(charge, begins);
      const { id } = await refund(charge);
      expect(await failureOf(sdk.refunds.cancel(id))).toMatchObject({
        rawType: "invalid_request_error",
        message: expect.stringContaining(`status of ${begins}. Only refunds with a status of requires_action`),
      });
      expect((await act(id, "cancel")).status).toBe(begins === "pending" ? 200 : 400);
    },
  );

  it("expires by the test helper, or by itself when the customer does nothing for 45 days", async () => {
    const charge = await paidCharge(simulator);
    await beginWith(charge, "requires_action");
    const [one, two] = [await refund(charge, { amount: 100 }), await refund(charge, { amount: 200 })];
    expect(await sdk.testHelpers.refunds.expire(one.id)).toMatchObject({ status: "canceled" });
    expect(await failureOf(sdk.testHelpers.refunds.expire(one.id))).toMatchObject({ statusCode: 400 });
    await simulator.simulate("POST", "clock/advance", { seconds: 45 * 86_400 - 1 });
    expect((await sdk.refunds.retrieve(two.id)).status).toBe("requires_action");
    await simulator.simulate("POST", "clock/advance", { seconds: 1 });
    expect((await sdk.refunds.retrieve(two.id)).status).toBe("canceled");
    expect(await chargeNow(charge)).toMatchObject({ amount_refunded: 0 });
  });
});

describe("the control plane of refunds", () => {
  it("names what is wrong, and changes nothing", async () => {
    const charge = await paidCharge(simulator);
    const { id } = await refund(charge);
    expect(await act(id, "fail", { reason: "weather" })).toMatchObject({ status: 400, body: { path: "reason" } });
    expect(await act(id, "settle", { now: true })).toMatchObject({ status: 400, body: { path: "now" } });
    expect(await act("re_x", "settle")).toMatchObject({ status: 404, body: { error: "No such refund: 're_x'" } });
    expect(await act(id, "act")).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("cannot become") },
    });
    expect(await simulator.simulate("POST", "charge/ch_x/refunds", { begins: "pending" })).toMatchObject({
      status: 404,
    });
    expect(await beginWith(charge, "failed")).toMatchObject({ status: 400, body: { path: "begins" } });
    expect((await sdk.refunds.retrieve(id)).status).toBe("succeeded");
  });
});
