import type { User } from "realm-web";
import { MongoClient } from "mongodb";
import type { BalanceAnswer, ConsumeAnswer, Me, Refusal, VerifyAnswer } from "../../functions-src/lib/contract";
import { createDatabaseFromDriver } from "../../functions-src/lib/adapters/mongo/from-driver";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { SpendCommand } from "../../functions-src/lib/domain/commands";
import type { AuthorizeAnswer } from "../../functions-src/lib/usecases/holds";
import type { ReportAnswer } from "../../functions-src/lib/usecases/report-usage";
import { spendOf } from "../support/builders";
import { depsOver } from "../support/deps";
import { call, databaseOf, until } from "../support/product";
import { DAY, HOUR, SECOND, balanceOf, historyOf, startTravelling, type Customer, type Travelled } from "./travel";

let product: Travelled;
let customer: Customer;
let user: User;
let count = 0;

beforeAll(async () => {
  product = await startTravelling(Date.UTC(2044, 1, 1, 12));
});
afterAll(() => product.close());
beforeEach(async () => {
  customer = await product.newCustomer();
  user = await customer.session();
});
afterEach(async () => {
  // Whatever happened, the wallet follows from its ledger.
  const { accountId } = customer;
  expect(await product.operate<VerifyAnswer>("admin/verify", { accountId })).toMatchObject({ ok: true, problems: [] });
});

type Answer = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

const newKey = (): string => `key-${(count += 1)}`;
const consume = (amount: number, key = newKey(), as = user): Promise<ConsumeAnswer | Refusal> =>
  call(as, "wallet/consume", { key, amount });
const authorize = (amount: number, ttlSeconds = 3600): Promise<AuthorizeAnswer> =>
  call(user, "wallet/authorize", { key: newKey(), amount, ttlSeconds });
const codeOf = (answer: { readonly ok: boolean }): string => (answer.ok ? "ok" : (answer as Refusal).code);

/** An instant between two sweeps, at least a minute from now. */
async function betweenSweeps(): Promise<number> {
  const every = 300 * SECOND;
  return Math.ceil(((await product.now()) + 60 * SECOND) / every) * every + every / 2;
}

/** Asks again with the same key while the answer is contention, which says that nothing happened. */
async function decided(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; tries < 10; tries += 1) {
    const answer = await ask();
    if (answer["code"] !== "contention") return answer;
  }
  return ask();
}

/** Makes the database fail its commits in a given way while something runs. */
async function withFailingCommits<T>(failure: object, run: () => Promise<T>): Promise<T> {
  const admin = product.client.db("admin");
  const data = { failCommands: ["commitTransaction"], ...failure };
  await admin.command({ configureFailPoint: "failCommand", mode: "alwaysOn", data });
  try {
    return await run();
  } finally {
    await admin.command({ configureFailPoint: "failCommand", mode: "off" });
  }
}

