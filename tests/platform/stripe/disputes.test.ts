import type Stripe from "stripe";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";
import { eventsOf, netOf, paidCharge, typesOf } from "./paid-charge";

const DAY = 86_400;

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest({ testClock: true });
  ({ sdk } = simulator);
});
afterEach(closeAll);

const open = async (charge: Stripe.Charge, body: object = {}): Promise<Stripe.Dispute> => {
  const { status, body: opened } = await simulator.simulate("POST", "dispute", { charge: charge.id, ...body });
  expect(status).toBe(200);
  return opened as Stripe.Dispute;
};
const move = (id: string, verb: string, body?: unknown) => simulator.simulate("POST", `dispute/${id}/${verb}`, body);
const close = (id: string, outcome: string) => move(id, "close", { outcome });
const answer = (id: string, text: string) => sdk.disputes.update(id, { evidence: { uncategorized_text: text } });
const pass = (seconds: number) => simulator.simulate("POST", "clock/advance", { seconds });
const disputeOf = async (charge: Stripe.Charge): Promise<Stripe.Dispute> =>
  (await sdk.disputes.list({ charge: charge.id })).data[0]!;

describe("a dispute", () => {
  it("opens with Stripe's card for it, takes the amount and a fee, and tells both", async () => {
    let charge: Stripe.Charge | undefined;
    const events = await eventsOf(simulator, async () => {
      charge = await paidCharge(simulator, { method: "pm_card_createDispute" });
    });
    const dispute = await disputeOf(charge!);
    expect(dispute).toMatchObject({
      id: expect.stringMatching(/^du_/),
      object: "dispute",
      amount: 9900,
      charge: charge?.id,
      payment_intent: charge?.payment_intent,
      reason: "fraudulent",
      status: "needs_response",
      is_charge_refundable: false,
      evidence_details: {
        due_by: dispute.created + 9 * DAY,
        has_evidence: false,
        past_due: false,
        submission_count: 0,
        submission_method: "not_submitted",
      },
      payment_method_details: { type: "card", card: { brand: "visa", case_type: "chargeback" } },
      balance_transactions: [
        {
          type: "adjustment",
          reporting_category: "dispute",
          amount: -9900,
          fee: 1500,
          net: -11_400,
          fee_details: [{ amount: 1500, description: "Dispute fee", type: "stripe_fee" }],
        },
      ],
    });
    expect(charge).toMatchObject({ disputed: true, refunded: false, amount_refunded: 0 });
    expect(events.slice(-2)).toMatchObject([
      { type: "charge.dispute.created", data: { object: { id: dispute.id, status: "needs_response" } } },
      { type: "charge.dispute.funds_withdrawn", data: { object: { balance_transactions: [{ amount: -9900 }] } } },
    ]);
    expect(await sdk.disputes.retrieve(dispute.id, { expand: ["charge", "payment_intent"] })).toMatchObject({
      charge: { id: charge?.id, disputed: true },
      payment_intent: { status: "succeeded" },
    });
    const [booked] = (await sdk.balanceTransactions.list({ source: dispute.id, expand: ["data.source"] })).data;
    expect(booked).toMatchObject({ source: { object: "dispute", id: dispute.id } });
  });

  it.each([
    ["accepted", [], -11_400],
    ["countered and lost", ["losing_evidence"], -12_900],
    ["countered and won", ["winning_evidence"], -1500],
  ])("that is %s costs what it costs at Stripe", async (_story, [text], net) => {
    const dispute = await open(await paidCharge(simulator));
    await (text === undefined ? sdk.disputes.close(dispute.id) : answer(dispute.id, text));
    expect(await netOf(simulator, dispute.id)).toBe(net);
  });

  it("takes the fees of its currency, and none where there is none", async () => {
    const yen = await open(await paidCharge(simulator, { currency: "jpy" }));
    await answer(yen.id, "losing_evidence");
    expect(await netOf(simulator, yen.id)).toBe(-9900 - 1300);
    const dinar = await open(await paidCharge(simulator, { currency: "kwd" }));
    expect(dinar.balance_transactions).toMatchObject([{ fee: 15_000, currency: "kwd" }]);
  });

  it("is won by winning evidence: the money comes back and the events say so", async () => {
    const dispute = await open(await paidCharge(simulator));
    const events = await eventsOf(simulator, () => answer(dispute.id, "winning_evidence"));
    expect(events).toMatchObject([
      { type: "charge.dispute.updated", data: { object: { status: "under_review" } } },
      { type: "charge.dispute.closed", data: { object: { status: "won" } } },
      { type: "charge.dispute.funds_reinstated", data: { object: { status: "won" } } },
    ]);
    expect(events[0]?.data.previous_attributes).toMatchObject({ status: "needs_response" });
    expect(events[1]?.data.previous_attributes).toMatchObject({ status: "under_review" });
    const won = await sdk.disputes.retrieve(dispute.id);
    expect(won).toMatchObject({
      status: "won",
      is_charge_refundable: true,
      evidence: { uncategorized_text: "winning_evidence" },
      evidence_details: { has_evidence: true, submission_count: 1, submission_method: "manual" },
    });
    expect(won.balance_transactions.map(({ amount }) => amount)).toEqual([-9900, 9900]);
    expect(await sdk.charges.retrieve(String(dispute.charge))).toMatchObject({ disputed: true });
  });

  it("is lost by losing evidence, and no money moves then", async () => {
    const dispute = await open(await paidCharge(simulator));
    expect(await typesOf(simulator, () => answer(dispute.id, "losing_evidence"))).toEqual([
      "charge.dispute.updated",
      "charge.dispute.closed",
    ]);
    expect(await sdk.disputes.retrieve(dispute.id)).toMatchObject({
      status: "lost",
      balance_transactions: [{ amount: -9900 }],
    });
  });

  it("is under review with other evidence, until the bank decides", async () => {
    const dispute = await open(await paidCharge(simulator));
    expect(await answer(dispute.id, "They used it for a year.")).toMatchObject({ status: "under_review" });
    await pass(400 * DAY);
    expect(await sdk.disputes.retrieve(dispute.id)).toMatchObject({ status: "under_review" });
    const decided = await typesOf(simulator, () => close(dispute.id, "won"));
    expect(decided).toEqual(["charge.dispute.closed", "charge.dispute.funds_reinstated"]);
  });

  it("keeps evidence that is only staged, and submits it when asked", async () => {
    const dispute = await open(await paidCharge(simulator));
    const evidence = { uncategorized_text: "A letter", customer_name: "Ada" };
    const staged = await sdk.disputes.update(dispute.id, { evidence, submit: false });
    expect(staged).toMatchObject({
      status: "needs_response",
      evidence: { uncategorized_text: "A letter", customer_name: "Ada", product_description: null },
      evidence_details: { has_evidence: true, submission_count: 0 },
    });
    const named = await sdk.disputes.update(dispute.id, { metadata: { case: "7" } });
    expect(named).toMatchObject({ status: "needs_response", metadata: { case: "7" } });
    const cleared = await sdk.disputes.update(dispute.id, { evidence: { customer_name: "" }, submit: false });
    expect(cleared.evidence).toMatchObject({ customer_name: null, uncategorized_text: "A letter" });
    expect(await sdk.disputes.update(dispute.id, { submit: true })).toMatchObject({
      status: "under_review",
      metadata: { case: "7" },
      evidence_details: { submission_count: 1 },
    });
  });

  it("takes evidence once, and metadata at any time", async () => {
    const dispute = await open(await paidCharge(simulator));
    expect(await failureOf(sdk.disputes.update(dispute.id, { submit: true }))).toMatchObject({ param: "submit" });
    await answer(dispute.id, "first");
    expect(await failureOf(answer(dispute.id, "second"))).toMatchObject({ statusCode: 400, param: "evidence" });
    expect(await failureOf(sdk.disputes.update(dispute.id, { submit: true }))).toMatchObject({ param: "submit" });
    expect(await sdk.disputes.update(dispute.id, { metadata: { a: "1" } })).toMatchObject({
      metadata: { a: "1" },
      evidence: { uncategorized_text: "first" },
    });
    const file = { evidence: { receipt: "file_1" } };
    expect(await failureOf(sdk.disputes.update(dispute.id, file))).toMatchObject({ param: "evidence[receipt]" });
  });

  it("is accepted by closing it, which only works while it needs a response", async () => {
    const dispute = await open(await paidCharge(simulator));
    expect(await typesOf(simulator, () => sdk.disputes.close(dispute.id))).toEqual(["charge.dispute.closed"]);
    expect(await sdk.disputes.retrieve(dispute.id)).toMatchObject({ status: "lost" });
    expect(await failureOf(sdk.disputes.close(dispute.id))).toMatchObject({
      statusCode: 400,
      message: expect.stringContaining("status of lost"),
    });
    expect(await failureOf(sdk.disputes.close("du_x"))).toMatchObject({ code: "resource_missing", statusCode: 404 });
  });

  it("is lost by itself at the second its evidence is due, dated then however far the clock leapt", async () => {
    const dispute = await open(await paidCharge(simulator));
    await pass(9 * DAY - 1);
    expect((await sdk.disputes.retrieve(dispute.id)).status).toBe("needs_response");
    const events = await eventsOf(simulator, () => pass(100 * DAY));
    expect(events).toMatchObject([
      {
        type: "charge.dispute.closed",
        created: dispute.created + 9 * DAY,
        request: { id: null },
        data: { object: { status: "lost" } },
      },
    ]);
  });

  it("can be won late, long after it was lost: the money comes back", async () => {
    const dispute = await open(await paidCharge(simulator));
    await sdk.disputes.close(dispute.id);
    const events = await eventsOf(simulator, () => close(dispute.id, "won"));
    expect(events).toMatchObject([
      { type: "charge.dispute.updated", data: { object: { status: "won" } } },
      { type: "charge.dispute.funds_reinstated", data: { object: { status: "won" } } },
    ]);
    expect(events[0]?.data.previous_attributes).toMatchObject({ status: "lost", is_charge_refundable: false });
    expect(await netOf(simulator, dispute.id)).toBe(-1500);
  });

  it.each([
    ["won", "winning_evidence", ["charge.dispute.closed", "charge.dispute.funds_reinstated"]],
    ["lost", "losing_evidence", ["charge.dispute.closed"]],
  ])("can be appealed after a loss, and is then %s", async (status, text, events) => {
    const dispute = await open(await paidCharge(simulator));
    await answer(dispute.id, "losing_evidence");
    const appealed = await move(dispute.id, "appeal");
    expect(appealed).toMatchObject({ body: { status: "appeal_needs_response", is_charge_refundable: false } });
    const types = await typesOf(simulator, () => answer(dispute.id, text));
    expect(types).toEqual(["charge.dispute.updated", ...events]);
    expect(await sdk.disputes.retrieve(dispute.id)).toMatchObject({
      status,
      evidence_details: { submission_count: 2 },
    });
  });

  it("is lost again when nobody answers its appeal in time", async () => {
    const dispute = await open(await paidCharge(simulator));
    await sdk.disputes.close(dispute.id);
    await pass(30 * DAY);
    await move(dispute.id, "appeal");
    await pass(9 * DAY - 1);
    expect((await sdk.disputes.retrieve(dispute.id)).status).toBe("appeal_needs_response");
    await pass(1);
    expect((await sdk.disputes.retrieve(dispute.id)).status).toBe("lost");
  });

  it("can be for more than its charge, and a charge can have several", async () => {
    const charge = await paidCharge(simulator, { amount: 5000 });
    const large = await open(charge, { amount: 15_000, reason: "product_not_received" });
    const small = await open(charge, { amount: 100, reason: "duplicate" });
    expect(large).toMatchObject({ amount: 15_000, reason: "product_not_received", network_reason_code: "13.1" });
    expect((await sdk.disputes.list({ charge: charge.id })).data.map(({ id }) => id)).toEqual([small.id, large.id]);
    const found = await sdk.disputes.list({ payment_intent: String(charge.payment_intent), limit: 1 });
    expect(found).toMatchObject({ has_more: true, data: [{ id: small.id }] });
    expect(await netOf(simulator, large.id)).toBe(-16_500);
    expect(await netOf(simulator, small.id)).toBe(-1600);
  });

  it("that cannot be challenged opens as lost", async () => {
    let dispute: Stripe.Dispute | undefined;
    const types = await typesOf(simulator, async () => {
      dispute = await open(await paidCharge(simulator), { opens: "final" });
    });
    expect(dispute).toMatchObject({ status: "lost", evidence_details: { due_by: 0 } });
    expect(types.slice(-3)).toEqual([
      "charge.dispute.created",
      "charge.dispute.closed",
      "charge.dispute.funds_withdrawn",
    ]);
    expect(await failureOf(answer(dispute!.id, "winning_evidence"))).toMatchObject({ param: "evidence" });
  });

  it("that was prevented takes no money and is never said to be closed", async () => {
    let dispute: Stripe.Dispute | undefined;
    const charge = await paidCharge(simulator);
    const opened = await typesOf(simulator, async () => {
      dispute = await open(charge, { opens: "prevented" });
    });
    expect(opened).toEqual(["charge.dispute.created"]);
    expect(dispute).toMatchObject({ status: "prevented", balance_transactions: [], is_charge_refundable: true });
    const late = await open(charge);
    expect(await typesOf(simulator, () => close(late.id, "prevented"))).toEqual([
      "charge.dispute.updated",
      "charge.dispute.funds_reinstated",
    ]);
  });
});

