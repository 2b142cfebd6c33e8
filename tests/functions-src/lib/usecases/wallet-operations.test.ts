import { Long } from "mongodb";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { runBatch } from "../../../../functions-src/lib/usecases/batch";
import { consume, type ConsumeAnswer } from "../../../../functions-src/lib/usecases/consume";
import {
  adjustBalance,
  reverseSpend,
  voidRest,
  writeOffDebt,
} from "../../../../functions-src/lib/usecases/corrections";
import { explain } from "../../../../functions-src/lib/usecases/explain";
import { grantTokens, type GrantAnswer } from "../../../../functions-src/lib/usecases/grant-tokens";
import {
  authorize,
  capture,
  extend,
  release,
  type AuthorizeAnswer,
} from "../../../../functions-src/lib/usecases/holds";
import { previewSpend } from "../../../../functions-src/lib/usecases/preview";
import { readBalance } from "../../../../functions-src/lib/usecases/read-balance";
import { setAlerts, setPolicy } from "../../../../functions-src/lib/usecases/settings";
import { sweepWallets } from "../../../../functions-src/lib/usecases/sweep-wallets";
import { transfer } from "../../../../functions-src/lib/usecases/transfer";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import { depsOver } from "../../../support/deps";
import { DAY, T0 } from "../../../support/builders";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
let deps: ReturnType<typeof depsOver>;
let accountId: string;
let count = 0;

beforeAll(async () => {
  test = await startTestDatabase();
  deps = depsOver(test.database);
});
afterAll(() => test.close());
beforeEach(async () => {
  accountId = await newAccount(`user${(count += 1)}`);
});
afterEach(async () => {
  // Whatever a test did, the ledger follows.
  expect(await verifyLedger(deps, { accountId })).toMatchObject({ ok: true, problems: [] });
});

const HOUR = 3_600_000;
const operator = { kind: "operator", id: "op" } as const;
const user = { kind: "user", userId: "u", email: null, anonymous: false } as const;
const key = (): string => `k${(count += 1)}`;
const unit = "tokens";

async function newAccount(userId: string): Promise<string> {
  const id = `acc${userId}`;
  await deps.accounts.createUserWithAccount({ userId, accountId: id, at: T0 });
  return id;
}
const member = <Input>(input: Input): { caller: typeof user; accountId: string; input: Input } => ({
  caller: user,
  accountId,
  input,
});
const grant = async (amount: number, more: object = {}, now = T0): Promise<GrantAnswer> =>
  (await grantTokens(
    deps,
    operator,
    {
      key: key(),
      accountId,
      unit,
      amount: toAmount(amount),
      class: "promo",
      priority: 50,
      effectiveAt: null,
      expiresAt: null,
      costMinor: toAmount(0),
      currency: null,
      scope: null,
      reason: "test",
      ...more,
    },
    now,
  )) as GrantAnswer;
const spend = async (amount: number, now = T0, feature: string | null = null): Promise<ConsumeAnswer> =>
  (await consume(
    deps,
    member({ key: key(), amount: toAmount(amount), quantity: null, unit, feature, metadata: null }),
    now,
  )) as ConsumeAnswer;
const hold = async (amount: number, now = T0, ttlSeconds: number | null = null): Promise<AuthorizeAnswer> =>
  (await authorize(
    deps,
    member({ key: key(), amount: toAmount(amount), unit, feature: null, ttlSeconds }),
    now,
  )) as AuthorizeAnswer;
const balance = async (now = T0) => readBalance(deps, member({ unit }), now);
const reverse = (entryId: string, amount: number | null, now = T0) =>
  reverseSpend(
    deps,
    operator,
    { key: key(), entryId, amount: amount === null ? null : toAmount(amount), reason: "test" },
    now,
  );