describe("tokens cannot be spent twice by calls that race for them", () => {
  it("lets spends, holds and batches take no more than there is, and tells the others truly what is missing", async () => {
    await product.grant(customer, 57);
    const calls = [
      ...Array.from({ length: 30 }, () => ({ name: "wallet/consume", asked: 1, argument: { amount: 1 } })),
      ...Array.from({ length: 10 }, () => ({ name: "wallet/authorize", asked: 2, argument: { amount: 2 } })),
      ...Array.from({ length: 8 }, () => ({
        name: "wallet/batch",
        asked: 3,
        argument: { operations: [1, 2].map((amount) => ({ kind: "consume", amount })) },
      })),
    ].map((each) => ({ ...each, argument: { ...each.argument, key: newKey() } }));
    const sessions = [user, await customer.signIn()] as const;
    // Another process, with a queue of its own, spends from the same wallet.
    const elsewhere = depsOver(createDatabaseFromDriver(product.client, DATABASE_NAME));
    const ref = { accountId: customer.accountId, unit: "tokens" };
    const commands = Array.from({ length: 30 }, () => spendOf(1, { key: newKey() }));
    const now = await product.now();
    const post = async (command: SpendCommand): Promise<Answer> => {
      const outcome = await elsewhere.post(ref, command, now);
      return outcome.kind === "refused" ? { ...outcome.refusal } : { ok: true, entryId: outcome.entry.id };
    };
    const race = (): Promise<Answer[]> =>
      Promise.all([
        ...calls.map(({ name, argument }, index) =>
          decided(() => call<Answer>(sessions[index % 2 ? 0 : 1], name, argument)),
        ),
        ...commands.map((command) => decided(() => post(command))),
      ]);

    const answers = await race();
    const asked = [...calls.map((each) => each.asked), ...commands.map(({ amount }) => amount)];
    const taken = asked.reduce((sum, amount, index) => sum + (answers[index]?.ok === true ? amount : 0), 0);
    const { available, held } = await balanceOf(user);
    expect(taken + available).toBe(60);
    expect(available).toBeLessThan(3);
    expect(held).toBe(2 * answers.filter((answer) => answer.ok && "holdId" in answer).length);
    for (const answer of answers.filter(({ ok }) => !ok)) {
      expect(answer["code"]).toBe("insufficient_tokens");
      expect(answer["missing"]).toBeGreaterThan(0);
    }
    const again = await race();
    again.forEach((answer, index) => {
      const first = answers[index];
      expect(answer.ok).toBe(first?.ok);
      if (answer.ok && "replayed" in answer) expect(answer).toEqual({ ...first, replayed: true });
      else if (answer.ok) expect(answer).toEqual(first);
    });
    expect(await balanceOf(user)).toMatchObject({ available, held });
  });

  it("decides on the primary, even when the connection string prefers secondaries", async () => {
    const client = await MongoClient.connect(product.mongodbUri, {
      monitorCommands: true,
      readPreference: "secondaryPreferred",
    });
    const reads: { readPreference: unknown; level: unknown }[] = [];
    client.on("commandStarted", ({ commandName, command }) => {
      if (commandName !== "find") return;
      const { $readPreference, readConcern } = command as Record<string, Record<string, unknown> | undefined>;
      reads.push({ readPreference: $readPreference?.["mode"] ?? "primary", level: readConcern?.["level"] });
    });
    try {
      const deps = depsOver(createDatabaseFromDriver(client, DATABASE_NAME));
      const ref = { accountId: customer.accountId, unit: "tokens" };
      expect(await deps.post(ref, spendOf(1), await product.now())).toMatchObject({ kind: "booked" });
      expect(reads).toEqual([{ readPreference: "primary", level: "snapshot" }]);
    } finally {
      await client.close();
    }
  });
});

describe("a busy database is never reported as an empty wallet", () => {
  it("answers contention while another writer holds the wallet, and the same key goes through afterwards", async () => {
    const session = product.client.startSession();
    session.startTransaction();
    try {
      const wallets = databaseOf(product).collection<{ _id: string }>("wallets");
      const touched = { $set: { "policy.blockInDebt": true } };
      await wallets.updateOne({ _id: `${customer.accountId}:tokens` }, touched, { session });
      const answer = await consume(1, "busy");
      expect(answer).toMatchObject({ ok: false, code: "contention", retryable: true });
      // What cannot be paid is still told apart: that answer comes from a committed read.
      expect(await consume(4)).toMatchObject({ code: "insufficient_tokens", missing: 1, available: 3 });
    } finally {
      await session.abortTransaction();
      await session.endSession();
    }

    expect(await balanceOf(user)).toMatchObject({ available: 3 });
    expect(await consume(1, "busy")).toMatchObject({ ok: true, replayed: false, balance: { available: 2 } });
  });

  it("answers outcome_unknown while nobody can know whether the spend was committed, and the same key spends once", async () => {
    const lost = await withFailingCommits({ errorCode: 262, errorLabels: ["RetryableWriteError"] }, () =>
      consume(2, "lost"),
    );
    expect(lost).toMatchObject({ ok: false, code: "outcome_unknown" });
    expect(await consume(2, "lost")).toMatchObject({ ok: true, balance: { available: 1 } });
    expect(await consume(2, "lost")).toMatchObject({ ok: true, replayed: true, balance: { available: 1 } });
  });

  it("finds a spend by its key when only the answer to its commit was lost", async () => {
    const writeConcernError = { code: 64, errmsg: "waiting for replication timed out" };
    const answer = await withFailingCommits({ writeConcernError }, () => consume(2, "answered"));
    expect(answer).toMatchObject({ ok: true, replayed: false, balance: { available: 1 } });
    expect(await balanceOf(user)).toMatchObject({ available: 1 });
  });
});

