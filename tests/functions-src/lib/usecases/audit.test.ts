import { auditIdOf, firstAuditIdAt } from "../../../../functions-src/lib/domain/audit";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { SYSTEM_ACTORS } from "../../../../functions-src/lib/usecases/audit";
import { adjustBalance } from "../../../../functions-src/lib/usecases/corrections";
import { manageWebhooks } from "../../../../functions-src/lib/usecases/manage-webhooks";
import { reconcileStripe } from "../../../../functions-src/lib/usecases/reconcile-stripe";
import { requestRefund } from "../../../../functions-src/lib/usecases/request-refund";
import { setPolicy } from "../../../../functions-src/lib/usecases/settings";
import { settleCheckout } from "../../../../functions-src/lib/usecases/settle-checkout";
import { showAudit, type AuditAnswer } from "../../../../functions-src/lib/usecases/show-audit";
import { DAY, T0 } from "../../../support/builders";
import { newBuyer, newPerson, startShopDatabase, type TestDeps } from "../../../support/buyer";
import { depsOver } from "../../../support/deps";
import type { TestDatabase } from "../../../support/embedded";

const operator = { kind: "operator", id: "op-1" } as const;
const reason = "a customer asked for it";
let test: TestDatabase;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());

const EVERYTHING = { accountId: null, actorId: null, from: null, to: null, before: null, limit: 50 };
const recordsOf = async (deps: TestDeps, page: Partial<typeof EVERYTHING | { accountId: string; actorId: string }>) =>
  (await showAudit(deps, operator, { ...EVERYTHING, ...page })).records;
const adjust = (deps: TestDeps, accountId: string, key: string, now = T0) =>
  adjustBalance(deps, operator, { key, accountId, unit: "tokens", direction: "add", amount: toAmount(5), reason }, now);