describe("holds", () => {
  it("set units aside, spend a part at capture and give the rest back to its own lots", async () => {
    const early = await grant(5, { expiresAt: T0 + 10 * DAY });
    const late = await grant(5);
    const held = await hold(8);
    expect(held).toMatchObject({
      ok: true,
      amount: 8,
      expiresAt: new Date(T0 + HOUR),
      balance: { available: 2, held: 8 },
    });
    expect((await balance()).lots.map(({ lotId, remaining, held: onHold }) => [lotId, remaining, onHold])).toEqual([
      [late.lotId, 2, 3],
    ]);

    const input = { holdId: held.holdId, key: key(), amount: toAmount(6) };
    const captured = await capture(deps, member(input), T0 + 1);
    expect(captured).toMatchObject({
      ok: true,
      captured: 6,
      released: 2,
      balance: { available: 4, held: 0 },
      receipt: [
        { lotId: early.lotId, amount: 5 },
        { lotId: late.lotId, amount: 1 },
      ],
    });
    expect(await capture(deps, member(input), T0 + 2)).toEqual({ ...captured, replayed: true });
    expect(await capture(deps, member({ ...input, key: key() }), T0)).toMatchObject({
      code: "hold_not_open",
      state: "captured",
    });
    expect(await release(deps, member({ holdId: held.holdId, key: key() }), T0)).toMatchObject({
      code: "hold_not_open",
    });
  });

  it("refuse to capture more than they hold, and hold nothing a second time", async () => {
    await grant(5);
    const held = await hold(5);
    expect(await hold(1)).toMatchObject({ code: "insufficient_tokens", available: 0 });
    expect(await capture(deps, member({ holdId: held.holdId, key: key(), amount: toAmount(6) }), T0)).toMatchObject({
      code: "exceeds_hold",
      held: 5,
    });
    expect(await release(deps, member({ holdId: held.holdId, key: key() }), T0)).toMatchObject({
      ok: true,
      released: 5,
      balance: { available: 5, held: 0 },
    });
  });

  it("end with their lease, whoever looks first, and their late capture is an ordinary spend, once", async () => {
    await grant(10);
    const held = await hold(6, T0, 60);
    expect(await balance(T0 + 59_999)).toMatchObject({ available: 4, held: 6 });
    expect(await balance(T0 + 60_000)).toMatchObject({ available: 10, held: 0 });
    await spend(7, T0 + 61_000);
    const late = { holdId: held.holdId, key: key(), amount: null };
    expect(await capture(deps, member(late), T0 + 62_000)).toMatchObject({ code: "insufficient_tokens", missing: 3 });
    const smaller = { ...late, key: key(), amount: toAmount(2) };
    const captured = await capture(deps, member(smaller), T0 + 63_000);
    expect(captured).toMatchObject({ ok: true, captured: 2, balance: { available: 1 } });
    expect(await capture(deps, member({ ...late, key: key(), amount: toAmount(1) }), T0 + 64_000)).toMatchObject({
      code: "hold_not_open",
    });
  });

  it("do not let units expire while they are open, and let them end at once when they come back too late", async () => {
    await grant(5, { expiresAt: T0 + 10 * HOUR });
    const held = await hold(5, T0, 20 * 3600);
    expect(await balance(T0 + 11 * HOUR)).toMatchObject({ available: 0, held: 5 });
    expect(await release(deps, member({ holdId: held.holdId, key: key() }), T0 + 12 * HOUR)).toMatchObject({
      released: 5,
      balance: { available: 0, held: 0 },
    });
  });

  it("are extended from now, never past seven days and never back", async () => {
    await grant(5);
    const held = await hold(5, T0, 3600);
    const longer = (ttlSeconds: number, now: number) => extend(deps, member({ holdId: held.holdId, ttlSeconds }), now);
    expect(await longer(60, T0 + 1000)).toEqual({ ok: true, expiresAt: new Date(T0 + HOUR) });
    let now = T0;
    for (let turn = 0; turn < 7; turn += 1, now += 23 * HOUR) await longer(86_400, now);
    expect(await longer(86_400, now - HOUR)).toEqual({ ok: true, expiresAt: new Date(T0 + 7 * DAY) });
    expect(await longer(60, T0 + 7 * DAY)).toMatchObject({ ok: false, code: "hold_not_open", state: "expired" });
    expect(await balance(T0 + 7 * DAY)).toMatchObject({ available: 5, held: 0 });
  });

  it("let one of many racing captures and releases win", async () => {
    await grant(100);
    const held = await hold(10);
    const processes = [depsOver(test.database), depsOver(test.database), depsOver(test.database)];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0
          ? capture(processes[index % 3]!, member({ holdId: held.holdId, key: key(), amount: null }), T0)
          : release(processes[index % 3]!, member({ holdId: held.holdId, key: key() }), T0),
      ),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    expect(
      new Set(answers.filter((answer) => !answer.ok).map((answer) => (answer as unknown as { code: string }).code)),
    ).toEqual(new Set(["hold_not_open"]));
  });
});