describe("there is one balance, and every place shows it", () => {
  it("shows the same number in the answer, the profile, the balance, its lots and the history, right after each change", async () => {
    const other = await customer.signIn();
    const endsAt = await betweenSweeps();
    await product.grant(customer, 20, { expiresAt: new Date(endsAt) });
    const showsEverywhere = async (expected: number, held = 0, booked = expected): Promise<void> => {
      const [me, balance, history] = await Promise.all([
        call<Me>(other, "account/me"),
        balanceOf(other),
        historyOf(other),
      ]);
      expect(me.accounts[0]?.balances).toEqual([{ unit: "tokens", available: expected, held, debt: 0 }]);
      expect(balance).toMatchObject({ available: expected, held });
      expect(balance.lots.reduce((sum, lot) => sum + lot.remaining, 0)).toBe(expected);
      expect(balance.lots.reduce((sum, lot) => sum + lot.held, 0)).toBe(held);
      expect(history.reduce((sum, entry) => sum + entry.amount, 0)).toBe(history.at(-1)?.balanceAfter.available);
      expect(history.at(-1)?.balanceAfter.available).toBe(booked);
    };
    await showsEverywhere(23);
    for (const left of [20, 17, 14]) {
      expect(await consume(3)).toMatchObject({ balance: { available: left } });
      await showsEverywhere(left);
    }
    const { holdId } = await authorize(4);
    await showsEverywhere(10, 4);
    await call(user, "wallet/capture", { holdId, key: newKey(), amount: 1 });
    await showsEverywhere(13);
    await product.travelTo(endsAt - 1);
    await showsEverywhere(13);
    // The lot ends between two sweeps, so nothing has booked that yet: the number is the true one all the same, and only the history waits.
    await product.travelTo(endsAt);
    await showsEverywhere(3, 0, 13);
    expect(await consume(1)).toMatchObject({ balance: { available: 2 } });
    await showsEverywhere(2);
  });
});

