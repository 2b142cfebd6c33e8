import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { NO_MONEY_BACK } from "../../../../functions-src/lib/domain/money-back";
import { SYSTEM_ACTORS } from "../../../../functions-src/lib/usecases/audit";
import { type ReconcileInput, reconcileStripe } from "../../../../functions-src/lib/usecases/reconcile-stripe";
import { settleCheckout } from "../../../../functions-src/lib/usecases/settle-checkout";
import { showDrifts } from "../../../../functions-src/lib/usecases/show-drifts";
import { T0 } from "../../../support/builders";
import { newBuyer, startShopDatabase, type TestDeps } from "../../../support/buyer";
import { FakePayments, depsOver } from "../../../support/deps";
import type { TestDatabase } from "../../../support/embedded";

const HOUR = 3_600_000;
let test: TestDatabase;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  for (const name of ["drifts", "jobs", "payments", "stripeEvents"]) {
    await test.client.db("tollkeeper").collection(name).deleteMany({});
  }
});

const event = (id: string, objectId: string) => ({
  id,
  objectId,
  type: "checkout.session.completed",
  mode: "test" as const,
  apiVersion: "2026-10-28.endive",
  body: "{}",
});
const run = (deps: TestDeps, input: Partial<ReconcileInput> = {}, now = T0) =>
  reconcileStripe(deps, SYSTEM_ACTORS.reconciler, { accountId: null, dryRun: false, depth: "full", ...input }, now);
const tokens = async (deps: TestDeps, accountId: string) =>
  (await deps.wallets.loadWallet({ accountId, unit: "tokens" }))!.available;
const operator = { kind: "operator", id: "op" } as const;

describe("the reconciler", () => {
  it("processes an event that never came, once, and keeps what it found before and after", async () => {
    const deps = depsOver(test.database, new FakePayments());
    const { accountId, sessionId } = await newBuyer(deps);
    deps.payments.events.push(event("evt_lost", sessionId));
    const found = await run(deps, { depth: "events" });
    expect(found).toMatchObject({
      busy: false,
      events: 1,
      drifts: [{ type: "missing_here", stripeId: "evt_lost", action: "repaired", after: "event done" }],
    });
    expect(await tokens(deps, accountId)).toBe(103);
    expect(await run(deps, { depth: "events" }, T0 + HOUR)).toMatchObject({ events: 1, drifts: [] });
    expect(await showDrifts(deps, operator, { state: "repaired", limit: 10 })).toMatchObject({
      drifts: [{ stripeId: "evt_lost", here: "no such event" }],
    });
  });

  it("settles a paid session whose events are all gone, and tells so before it does in a dry run", async () => {
    const deps = depsOver(test.database, new FakePayments());
    const { accountId, sessionId } = await newBuyer(deps);
    expect(await run(deps, { dryRun: true })).toMatchObject({
      drifts: [{ type: "missing_here", stripeId: sessionId, accountId, action: "proposed", after: null }],
    });
    expect(await tokens(deps, accountId)).toBe(3);
    expect(await showDrifts(deps, operator, { state: null, limit: 10 })).toEqual({ ok: true, drifts: [] });
    expect(await run(deps)).toMatchObject({ sessions: 1, drifts: [{ action: "repaired" }] });
    expect(await tokens(deps, accountId)).toBe(103);
    expect(await run(deps)).toMatchObject({ sessions: 1, payments: 1, drifts: [] });
  });

  it("takes the units of a refund whose events were lost", async () => {
    const deps = depsOver(test.database, new FakePayments());
    const { accountId, sessionId } = await newBuyer(deps);
    await settleCheckout(deps, sessionId, T0);
    const refunds = [{ id: "re_lost", status: "succeeded" as const, amountMinor: toAmount(400) }];
    deps.payments.moneyBack.set(`pi_${sessionId}`, { ...NO_MONEY_BACK, refunds });
    expect(await run(deps, { dryRun: true })).toMatchObject({ drifts: [{ type: "state", action: "proposed" }] });
    expect(await tokens(deps, accountId)).toBe(103);
    const { drifts } = await run(deps);
    expect(drifts).toMatchObject([
      { type: "state", action: "repaired", there: expect.stringContaining("40 units to take") },
    ]);
    expect(drifts[0]?.after).toContain("40 of 100 units taken");
    expect(await tokens(deps, accountId)).toBe(63);
  });

  it("alerts what no path of ours mends: another amount, another mode, an unknown account, a payment Stripe does not have", async () => {
    const deps = depsOver(test.database, new FakePayments());
    const cheaper = await newBuyer(deps);
    await settleCheckout(deps, cheaper.sessionId, T0);
    const other = await newBuyer(deps);
    await settleCheckout(deps, other.sessionId, T0);
    const orphan = await newBuyer(deps);
    const gone = await newBuyer(deps);
    await settleCheckout(deps, gone.sessionId, T0);
    const { sessions } = deps.payments;
    const session = (id: string) => sessions.get(id)!;
    sessions.set(cheaper.sessionId, { ...session(cheaper.sessionId), valueMinor: toAmount(900) });
    sessions.set(other.sessionId, { ...session(other.sessionId), mode: "live" });
    sessions.set(orphan.sessionId, {
      ...session(orphan.sessionId),
      order: { ...session(orphan.sessionId).order!, accountId: "nobody" },
    });
    sessions.delete(gone.sessionId);
    const { drifts } = await run(deps);
    expect(drifts.map(({ type, action }) => [type, action]).toSorted()).toEqual([
      ["amount", "alerted"],
      ["missing_there", "alerted"],
      ["orphan", "alerted"],
      ["wrong_mode", "alerted"],
    ]);
    expect(deps.recorded.alerts.filter(({ event: name }) => name === "stripe_drift")).toHaveLength(4);
    expect(await run(deps, { accountId: cheaper.accountId })).toMatchObject({
      events: 0,
      drifts: [{ type: "amount", accountId: cheaper.accountId }],
    });
  });

  it("runs in one process at a time", async () => {
    const payments = new FakePayments();
    const deps = depsOver(test.database, payments);
    const { accountId } = await newBuyer(deps);
    const runs = await Promise.all([deps, depsOver(test.database, payments)].map((each) => run(each)));
    expect(runs.flatMap(({ drifts }) => drifts)).toHaveLength(1);
    expect(await tokens(deps, accountId)).toBe(103);
  });
});