describe("reversing a spend", () => {
  it("gives back newest taken first, in parts, never more than was spent", async () => {
    const first = await grant(4, { expiresAt: T0 + 30 * DAY });
    const second = await grant(6);
    const spent = await spend(8);
    expect(await reverse(spent.entryId, 5)).toMatchObject({
      ok: true,
      amount: 5,
      receipt: [
        { lotId: second.lotId, amount: 4 },
        { lotId: first.lotId, amount: 1 },
      ],
      balance: { available: 7 },
    });
    expect(await reverse(spent.entryId, 4)).toMatchObject({ code: "exceeds_spend", reversible: 3 });
    expect(await reverse(spent.entryId, null)).toMatchObject({
      ok: true,
      amount: 3,
      receipt: [{ lotId: first.lotId, amount: 3 }],
    });
    expect(await reverse(spent.entryId, 1)).toMatchObject({ code: "exceeds_spend", reversible: 0 });
  });

  it("makes a new lot with the life that was left at the spend when the own lot is over", async () => {
    const lot = await grant(10, {
      expiresAt: T0 + 10 * DAY,
      class: "pack",
      costMinor: toAmount(1000),
      currency: "USD",
    });
    const spent = await spend(4, T0 + 9 * DAY);
    const back = await reverse(spent.entryId, null, T0 + 20 * DAY);
    expect(back).toMatchObject({ ok: true, balance: { available: 4 } });
    const [heir] = (await balance(T0 + 20 * DAY)).lots;
    expect(heir).toMatchObject({ class: "pack", granted: 4, expiresAt: new Date(T0 + 21 * DAY) });
    expect(await deps.wallets.findLots(accountId, [heir!.lotId])).toMatchObject([
      { parentLotId: lot.lotId, costMinor: 400 },
    ]);
  });

  it("of many racing reversals gives back in all what was spent", async () => {
    await grant(30);
    const spent = await spend(20);
    const processes = [depsOver(test.database), depsOver(test.database)];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        reverseSpend(
          processes[index % 2]!,
          operator,
          { key: key(), entryId: spent.entryId, amount: toAmount(3), reason: "race" },
          T0,
        ),
      ),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(6);
    expect(await balance()).toMatchObject({ available: 28 });
  });
});

describe("corrections by an operator", () => {
  it("void the free rest of one lot and leave units on hold alone", async () => {
    const lot = await grant(10);
    await hold(4);
    const input = { key: key(), lotId: lot.lotId, reason: "fraud" };
    expect(await voidRest(deps, operator, input, T0)).toMatchObject({
      ok: true,
      amount: 6,
      balance: { available: 0, held: 4 },
    });
    expect(await voidRest(deps, operator, { ...input, key: key() }, T0)).toMatchObject({ code: "nothing_to_void" });
    expect(await voidRest(deps, operator, input, T0)).toMatchObject({ ok: true, replayed: true });
  });

  it("add a promo lot without end, and remove in burn order but never more than there is", async () => {
    const adjust = (direction: "add" | "remove", amount: number) =>
      adjustBalance(
        deps,
        operator,
        { key: key(), accountId, unit, direction, amount: toAmount(amount), reason: "test" },
        T0,
      );
    expect(await adjust("add", 7)).toMatchObject({ ok: true, balance: { available: 7 } });
    expect(await adjust("remove", 8)).toMatchObject({ code: "insufficient_tokens", missing: 1 });
    expect(await adjust("remove", 3)).toMatchObject({ ok: true, amount: 3, balance: { available: 4 } });
    expect((await balance()).lots).toMatchObject([{ class: "promo", remaining: 4, expiresAt: null }]);
  });
});