describe("tokens that were set aside never stay locked", () => {
  const holdOf = (holdId: string): Promise<unknown> =>
    databaseOf(product).collection<{ _id: string }>("holds").findOne({ _id: holdId });

  it("gives back what a vanished client had set aside, at the deadline, though nobody asks for it", async () => {
    const { holdId, expiresAt } = await authorize(3, 600);
    expect(await balanceOf(user)).toMatchObject({ available: 0, held: 3 });
    await product.travelTo(Number(expiresAt) - 1);
    expect(await balanceOf(user)).toMatchObject({ available: 0, held: 3 });
    await product.travelTo(Number(expiresAt));
    expect(await balanceOf(user)).toMatchObject({ available: 3, held: 0 });
    await product.travelTo(Number(expiresAt) + 301 * SECOND);
    expect(await holdOf(holdId)).toMatchObject({ state: "expired" });
    expect((await historyOf(user)).at(-1)).toMatchObject({ kind: "release", amount: 3, at: expiresAt });
  });

  it("keeps the tokens of a stream that renews its lease, and for seven days at most", async () => {
    const { holdId } = await authorize(2, 86_400);
    const openedAt = await product.now();
    for (let turn = 1; turn < 7; turn += 1) {
      await product.travelTo(openedAt + turn * 23 * HOUR);
      const renewed = await call<object>(user, "wallet/extend", { holdId, ttlSeconds: 86_400 });
      expect(renewed).toMatchObject({ ok: true, expiresAt: new Date(openedAt + turn * 23 * HOUR + DAY) });
    }
    await product.travelTo(openedAt + 161 * HOUR);
    await call(user, "wallet/extend", { holdId, ttlSeconds: 86_400 });
    await product.travelTo(openedAt + 7 * DAY - 1);
    expect(await call(user, "wallet/extend", { holdId, ttlSeconds: 86_400 })).toEqual({
      ok: true,
      expiresAt: new Date(openedAt + 7 * DAY),
    });
    expect(await balanceOf(user)).toMatchObject({ available: 1, held: 2 });
    await product.travelTo(openedAt + 7 * DAY);
    expect(await balanceOf(user)).toMatchObject({ available: 3, held: 0 });
    expect(await call(user, "wallet/extend", { holdId, ttlSeconds: 60 })).toMatchObject({ code: "hold_not_open" });
  });

  it("answers a capture after the deadline by a spend, once, or by saying what is missing", async () => {
    const [paid, unpaid] = [await authorize(2, 60), await authorize(1, 60)];
    await product.travelTo((await product.now()) + 61 * SECOND);
    const late = { holdId: paid.holdId, key: newKey() };
    const captured = await call<object>(user, "wallet/capture", late);
    expect(captured).toMatchObject({ ok: true, captured: 2, balance: { available: 1, held: 0 } });
    expect(await call(user, "wallet/capture", late)).toEqual({ ...captured, replayed: true });
    expect(await call(user, "wallet/capture", { ...late, key: newKey() })).toMatchObject({ code: "hold_not_open" });
    await consume(1);
    const refused = await call<object>(user, "wallet/capture", { holdId: unpaid.holdId, key: newKey() });
    expect(refused).toMatchObject({ ok: false, code: "insufficient_tokens", missing: 1 });
  });
});

describe("tokens are counted in whole numbers, exact to the last one", () => {
  it("takes no fraction and nothing that a number cannot hold exactly, and says so by name", async () => {
    for (const amount of [0.1, 1.5, 0.1 + 0.2, 2 ** 53, -1, 0, Number.NaN, "1"]) {
      await expect(call(user, "wallet/consume", { key: newKey(), amount })).rejects.toThrow(
        "amount: expected a whole number in 1..2^53-1",
      );
      await expect(call(user, "wallet/authorize", { key: newKey(), amount })).rejects.toThrow("amount");
      await expect(product.grant(customer, amount as number)).rejects.toThrow("amount");
    }
    expect(await balanceOf(user)).toMatchObject({ available: 3, seq: 1 });
  });

  it("counts up to the largest exact number without losing a unit, and refuses to go past it", async () => {
    await product.grant(customer, Number.MAX_SAFE_INTEGER - 3);
    expect(await product.grant(customer, 1)).toMatchObject({ ok: false, code: "balance_limit" });
    for (const left of [1, 2, 3]) {
      const answer = await consume(1);
      expect(answer).toMatchObject({ ok: true, balance: { available: Number.MAX_SAFE_INTEGER - left } });
    }
    const changes = (await historyOf(user)).map(({ amount }) => BigInt(amount));
    expect(changes.reduce((sum, change) => sum + change, 0n)).toBe(BigInt(Number.MAX_SAFE_INTEGER) - 3n);
    // A balance kept as a double would look the same today and be wrong after the next sum in the database.
    const stored = { _id: `${customer.accountId}:tokens`, available: { $type: "long" } };
    expect(await databaseOf(product).collection<{ _id: string }>("wallets").countDocuments(stored)).toBe(1);
  });
});

