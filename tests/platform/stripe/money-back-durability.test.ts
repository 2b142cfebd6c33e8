import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Stripe from "stripe";
import { closeAll, register, startReceiver, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";
import { paidCharge } from "./paid-charge";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "stripe-back-"));
});
afterEach(async () => {
  await closeAll();
  rmSync(dataDir, { recursive: true, force: true });
});

const allOf = async ({ sdk }: SimulatorUnderTest) => ({
  refunds: (await sdk.refunds.list()).data,
  disputes: (await sdk.disputes.list()).data,
  warnings: (await sdk.radar.earlyFraudWarnings.list()).data,
  charges: (await sdk.charges.list()).data,
  booked: (await sdk.balanceTransactions.list({ limit: 100 })).data,
});

describe("a restart", () => {
  it("keeps refunds, disputes and warnings as they were, and what time has still to do with them", async () => {
    const before = await startUnderTest({ dataDir, testClock: true });
    const pending = await paidCharge(before, { method: "pm_card_pendingRefund" });
    const refund = await before.sdk.refunds.create({ charge: pending.id, amount: 500 });
    await paidCharge(before, { method: "pm_card_createDispute" });
    await paidCharge(before, { method: "pm_card_createIssuerFraudRecord" });
    const chosen = await paidCharge(before);
    await before.simulate("POST", `charge/${chosen.id}/refunds`, { begins: "pending" });
    const kept = await allOf(before);
    await before.close();

    const after = await startUnderTest({ dataDir, testClock: true });
    expect(await allOf(after)).toEqual(kept);
    expect(await after.sdk.refunds.create({ charge: chosen.id })).toMatchObject({ status: "pending" });
    await after.simulate("POST", "clock/advance", { seconds: 10 * 86_400 });
    expect(await after.sdk.refunds.retrieve(refund.id)).toMatchObject({ status: "succeeded" });
    expect((await after.sdk.disputes.list()).data).toMatchObject([{ status: "lost" }]);
  });

  it("tells what happened before it to a receiver that was away", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 503;
    const before = await startUnderTest({ dataDir });
    const charge = await paidCharge(before);
    await register(before, receiver, ["refund.created", "charge.refunded", "charge.dispute.created"]);
    await before.sdk.refunds.create({ charge: charge.id, amount: 100 });
    await before.simulate("POST", "dispute", { charge: charge.id });
    await receiver.until(({ length }) => length >= 3);
    await before.close();
    receiver.answer = () => 200;
    receiver.received.length = 0;

    const after = await startUnderTest({ dataDir });
    await after.simulate("POST", "webhooks/flush");
    expect(receiver.types().toSorted()).toEqual(["charge.dispute.created", "charge.refunded", "refund.created"]);
    const bodies = receiver.received.map(({ event }) => event.data.object as { readonly object: string });
    expect(bodies.map(({ object }) => object).toSorted()).toEqual(["charge", "dispute", "refund"]);
  });
});

describe("the account's balance", () => {
  it("is the sum of what was paid, given back, taken and returned, whatever the order", async () => {
    const simulator = await startUnderTest({ testClock: true });
    const charges: Stripe.Charge[] = [];
    for (const method of [
      "pm_card_visa",
      "pm_card_refundFail",
      "pm_card_createDispute",
      "pm_card_createDisputeInquiry",
    ]) {
      charges.push(await paidCharge(simulator, { method }));
    }
    const [plain, failing, disputed, asked] = charges.map(({ id }) => id);
    for (const charge of [plain!, failing!, asked!]) await simulator.sdk.refunds.create({ charge, amount: 1000 });
    const [dispute] = (await simulator.sdk.disputes.list({ charge: disputed! })).data;
    await simulator.sdk.disputes.update(dispute!.id, { evidence: { uncategorized_text: "winning_evidence" } });
    await simulator.simulate("POST", "clock/advance", { seconds: 86_400 });
    const { data } = await simulator.sdk.balanceTransactions.list({ limit: 100 });
    const paid = 4 * (9900 - 317);
    const refunds = -1000 - 1000 + 1000 - 1000;
    expect(data.reduce((sum, { net }) => sum + net, 0)).toBe(paid + refunds - 1500);
    const { body: state } = await simulator.simulate("GET", "state");
    expect(state).toMatchObject({
      refund: { count: 3 },
      dispute: { count: 2 },
      "radar.early_fraud_warning": { count: 0 },
    });
  });
});