describe("debt", () => {
  const policy = (change: object) => setPolicy(deps, operator, { accountId, unit, policy: change, reason: "test" }, T0);

  it("is made by an allowed overdraft up to its limit, repaid by bought lots first, and never by promos", async () => {
    await policy({ overdraftLimit: toAmount(10) });
    await grant(5);
    expect(await spend(16)).toMatchObject({ code: "insufficient_tokens", missing: 11 });
    expect(await spend(12)).toMatchObject({ ok: true, balance: { available: 0, debt: 7 } });
    await grant(2);
    expect(await balance()).toMatchObject({ available: 2, debt: 7 });
    expect(await grant(10, { class: "pack", costMinor: toAmount(100), currency: "USD" })).toMatchObject({
      balance: { available: 5, debt: 0 },
    });
  });

  it("refuses spends where the policy says so, and can be forgiven", async () => {
    await policy({ overdraftLimit: toAmount(5), debt: "collect" });
    await spend(5);
    await policy({ blockInDebt: true });
    await grant(20, { class: "pack" });
    expect(await balance()).toMatchObject({ available: 20, debt: 5 });
    expect(await spend(1)).toMatchObject({ code: "in_debt", debt: 5 });
    const forgive = { key: key(), accountId, unit, amount: null, reason: "goodwill" };
    expect(await writeOffDebt(deps, operator, forgive, T0)).toMatchObject({
      ok: true,
      amount: 5,
      balance: { debt: 0 },
    });
    expect(await spend(1)).toMatchObject({ ok: true });
  });

  it("is lowered first when an overdraft is reversed", async () => {
    await policy({ overdraftLimit: toAmount(10) });
    await grant(4);
    const spent = await spend(10);
    expect(await reverse(spent.entryId, 8)).toMatchObject({ ok: true, balance: { available: 2, debt: 0 } });
    expect(await reverse(spent.entryId, null)).toMatchObject({
      ok: true,
      amount: 2,
      balance: { available: 4, debt: 0 },
    });
  });
});

describe("a batch", () => {
  it("does its operations in order under one key, or none of them", async () => {
    await grant(10);
    const batch = (operations: Parameters<typeof runBatch>[1]["input"]["operations"], batchKey = key()) =>
      runBatch(deps, member({ key: batchKey, unit, operations }), T0);
    const refused = await batch([
      { kind: "consume", quantity: null, amount: toAmount(6), feature: null },
      { kind: "consume", quantity: null, amount: toAmount(6), feature: null },
    ]);
    expect(refused).toMatchObject({ ok: false, code: "insufficient_tokens", index: 1 });
    expect(await balance()).toMatchObject({ available: 10, seq: 1 });

    const sameKey = key();
    const operations = [
      { kind: "consume", quantity: null, amount: toAmount(3), feature: null },
      { kind: "authorize", amount: toAmount(4), feature: null, ttlSeconds: 60 },
    ] as const;
    const done = await batch(operations, sameKey);
    expect(done).toMatchObject({
      ok: true,
      replayed: false,
      balance: { available: 3, held: 4 },
      results: [
        { kind: "consume", amount: 3 },
        { kind: "authorize", amount: 4 },
      ],
    });
    expect(await batch(operations, sameKey)).toEqual({ ...done, replayed: true });
    expect(await batch([operations[0]], sameKey)).toMatchObject({ code: "key_reused" });
    const holdId = String((done as unknown as { results: { holdId: string }[] }).results[1]!.holdId);
    expect(
      await batch([
        { kind: "capture", holdId, amount: toAmount(1) },
        { kind: "consume", quantity: null, amount: toAmount(6), feature: null },
      ]),
    ).toMatchObject({ ok: true, balance: { available: 0, held: 0 } });
  });
});