describe("usage that arrives late is neither lost nor booked into a closed month", () => {
  const report = (id: string, quantity: number, more: object = {}): Promise<ReportAnswer | Refusal> =>
    call(user, "usage/report", { source: "api", id, feature: "api_calls", quantity, ...more });
  const usageRow = (eventId: string): Promise<unknown> =>
    databaseOf(product).collection("usageKeys").findOne({ accountId: customer.accountId, eventId });
  const counters = async (): Promise<Record<string, number>> => {
    const rows = await databaseOf(product)
      .collection("usageCounters")
      .find({ accountId: customer.accountId })
      .toArray();
    return Object.fromEntries(rows.map((row) => [String(row["slot"]), Number(row["used"])]));
  };

  it("counts it in the open month, keeps when it happened and when it came, and links corrections", async () => {
    const happened = Date.UTC(2044, 3, 20, 9);
    await product.travelTo(happened);
    user = await customer.session();
    await report("in-time", 7);
    const came = Date.UTC(2044, 4, 2, 9);
    await product.travelTo(came);
    expect(await report("late", 10, { at: new Date(happened) })).toMatchObject({ ok: true, used: 10 });
    expect(await counters()).toEqual({ "2044-04": 7, "2044-05": 10 });
    expect(await usageRow("late")).toMatchObject({
      at: new Date(happened),
      recordedAt: new Date(came),
      countedIn: "2044-05",
    });
    expect(await report("fix", 5, { corrects: "in-time" })).toMatchObject({ ok: true, used: 5 });
    expect(await report("fix-more", 3, { corrects: "in-time" })).toMatchObject({
      code: "exceeds_spend",
      reversible: 2,
    });
    expect(await counters()).toEqual({ "2044-04": 7, "2044-05": 5 });
    expect(await usageRow("fix")).toMatchObject({ corrects: "in-time", countedIn: "2044-05" });

    // The chart shows a late event on the day it happened.
    const day = { feature: "api_calls", from: new Date(happened - DAY), to: new Date(happened + DAY) };
    const chart = (): Promise<{ readonly points: readonly { readonly at: Date; readonly quantity: number }[] }> =>
      call(user, "usage/summary", { ...day, granularity: "day" });
    const { points } = await until("the late event in the chart", chart, (shown) => shown.points[0]?.quantity === 17);
    expect(points).toEqual([{ at: new Date(Date.UTC(2044, 3, 20)), quantity: 17 }]);
  });

  it("refuses what is too late or from the future with a reason, and keeps it for a person to look at", async () => {
    const now = await product.now();
    const outside = [
      ["old", now - 35 * DAY - 1],
      ["future", now + 300 * SECOND + 1],
    ] as const;
    for (const [id, at] of outside) {
      expect(await report(id, 10, { at: new Date(at) })).toMatchObject({ ok: false, code: "usage_out_of_window" });
      expect(await usageRow(id)).toMatchObject({
        state: "out_of_window",
        at: new Date(at),
        quantity: expect.anything(),
      });
    }
    expect(await report("edge", 1, { at: new Date(now - 35 * DAY) })).toMatchObject({ ok: true, used: 1 });
    expect(await report("ahead", 1, { at: new Date(now + 300 * SECOND) })).toMatchObject({ ok: true, used: 2 });
  });
});

describe("a usage event counts once, however often and however late it is sent again", () => {
  const report = (as: User, event: object): Promise<ReportAnswer | Refusal> =>
    call(as, "usage/report", { source: "worker", id: "job-1", feature: "api_calls", quantity: 10, ...event });

  it("counts one of twelve equal reports that race, and says key_reused to the same id with other content", async () => {
    const sessions = [user, await customer.signIn()] as const;
    const first = await Promise.all(Array.from({ length: 12 }, (_, index) => report(sessions[index % 2 ? 0 : 1], {})));
    // One that lost every race was told to try again; that is an answer, and a retry settles it.
    expect(first.map(codeOf).filter((code) => code !== "ok" && code !== "contention")).toEqual([]);
    const replay = { ok: true, recorded: true, replayed: true, used: 10, limit: 1000 };
    expect(first.filter((answer) => answer.ok && !answer.replayed)).toEqual([{ ...replay, replayed: false }]);
    for (const answer of first) if (answer.ok && answer.replayed) expect(answer).toEqual(replay);

    for (const other of [{ quantity: 11 }, { at: new Date(await product.now()) }, { feature: "image_generation" }]) {
      expect(await report(user, other)).toMatchObject({ ok: false, code: "key_reused" });
    }
    expect(await report(user, { source: "browser" })).toMatchObject({ ok: true, replayed: false, used: 20 });

    // Others forget an event after a day or a month; here more than a year later it is still the same event.
    await product.travelTo((await product.now()) + 400 * DAY);
    user = await customer.session();
    expect(await report(user, {})).toEqual(replay);
    expect(await report(user, { id: "job-2" })).toMatchObject({ replayed: false, used: 10 });
  });

  it("charges and counts a metered spend once for its key", async () => {
    await product.grant(customer, 27);
    const draw = { key: "poster", feature: "image_generation", quantity: 2 };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call<ConsumeAnswer>(user, "wallet/consume", draw)),
    );
    expect(answers.filter(({ ok, replayed }) => ok && !replayed)).toHaveLength(1);
    expect(await balanceOf(user)).toMatchObject({ available: 20 });
    const counter = { accountId: customer.accountId, feature: "image_generation" };
    expect(await databaseOf(product).collection("usageCounters").findOne(counter)).toMatchObject({ used: 2 });
  });
});