describe("the audit log", () => {
  it("tells who changed a balance, from what to what and why, once however often the call comes", async () => {
    const deps = depsOver(test.database);
    const { accountId } = await newPerson(deps);
    const answers = await Promise.all([1, 2, 3].map(() => adjust(depsOver(test.database), accountId, "gift")));
    await adjust(deps, accountId, "gift", T0 + DAY);
    const [entryId] = answers.map((answer) => (answer.ok ? answer.entryId : answer.code));
    expect(await recordsOf(deps, { accountId })).toEqual([
      {
        auditId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        at: new Date(T0),
        actor: operator,
        action: "adjust",
        accountId,
        target: entryId,
        before: { available: 3, pending: 0, frozen: 0, held: 0, debt: 0 },
        after: { available: 8, pending: 0, frozen: 0, held: 0, debt: 0 },
        reason,
      },
    ]);
  });

  it("keeps nothing of what was refused", async () => {
    const deps = depsOver(test.database);
    const { accountId } = await newPerson(deps);
    const input = { key: "k", accountId, unit: "tokens", direction: "remove" as const, amount: toAmount(5), reason };
    expect(await adjustBalance(deps, operator, input, T0)).toMatchObject({ ok: false, code: "insufficient_tokens" });
    expect(await recordsOf(deps, { accountId })).toEqual([]);
  });

  it("tells who asked for a refund, also when the first try died before it answered", async () => {
    const deps = depsOver(test.database);
    const { accountId, sessionId } = await newBuyer(deps);
    await settleCheckout(deps, sessionId, T0);
    const input = { key: "back", paymentId: `pack:${sessionId}`, amountMinor: toAmount(400), reason };
    await requestRefund(deps, operator, input, T0);
    const operations = test.client.db("tollkeeper").collection("operations");
    await operations.updateOne({ accountId, key: "back" }, { $set: { state: "open", answer: null } });
    await requestRefund(deps, operator, input, T0 + DAY);
    expect(await recordsOf(deps, { accountId })).toMatchObject([
      {
        action: "refund",
        target: `pack:${sessionId}`,
        before: { refundableMinor: 1000, currency: "USD" },
        after: { refundableMinor: 600, currency: "USD" },
        reason,
      },
    ]);
  });

  it("tells who changed a policy or a subscriber", async () => {
    const deps = depsOver(test.database);
    const { accountId } = await newPerson(deps);
    const policy = { blockInDebt: true };
    await setPolicy(deps, operator, { accountId, unit: "tokens", policy, reason }, T0);
    expect(await recordsOf(deps, { accountId })).toMatchObject([
      { action: "set_policy", before: { blockInDebt: false }, after: { blockInDebt: true }, reason },
    ]);
    const hook = { action: "create", url: "https://a.example/hook", types: null, reason } as const;
    const { endpoint } = await manageWebhooks(deps, { kind: "operator", id: "op-hooks" }, hook, T0);
    expect(await recordsOf(deps, { actorId: "op-hooks" })).toMatchObject([
      { action: "create_webhook", accountId: null, target: endpoint?.endpointId, before: null, reason },
    ]);
    expect(JSON.stringify(await recordsOf(deps, { actorId: "op-hooks" }))).not.toContain("whsec_");
  });

  it("tells what the reconciler repaired, also when it died before it could say so", async () => {
    const deps = depsOver(test.database);
    const { accountId, sessionId } = await newBuyer(deps);
    const input = { accountId: null, dryRun: false, depth: "full" } as const;
    await reconcileStripe(deps, SYSTEM_ACTORS.reconciler, input, T0);
    const repaired = {
      actor: { kind: "system", id: "reconciler" },
      action: "repair_drift",
      target: sessionId,
      before: { type: "missing_here", here: `no payment pack:${sessionId}` },
      after: { here: expect.stringContaining("test payment of 1000 USD") },
    };
    expect(await recordsOf(deps, { accountId })).toMatchObject([repaired]);

    const died = await newBuyer(deps);
    const drift = { type: "missing_here", stripeId: died.sessionId, accountId: died.accountId, after: null } as const;
    const words = { here: `no payment pack:${died.sessionId}`, there: "test session complete, paid, 1000 USD" };
    await deps.drifts.put({ ...drift, ...words, action: "proposed", at: T0 }, null);
    await settleCheckout(deps, died.sessionId, T0);
    await reconcileStripe(deps, SYSTEM_ACTORS.reconciler, input, T0 + DAY);
    await reconcileStripe(deps, SYSTEM_ACTORS.reconciler, input, T0 + 2 * DAY);
    expect(await recordsOf(deps, { accountId: died.accountId })).toMatchObject([
      { ...repaired, target: died.sessionId, before: { type: "missing_here", here: words.here } },
    ]);
    expect(await deps.drifts.list({ action: "proposed", limit: 10 })).toEqual([]);
  });

  it("is read page by page, of an account, an actor or a time, the newest first", async () => {
    const deps = depsOver(test.database);
    const { accountId } = await newPerson(deps);
    for (let day = 0; day < 5; day += 1) await adjust(deps, accountId, `day${day}`, T0 + day * DAY);
    const days = (answer: AuditAnswer): number[] => answer.records.map(({ at }) => (Number(at) - T0) / DAY);
    const show = (page: object) => showAudit(deps, operator, { ...EVERYTHING, accountId, ...page });
    const first = await show({ limit: 2 });
    expect(days(first)).toEqual([4, 3]);
    const second = await show({ limit: 2, before: first.next });
    expect(days(second)).toEqual([2, 1]);
    expect(await show({ limit: 2, before: second.next })).toMatchObject({
      records: [{ at: new Date(T0) }],
      next: null,
    });
    expect(days(await show({ from: T0 + DAY, to: T0 + 3 * DAY }))).toEqual([2, 1]);
    expect(days(await show({ actorId: "somebody else" }))).toEqual([]);
  });
});

describe("the id of a record", () => {
  it("is a UUID of version 7 that stands in order of time, and the same for the same act", () => {
    const hash = "0123456789abcdef".repeat(4);
    const id = auditIdOf(T0, hash);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(auditIdOf(T0, hash)).toBe(id);
    expect(auditIdOf(T0 + 1, "0".repeat(64)) > auditIdOf(T0, "f".repeat(64))).toBe(true);
    expect(firstAuditIdAt(T0) <= auditIdOf(T0, "0".repeat(64))).toBe(true);
    expect(firstAuditIdAt(T0 + 1) > auditIdOf(T0, "f".repeat(64))).toBe(true);
  });
});