describe("transfers", () => {
  const send = (from: string, to: string, amount: number, now: number, sendKey = key(), through = deps) =>
    transfer(
      through,
      { caller: user, accountId: from, input: { key: sendKey, toAccountId: to, amount: toAmount(amount), unit } },
      now,
    );

  async function twoAccounts(): Promise<[string, string]> {
    const other = `${accountId}b`;
    const accounts = test.client.db("tollkeeper").collection<{ _id: string }>("accounts");
    const owner = (await accounts.findOne({ _id: accountId }))!;
    await accounts.insertOne({ ...owner, _id: other, entitlementVersion: Long.fromNumber(1) } as unknown as {
      _id: string;
    });
    for (const id of [accountId, other]) {
      await setPolicy(deps, operator, { accountId: id, unit, policy: { transfers: true }, reason: "test" }, T0);
    }
    return [accountId, other];
  }

  it("move bought units with their end and cost, thirty days after they were bought, between accounts of one owner", async () => {
    const [from, to] = await twoAccounts();
    await grant(10, { class: "pack", costMinor: toAmount(1000), currency: "USD", expiresAt: T0 + 365 * DAY });
    await grant(50);
    const now = T0 + 30 * DAY;
    expect(await send(from, to, 4, now - 1)).toMatchObject({ code: "insufficient_tokens", available: 0 });
    const sendKey = key();
    const sent = await send(from, to, 4, now, sendKey);
    expect(sent).toMatchObject({ ok: true, balance: { available: 56 } });
    expect(await send(from, to, 4, now, sendKey)).toEqual({ ...sent, replayed: true });
    expect(await send(from, to, 11, now)).toMatchObject({ code: "insufficient_tokens", available: 6 });
    const arrived = await readBalance(deps, { caller: user, accountId: to, input: { unit } }, now);
    expect(arrived).toMatchObject({ available: 4, lots: [{ class: "pack", expiresAt: new Date(T0 + 365 * DAY) }] });
    expect(await deps.wallets.findLots(to, [arrived.lots[0]!.lotId])).toMatchObject([{ costMinor: 400 }]);
    expect(await verifyLedger(deps, { accountId: to })).toMatchObject({ ok: true });
  });

  it("wait from the payment or grant, also for a lot whose start lies back, and not again after a transfer", async () => {
    const [from, to] = await twoAccounts();
    await grant(10, { class: "pack", effectiveAt: T0 - 300 * DAY });
    expect(await send(from, to, 4, T0 + DAY)).toMatchObject({ code: "insufficient_tokens", available: 0 });
    expect(await send(from, to, 4, T0 + 30 * DAY)).toMatchObject({ ok: true });
    expect(await send(to, from, 4, T0 + 30 * DAY)).toMatchObject({ ok: true });
  });

  it("inside a batch happen with its other operations or not at all", async () => {
    const [from, to] = await twoAccounts();
    await grant(10, { class: "pack" });
    const now = T0 + 30 * DAY;
    const move = (amount: number) => ({ kind: "transfer", toAccountId: to, amount: toAmount(amount) }) as const;
    const spendOne = { kind: "consume", quantity: null, amount: toAmount(1), feature: null } as const;
    const batch = (operations: Parameters<typeof runBatch>[1]["input"]["operations"], batchKey = key()) =>
      runBatch(deps, member({ key: batchKey, unit, operations }), now);
    expect(await batch([move(3), spendOne, move(9)])).toMatchObject({ code: "insufficient_tokens", index: 2 });
    const balanceOf = async (id: string) =>
      (await readBalance(deps, { caller: user, accountId: id, input: { unit } }, now)).available;
    expect([await balanceOf(from), await balanceOf(to)]).toEqual([10, 0]);

    const sameKey = key();
    const done = await batch([move(3), spendOne, move(4)], sameKey);
    const arrivals = await deps.wallets.listNewest({
      wallet: { id: `${to}:${unit}`, accountId: to },
      beforeSeq: null,
      kinds: null,
      limit: 5,
    });
    expect(done).toMatchObject({
      ok: true,
      balance: { available: 2 },
      results: [
        { kind: "transfer", amount: 3, toEntryId: arrivals[1]?.id },
        { kind: "consume", amount: 1 },
        { kind: "transfer", amount: 4, toEntryId: arrivals[0]?.id },
      ],
    });
    expect(arrivals.map(({ kind, answer }) => [kind, answer["amount"]])).toEqual([
      ["transfer_in", 4],
      ["transfer_in", 3],
    ]);
    expect(await batch([move(3), spendOne, move(4)], sameKey)).toEqual({ ...done, replayed: true });
    expect([await balanceOf(from), await balanceOf(to)]).toEqual([2, 7]);
    expect(await verifyLedger(deps, { accountId: to })).toMatchObject({ ok: true });
  });

  it("are off by default, and never leave the owner", async () => {
    await grant(10, { class: "pack" });
    const stranger = await newAccount(`stranger${(count += 1)}`);
    expect(await send(accountId, stranger, 1, T0 + 60 * DAY)).toMatchObject({ code: "transfer_not_allowed" });
    expect(await send(accountId, accountId, 1, T0 + 60 * DAY)).toMatchObject({ code: "transfer_not_allowed" });
  });

  it("in a ring from several processes at once lose and make nothing", async () => {
    const [from, to] = await twoAccounts();
    await grant(100, { class: "pack" });
    const processes = [depsOver(test.database), depsOver(test.database)];
    const now = T0 + 31 * DAY;
    await send(from, to, 50, now);
    const later = now + 31 * DAY;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? send(from, to, 3, later, key(), processes[0]) : send(to, from, 2, later, key(), processes[1]),
      ),
    );
    const sums = await Promise.all(
      [from, to].map(
        async (id) => (await readBalance(deps, { caller: user, accountId: id, input: { unit } }, later)).available,
      ),
    );
    expect(sums[0]! + sums[1]!).toBe(100);
    for (const answer of answers)
      if (!answer.ok) expect((answer as unknown as { code: string }).code).toBe("contention");
    expect(await verifyLedger(deps, { accountId: to })).toMatchObject({ ok: true });
  });
});