describe("tokens that end are gone at that instant, however late the books are", () => {
  const lotsOf = async (): Promise<readonly { readonly id: string }[]> => {
    const wallets = databaseOf(product).collection<{ _id: string; lots: { id: string }[] }>("wallets");
    return (await wallets.findOne({ _id: `${customer.accountId}:tokens` }))?.lots ?? [];
  };

  it("spends them to the last millisecond and not at the end, before any sweep has booked it; holds are honoured", async () => {
    const endsAt = await betweenSweeps();
    const { lotId } = await product.grant(customer, 50, { expiresAt: new Date(endsAt) });
    const { holdId } = await authorize(20);
    await product.travelTo(endsAt - 1);
    expect(await consume(10)).toMatchObject({ ok: true, receipt: [{ lotId, amount: 10 }] });

    await product.travelTo(endsAt);
    expect((await lotsOf()).map(({ id }) => id)).toContain(lotId);
    expect(await balanceOf(user)).toMatchObject({ available: 3, held: 20 });
    expect(await consume(4)).toMatchObject({ code: "insufficient_tokens", available: 3 });
    const captured = await call<object>(user, "wallet/capture", { holdId, key: newKey(), amount: 5 });
    // The hold is honoured; what it gives back belongs to an ended lot and ends with it.
    expect(captured).toMatchObject({ ok: true, captured: 5, released: 15, receipt: [{ lotId, amount: 5 }] });
    expect(await balanceOf(user)).toMatchObject({ available: 3, held: 0 });
    const ended = (await historyOf(user)).filter(({ kind }) => kind === "expire");
    expect(ended.map(({ amount }) => amount)).toEqual([-20, -15]);
  });

  it("takes nothing from them after their end when spends, sweep and the end itself race", async () => {
    const endsAt = Math.ceil(((await product.now()) + 60 * SECOND) / (300 * SECOND)) * 300 * SECOND;
    const { lotId } = await product.grant(customer, 1000, { expiresAt: new Date(endsAt) });
    await product.travelTo(endsAt - 1);
    const spends = (): Promise<ConsumeAnswer | Refusal>[] => Array.from({ length: 15 }, () => consume(2));
    const early = spends();
    const moved = product.travelTo(endsAt);
    const answers = await Promise.all([...early, ...spends(), moved.then(() => consume(2))]);
    await moved;
    expect(answers.map(codeOf).filter((code) => code !== "ok" && code !== "insufficient_tokens")).toEqual([]);
    const spent = (await historyOf(user)).filter(({ kind }) => kind === "spend");
    const after = spent.filter(({ at }) => Number(at) >= endsAt).flatMap(({ receipt }) => receipt);
    expect(after.filter((line) => line.lotId === lotId)).toEqual([]);
    // Three units without an end pay for one spend at most; one unit stays.
    expect(after.length).toBeLessThanOrEqual(1);
    const balance = await call<BalanceAnswer>(user, "wallet/balance");
    expect(balance.available).toBe(after.length === 1 ? 1 : 3);
  });
});
