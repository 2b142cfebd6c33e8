import type Stripe from "stripe";
import { closeAll, failureOf, sessionParams, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

const START = 1_900_000_000;
const DAY = 86_400;

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

const newClock = () => sdk.testHelpers.testClocks.create({ frozen_time: START, name: "a year" });

/** Advances a clock and waits until it stands again. */
async function advance(id: string, to: number): Promise<Stripe.TestHelpers.TestClock> {
  const began = await sdk.testHelpers.testClocks.advance(id, { frozen_time: to });
  expect(began).toMatchObject({ status: "advancing", status_details: { advancing: { target_frozen_time: to } } });
  for (;;) {
    const clock = await sdk.testHelpers.testClocks.retrieve(id);
    if (clock.status === "ready") return clock;
  }
}

describe("a test clock", () => {
  it("is created, listed, advanced and deleted with its events", async () => {
    const clock = await newClock();
    expect(clock).toMatchObject({ object: "test_helpers.test_clock", frozen_time: START, status: "ready" });
    expect(await advance(clock.id, START + DAY)).toMatchObject({ frozen_time: START + DAY, status_details: {} });
    expect((await sdk.testHelpers.testClocks.list()).data.map(({ id }) => id)).toEqual([clock.id]);
    expect(await sdk.testHelpers.testClocks.del(clock.id)).toMatchObject({ deleted: true });
    expect((await sdk.testHelpers.testClocks.list()).data).toEqual([]);
    expect(await failureOf(sdk.testHelpers.testClocks.retrieve(clock.id))).toMatchObject({ code: "resource_missing" });
    const { data } = await sdk.events.list({ type: "test_helpers.test_clock.*" });
    expect(data.map(({ type }) => type.split(".")[2]).toReversed()).toEqual([
      "created",
      "advancing",
      "ready",
      "deleted",
    ]);
  });

  it.each([
    [START, "after the current"],
    [START - 1, "after the current"],
    [START + 1000 * DAY, "two years"],
  ])("refuses to go to %i", async (target, message) => {
    const { id } = await newClock();
    const error = await failureOf(sdk.testHelpers.testClocks.advance(id, { frozen_time: target }));
    expect(error).toMatchObject({ statusCode: 400, param: "frozen_time", message: expect.stringContaining(message) });
  });

  it("dates what its customers do and their events, and leaves everybody else alone", async () => {
    const { id: clock } = await newClock();
    const living = await sdk.customers.create({ test_clock: clock });
    const other = await sdk.customers.create();
    expect(living).toMatchObject({ created: START, test_clock: clock });
    expect(Math.abs(other.created - Date.now() / 1000)).toBeLessThan(60);
    await advance(clock, START + 10 * DAY);
    const intent = await sdk.paymentIntents.create({ amount: 100, currency: "usd", customer: living.id });
    expect(intent.created).toBe(START + 10 * DAY);
    const { data } = await sdk.events.list({ type: "payment_intent.created" });
    expect(data[0]?.created).toBe(START + 10 * DAY);
  });

  it("dates what happens to the invoices, refunds and disputes of its customers, whoever begins it", async () => {
    const { id: clock } = await newClock();
    const { id: customer } = await sdk.customers.create({ test_clock: clock });
    const { id: invoice } = await sdk.invoices.create({ customer });
    await sdk.invoiceItems.create({ customer, invoice, amount: 500, currency: "usd" });
    await advance(clock, START + DAY);
    const open = await sdk.invoices.finalizeInvoice(invoice);
    expect(open.status_transitions.finalized_at).toBe(START + DAY);
    await sdk.invoices.pay(invoice, { payment_method: "pm_card_visa" });
    const [charge] = (await sdk.charges.list({ customer })).data;
    const { id: refund, created } = await sdk.refunds.create({ charge: charge?.id ?? "", amount: 100 });
    expect(created).toBe(START + DAY);
    const note = await sdk.creditNotes.create({ invoice, amount: 100, refunds: [{ refund }] });
    expect(note.created).toBe(START + DAY);
    await advance(clock, START + 2 * DAY);
    await simulator.simulate("POST", "dispute", { charge: charge?.id });
    const [dispute] = (await sdk.disputes.list()).data;
    expect(dispute).toMatchObject({ created: START + 2 * DAY, status: "needs_response" });
    const { data } = await sdk.events.list({ type: "charge.dispute.created" });
    expect(data[0]?.created).toBe(START + 2 * DAY);
    await advance(clock, START + 12 * DAY);
    expect(await sdk.disputes.retrieve(dispute?.id ?? "")).toMatchObject({ status: "lost" });
  });

  it("expires the sessions of its customers when it passes their time, each dated when it fell due", async () => {
    const { id: clock } = await newClock();
    const { id: customer } = await sdk.customers.create({ test_clock: clock });
    const late = await sdk.checkout.sessions.create(sessionParams({ customer, expires_at: START + 20 * 3600 }));
    const early = await sdk.checkout.sessions.create(sessionParams({ customer, expires_at: START + 3600 }));
    await advance(clock, START + DAY);
    const { data } = await sdk.events.list({ type: "checkout.session.expired" });
    expect(data.map(({ created }) => created)).toEqual([late.expires_at, early.expires_at]);
  });

  it("takes its customers with it and lists them by its name only", async () => {
    const { id: clock } = await newClock();
    const { id } = await sdk.customers.create({ test_clock: clock });
    expect((await sdk.customers.list()).data).toEqual([]);
    expect((await sdk.customers.list({ test_clock: clock })).data).toMatchObject([{ id }]);
    await sdk.testHelpers.testClocks.del(clock);
    expect(await sdk.customers.retrieve(id)).toMatchObject({ deleted: true });
    const missing = await failureOf(sdk.customers.create({ test_clock: clock }));
    expect(missing).toMatchObject({ code: "resource_missing", param: "test_clock" });
  });
});