describe("reading a wallet", () => {
  it("previews a spend and writes nothing", async () => {
    await grant(5);
    const ask = (amount: number) =>
      previewSpend(
        deps,
        member({ key: "p", amount: toAmount(amount), quantity: null, unit, feature: null, metadata: null }),
        T0,
      );
    expect(await ask(3)).toMatchObject({ ok: true, amount: 3, balance: { available: 2 } });
    expect(await ask(6)).toMatchObject({ code: "insufficient_tokens", missing: 1 });
    expect(await balance()).toMatchObject({ available: 5, seq: 1 });
  });

  it("shows the balance of any past moment as it was booked", async () => {
    const lot = await grant(10);
    await spend(3, T0 + HOUR);
    await hold(2, T0 + 2 * HOUR);
    const at = (instant: number) => readBalance(deps, member({ unit, at: instant }), T0 + DAY);
    expect(await at(T0 - 1)).toMatchObject({ available: 0, lots: [], seq: 0 });
    expect(await at(T0)).toMatchObject({ available: 10, seq: 1, lots: [{ lotId: lot.lotId, remaining: 10 }] });
    expect(await at(T0 + HOUR)).toMatchObject({ available: 7, lots: [{ remaining: 7, held: 0 }] });
    expect(await at(T0 + 2 * HOUR + 1)).toMatchObject({ available: 5, held: 2, lots: [{ remaining: 5, held: 2 }] });
  });

  it("explains an entry by the lots that paid, and a period by a bridge between two balances", async () => {
    const lot = await grant(10, { priority: 7 });
    const spent = await spend(4, T0 + HOUR);
    await reverse(spent.entryId, 1, T0 + 2 * HOUR);
    expect(await explain(deps, member({ kind: "entry", entryId: spent.entryId }))).toMatchObject({
      kind: "spend",
      amount: -4,
      balanceBefore: { available: 10 },
      balanceAfter: { available: 6 },
      lots: [{ lotId: lot.lotId, amount: 4, priority: 7 }],
      reversedBy: [expect.any(String)],
    });
    expect(await explain(deps, member({ kind: "bridge", unit, from: T0, to: T0 + DAY }))).toMatchObject({
      from: { available: 10 },
      to: { available: 7 },
      changes: [
        { kind: "spend", entries: 1, amount: -4 },
        { kind: "reverse", entries: 1, amount: 1 },
      ],
    });
    await expect(explain(deps, member({ kind: "entry", entryId: "other:tokens:0000000000000001" }))).rejects.toThrow(
      "expected the id of an entry of yours",
    );
  });
});