describe("an inquiry", () => {
  it("moves no money, lets the charge be refunded, and closes when it is", async () => {
    const charge = await paidCharge(simulator, { method: "pm_card_createDisputeInquiry" });
    const inquiry = await disputeOf(charge);
    expect(inquiry).toMatchObject({
      status: "warning_needs_response",
      balance_transactions: [],
      is_charge_refundable: true,
      payment_method_details: { card: { case_type: "inquiry" } },
    });
    expect(charge).toMatchObject({ disputed: true });
    expect(await typesOf(simulator, () => sdk.refunds.create({ charge: charge.id, amount: 100 }))).toEqual([
      "refund.created",
      "charge.refunded",
    ]);
    expect(await typesOf(simulator, () => sdk.refunds.create({ charge: charge.id }))).toEqual([
      "refund.created",
      "charge.refunded",
      "charge.dispute.closed",
    ]);
    expect(await sdk.disputes.retrieve(inquiry.id)).toMatchObject({ status: "warning_closed" });
    expect(await netOf(simulator, inquiry.id)).toBe(0);
  });

  it("becomes a chargeback when it is escalated, under the same id, and the money goes then", async () => {
    const inquiry = await open(await paidCharge(simulator), { opens: "inquiry" });
    await pass(DAY);
    const events = await eventsOf(simulator, () => move(inquiry.id, "escalate"));
    expect(events).toMatchObject([
      { type: "charge.dispute.updated", data: { object: { id: inquiry.id, status: "needs_response" } } },
      { type: "charge.dispute.funds_withdrawn", data: { object: { id: inquiry.id } } },
    ]);
    expect(events[1]?.data.previous_attributes).toMatchObject({ balance_transactions: [] });
    expect(await sdk.disputes.retrieve(inquiry.id)).toMatchObject({
      is_charge_refundable: false,
      evidence_details: { due_by: inquiry.created + 10 * DAY },
      payment_method_details: { card: { case_type: "chargeback" } },
    });
    expect(await netOf(simulator, inquiry.id)).toBe(-11_400);
  });

  it.each([
    ["winning_evidence", "warning_closed", 0],
    ["losing_evidence", "warning_closed", 0],
    ["escalate_inquiry_evidence", "needs_response", -11_400],
    ["A letter", "warning_under_review", 0],
  ])("answered with %s is %s", async (text, status, net) => {
    const inquiry = await open(await paidCharge(simulator), { opens: "inquiry" });
    expect(await answer(inquiry.id, text)).toMatchObject({ status, evidence_details: { submission_count: 1 } });
    expect(await netOf(simulator, inquiry.id)).toBe(net);
  });

  it("ends by itself after 120 days, and is not lost when its evidence is late", async () => {
    const inquiry = await open(await paidCharge(simulator), { opens: "inquiry" });
    await pass(120 * DAY - 1);
    expect((await sdk.disputes.retrieve(inquiry.id)).status).toBe("warning_needs_response");
    expect(await typesOf(simulator, () => pass(1))).toEqual(["charge.dispute.closed"]);
    expect((await sdk.disputes.retrieve(inquiry.id)).status).toBe("warning_closed");
  });

  it("can be closed and prevented by the bank, and accepted by nobody", async () => {
    const charge = await paidCharge(simulator);
    const [one, two] = [await open(charge, { opens: "inquiry" }), await open(charge, { opens: "inquiry" })];
    expect(await failureOf(sdk.disputes.close(one.id))).toMatchObject({ statusCode: 400 });
    expect(await close(one.id, "warning_closed")).toMatchObject({ body: { status: "warning_closed" } });
    expect(await close(two.id, "prevented")).toMatchObject({ body: { status: "prevented" } });
  });
});

