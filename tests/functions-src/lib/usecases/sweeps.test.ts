import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { sweepWallets } from "../../../../functions-src/lib/usecases/sweep-wallets";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import { withLease } from "../../../../functions-src/lib/usecases/with-lease";
import { depsOver } from "../../../support/deps";
import { DAY, T0, authorizeOf, grantOf } from "../../../support/builders";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

const ref = (index: number): { accountId: string; unit: string } => ({ accountId: `swept${index}`, unit: "tokens" });
const clockFrom = (startAt: number) => ({
  subscriptionId: "sub",
  phase: 1,
  slot: 0,
  calendar: { mode: "anniversary", startAt } as const,
  nextAt: startAt,
  paidUntil: null,
  terms: { units: toAmount(100), rollover: null, costMinor: toAmount(0), currency: null },
});

describe("the sweep of wallets", () => {
  it("books ended lots, ended holds and begun slots of wallets nobody touches, in several processes at once, once", async () => {
    const processes = [depsOver(test.database), depsOver(test.database), depsOver(test.database)];
    const deps = processes[0]!;
    for (let index = 0; index < 40; index += 1) {
      await deps.post(ref(index), grantOf(5, { expiresAt: T0 + DAY }), T0);
      await deps.post(ref(index), authorizeOf(2), T0);
      await deps.wallets.putClock(ref(index), "sub", clockFrom(T0 + DAY));
    }
    await Promise.all(processes.map((each) => sweepWallets(each, T0 + 2 * DAY)));
    await sweepWallets(deps, T0 + 2 * DAY);
    for (let index = 0; index < 40; index += 1) {
      expect(await deps.wallets.loadWallet(ref(index))).toMatchObject({ available: 100, held: 0, seq: 5 });
    }
    const kinds = await test.client.db("tollkeeper").collection("ledger").distinct("kind");
    expect(kinds.sort()).toEqual(["expire", "grant", "hold", "release"]);
    expect(await verifyLedger(deps, {})).toMatchObject({ ok: true, wallets: 40 });
  });

  it("goes past a wallet that cannot be settled, says so, and leaves no head of the line", async () => {
    const deps = depsOver(test.database);
    const broken = { accountId: "broken", unit: "tokens" };
    await deps.post(broken, grantOf(5, { expiresAt: T0 + 1 }), T0);
    await deps.post(ref(900), grantOf(5, { expiresAt: T0 + 2 }), T0);
    const entries = test.client.db("tollkeeper").collection<{ _id: string }>("ledger");
    const first = (await entries.findOne({ _id: "broken:tokens:0000000000000001" }))!;
    await entries.insertOne({ ...first, _id: "broken:tokens:0000000000000002", key: "forged" } as typeof first, {
      bypassDocumentValidation: true,
    });
    await sweepWallets(deps, T0 + DAY);
    expect(await deps.wallets.loadWallet(ref(900))).toMatchObject({ available: 0 });
    expect(deps.recorded.alerts.map(({ event }) => event)).toContain("sweep_failed");
    await entries.deleteOne({ _id: "broken:tokens:0000000000000002" });
    await sweepWallets(deps, T0 + DAY);
    expect(await deps.wallets.loadWallet(broken)).toMatchObject({ available: 0 });
  });
});

describe("a lease", () => {
  it("is held by one of many who ask at once, and free again afterwards", async () => {
    let atWork = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (release = resolve));
    const work = async (): Promise<void> => {
      atWork += 1;
      most = Math.max(most, atWork);
      await done;
      atWork -= 1;
    };
    const asked = Array.from({ length: 8 }, () => withLease(depsOver(test.database), "one", work));
    const losers = await waitForLosers(asked, 7);
    expect(losers).toEqual(Array.from({ length: 7 }, () => false));
    release();
    await Promise.all(asked);
    expect(most).toBe(1);
    expect(await withLease(depsOver(test.database), "one", () => Promise.resolve())).toBe(true);
  });

  it("that was lost stops its holder and is not given back for the new one", async () => {
    const leases = depsOver(test.database).leases;
    const first = (await leases.acquire("two", "a", 0))!;
    const second = (await leases.acquire("two", "b", 60_000))!;
    expect(second).toBeGreaterThan(first);
    expect(await leases.renew("two", first, 60_000)).toBe(false);
    await leases.release("two", first);
    expect(await leases.acquire("two", "c", 1)).toBeNull();
    expect(await leases.renew("two", second, 60_000)).toBe(true);
  });
});

/** Resolves when so many of the askers were turned away. */
async function waitForLosers(asked: readonly Promise<boolean>[], count: number): Promise<boolean[]> {
  const answers: boolean[] = [];
  return new Promise((resolve) => {
    for (const ask of asked) {
      void ask.then((answer) => {
        answers.push(answer);
        if (answers.length === count) resolve([...answers]);
      });
    }
  });
}