describe("the low-balance warning", () => {
  it("is written once per crossing, and armed again above the threshold", async () => {
    const messages = () => test.client.db("tollkeeper").collection("outbox").countDocuments({ accountId });
    await setAlerts(deps, member({ unit, threshold: toAmount(5), channel: "mail" }));
    await grant(10);
    await spend(5);
    expect(await messages()).toBe(0);
    await spend(1);
    await spend(1);
    expect(await messages()).toBe(1);
    await grant(10);
    await spend(9);
    expect(await messages()).toBe(2);
    const crossing = { key: key(), amount: toAmount(1), quantity: null, unit, feature: null, metadata: null };
    await consume(deps, member(crossing), T0);
    await consume(deps, member(crossing), T0);
    expect(await messages()).toBe(2);
  });

  it("is written when what ends by itself crosses, by the sweep as well", async () => {
    const messages = () => test.client.db("tollkeeper").collection("outbox").countDocuments({ accountId });
    await grant(10, { expiresAt: T0 + DAY });
    await setAlerts(deps, member({ unit, threshold: toAmount(5) }));
    await sweepWallets(deps, T0 + DAY);
    expect(await messages()).toBe(1);
    await sweepWallets(deps, T0 + DAY);
    await spend(1, T0 + DAY);
    expect(await messages()).toBe(1);
  });

  it("set above the balance waits until the balance was back at it once", async () => {
    const messages = () => test.client.db("tollkeeper").collection("outbox").countDocuments({ accountId });
    await grant(10);
    expect(await setAlerts(deps, member({ unit, threshold: toAmount(50) }))).toMatchObject({
      alerts: [{ threshold: 50, armed: false }],
    });
    await spend(1);
    expect(await messages()).toBe(0);
    await grant(60);
    await spend(30);
    expect(await messages()).toBe(1);
  });
});

describe("settings of a wallet", () => {
  it("changed by many at once lose none of the changes, and the first of them makes the wallet", async () => {
    const ref = { accountId, unit: "fresh" };
    const clockOf = (index: number) => ({
      subscriptionId: `sub${index}`,
      phase: 1,
      slot: 0,
      calendar: { mode: "anniversary" as const, startAt: T0 + DAY },
      nextAt: T0 + DAY,
      paidUntil: null,
      terms: { units: toAmount(1), rollover: null, costMinor: toAmount(0), currency: null },
    });
    await Promise.all([
      ...Array.from({ length: 6 }, (_, index) => deps.wallets.putClock(ref, `sub${index}`, clockOf(index))),
      setAlerts(deps, member({ unit: ref.unit, threshold: toAmount(5) })),
      setPolicy(deps, operator, { ...ref, policy: { transfers: true }, reason: "test" }, T0),
    ]);
    const wallet = await deps.wallets.loadWallet(ref);
    expect(wallet?.clocks.map(({ subscriptionId }) => subscriptionId).toSorted()).toEqual(
      Array.from({ length: 6 }, (_, index) => `sub${index}`),
    );
    expect(wallet).toMatchObject({ alert: { lowAt: 5 }, policy: { transfers: true }, dueAt: T0 + DAY });
  });
});

describe("a grant that is asked for again after its lot ended", () => {
  it("gets its answer again; a new one is an input error", async () => {
    const again = { key: key(), expiresAt: T0 + DAY };
    const first = await grant(5, again);
    expect(await grant(5, again, T0 + 2 * DAY)).toEqual({ ...first, replayed: true });
    expect(await grant(6, again, T0 + 2 * DAY)).toMatchObject({ code: "key_reused" });
    await expect(grant(5, { ...again, key: key() }, T0 + 2 * DAY)).rejects.toThrow(
      "expiresAt: expected an instant after",
    );
  });
});