describe("refunds and disputes of one charge", () => {
  it("a dispute blocks refunds while it holds the money, also when it is lost, and no longer when it is won", async () => {
    const charge = await paidCharge(simulator);
    const dispute = await open(charge);
    const refund = () => sdk.refunds.create({ payment_intent: String(charge.payment_intent), amount: 100 });
    const blocked = {
      statusCode: 400,
      rawType: "invalid_request_error",
      code: "charge_disputed",
      message: `Charge ${charge.id} has been charged back; cannot issue a refund.`,
    };
    expect(await failureOf(refund())).toMatchObject(blocked);
    await sdk.disputes.close(dispute.id);
    expect(await failureOf(refund())).toMatchObject(blocked);
    await close(dispute.id, "won");
    expect(await refund()).toMatchObject({ status: "succeeded" });
  });

  it("a dispute of a part blocks them as a disputed payment", async () => {
    const charge = await paidCharge(simulator);
    await open(charge, { amount: 100 });
    expect(await failureOf(sdk.refunds.create({ charge: charge.id, amount: 50 }))).toMatchObject({
      code: "refund_disputed_payment",
      message: "You cannot refund a disputed payment.",
    });
  });

  it("a dispute after a refund is for what was left of the charge", async () => {
    const charge = await paidCharge(simulator);
    await sdk.refunds.create({ charge: charge.id, amount: 900 });
    expect(await open(charge)).toMatchObject({ amount: 9000 });
    const refunded = await paidCharge(simulator);
    await sdk.refunds.create({ charge: refunded.id });
    expect(await open(refunded)).toMatchObject({ amount: 9900 });
  });

  it("a refund that is pending when the money is disputed fails, and its money comes back first", async () => {
    const charge = await paidCharge(simulator, { method: "pm_card_pendingRefund" });
    const refund = await sdk.refunds.create({ charge: charge.id, amount: 900 });
    const types = await typesOf(simulator, () => open(charge));
    expect(types).toEqual([
      "refund.updated",
      "charge.refund.updated",
      "refund.failed",
      "charge.updated",
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
    ]);
    expect(await sdk.refunds.retrieve(refund.id)).toMatchObject({
      status: "failed",
      failure_reason: "charge_for_pending_refund_disputed",
    });
    expect(await sdk.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 0, disputed: true });
    await pass(DAY);
    expect((await sdk.refunds.retrieve(refund.id)).status).toBe("failed");
  });
});

describe("the control plane of disputes", () => {
  it.each([
    ["a charge that is not there", { charge: "ch_x" }, 404, "No such charge"],
    ["no charge", {}, 400, "expected the id of a charge"],
    ["an amount of nothing", { charge: "ch_x", amount: 0 }, 400, "amount"],
    ["an unknown reason", { charge: "ch_x", reason: "mood" }, 400, "expected one of credit_not_processed"],
    ["an unknown opening", { charge: "ch_x", opens: "war" }, 400, "expected one of chargeback"],
  ])("refuses %s", async (_what, body, status, message) => {
    const refused = await simulator.simulate("POST", "dispute", body);
    expect(refused).toMatchObject({ status, body: { error: expect.stringContaining(message) } });
  });

  it("refuses a charge that was not paid, and what a dispute cannot become", async () => {
    const declined = { amount: 500, currency: "usd", payment_method: "pm_card_chargeDeclined", confirm: true };
    await failureOf(sdk.paymentIntents.create(declined));
    const [failed] = (await sdk.charges.list()).data;
    expect(await simulator.simulate("POST", "dispute", { charge: failed?.id })).toMatchObject({ status: 400 });
    const dispute = await open(await paidCharge(simulator));
    expect(await move(dispute.id, "appeal")).toMatchObject({
      status: 400,
      body: {
        error:
          "The dispute has a status of needs_response and cannot become appeal_needs_response: from here it can become under_review, won, lost, prevented",
      },
    });
    expect(await close(dispute.id, "draw")).toMatchObject({ status: 400, body: { path: "outcome" } });
    expect(await close("du_x", "won")).toMatchObject({ status: 404 });
  });
});
