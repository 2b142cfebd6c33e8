import { Long, type Document, MongoClient } from "mongodb";
import { createDatabaseFromDriver } from "../../../../functions-src/lib/adapters/mongo/from-driver";
import { DATABASE_NAME } from "../../../../functions-src/lib/adapters/mongo/schema/collections";
import type { Outcome } from "../../../../functions-src/lib/domain/commands";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import { depsOver } from "../../../support/deps";
import { DAY, T0, grantOf, spendOf } from "../../../support/builders";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
let accounts = 0;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

/** A wallet of its own for each test. */
const newRef = (): { accountId: string; unit: string } => ({ accountId: `acc${(accounts += 1)}`, unit: "tokens" });
const codes = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((outcome) =>
    outcome.kind === "refused" ? outcome.refusal.code : outcome.replayed ? "replayed" : "booked",
  );
const ledgerOf = (accountId: string): Promise<Document[]> =>
  test.client.db(DATABASE_NAME).collection("ledger").find({ accountId }).sort({ _id: 1 }).toArray();

describe("posting to a wallet", () => {
  it("lets exactly as many parallel spends succeed as there are tokens, and refuses the others truthfully", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    await deps.post(ref, grantOf(100), T0);
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => deps.post(ref, spendOf(1), T0)));
    expect(codes(outcomes).filter((code) => code === "booked")).toHaveLength(100);
    expect(codes(outcomes).filter((code) => code === "insufficient_tokens")).toHaveLength(100);
    expect(await deps.wallets.loadWallet(ref)).toMatchObject({ available: 0, seq: 101 });
    expect(await verifyLedger(deps, { accountId: ref.accountId })).toMatchObject({ ok: true, entries: 101 });
  });

  it("keeps that promise when three processes race, each with a queue of its own", async () => {
    const processes = [depsOver(test.database), depsOver(test.database), depsOver(test.database)];
    const ref = newRef();
    await processes[0]!.post(ref, grantOf(90), T0);
    const outcomes = await Promise.all(
      Array.from({ length: 180 }, (_, index) => processes[index % 3]!.post(ref, spendOf(1), T0)),
    );
    const booked = codes(outcomes).filter((code) => code === "booked").length;
    const refused = codes(outcomes).filter((code) => code !== "booked");
    expect(new Set(refused)).toEqual(new Set(["insufficient_tokens"]));
    expect(booked).toBe(90);
    expect(await verifyLedger(processes[0]!, { accountId: ref.accountId })).toMatchObject({ ok: true });
  });

  it("answers a key that comes again with its first answer, even when the tokens are gone", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    await deps.post(ref, grantOf(5), T0);
    const first = await deps.post(ref, spendOf(5, { key: "k" }), T0);
    const again = await deps.post(ref, spendOf(5, { key: "k" }), T0 + DAY);
    expect(again).toEqual({
      ...first,
      entry: expect.objectContaining({ id: (first as { entry: { id: string } }).entry.id }),
      replayed: true,
    });
    expect(codes([await deps.post(ref, spendOf(4, { key: "k" }), T0)])).toEqual(["key_reused"]);
    expect((await ledgerOf(ref.accountId)).map((entry) => entry["kind"])).toEqual(["grant", "spend"]);
  });

  it("books one of many equal calls that race in different processes", async () => {
    const processes = [depsOver(test.database), depsOver(test.database)];
    const ref = newRef();
    await processes[0]!.post(ref, grantOf(50), T0);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => processes[index % 2]!.post(ref, spendOf(3, { key: "same" }), T0)),
    );
    expect(codes(outcomes).filter((code) => code === "booked")).toHaveLength(1);
    expect(codes(outcomes).filter((code) => code === "replayed")).toHaveLength(19);
    expect(await processes[0]!.wallets.loadWallet(ref)).toMatchObject({ available: 47 });
  });

  it("keeps lots beyond the sixteenth outside the wallet and spends them in burn order", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    for (let index = 0; index < 40; index += 1) await deps.post(ref, grantOf(2, { priority: index % 20 }), T0);
    const wallet = await deps.wallets.loadWallet(ref);
    expect(wallet).toMatchObject({ available: 80, waiting: { count: 24, remaining: 48 } });
    expect(wallet!.lots).toHaveLength(16);

    const taken = await deps.post(ref, spendOf(70), T0);
    const priorities = new Map(
      (
        await test.client
          .db(DATABASE_NAME)
          .collection<{ _id: string; priority: number }>("lots")
          .find({ accountId: ref.accountId })
          .toArray()
      ).map((lot) => [lot._id, lot.priority]),
    );
    const order = taken.kind === "booked" ? taken.entry.receipt.map((line) => priorities.get(line.lotId)!) : [];
    expect(order).toHaveLength(35);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(await verifyLedger(deps, { accountId: ref.accountId })).toMatchObject({ ok: true });
    expect(codes([await deps.post(ref, spendOf(11), T0), await deps.post(ref, spendOf(10), T0)])).toEqual([
      "insufficient_tokens",
      "booked",
    ]);
    expect(await verifyLedger(deps, { accountId: ref.accountId })).toMatchObject({ ok: true });
  });

  it("books the ends of waiting lots too", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    for (let index = 0; index < 20; index += 1)
      await deps.post(ref, grantOf(1, { priority: 90, expiresAt: T0 + DAY + index }), T0);
    await deps.post(ref, grantOf(7, { priority: 1 }), T0);
    expect(codes([await deps.post(ref, spendOf(8), T0 + 2 * DAY)])).toEqual(["insufficient_tokens"]);
    expect(await deps.wallets.loadWallet(ref)).toMatchObject({
      available: 7,
      waiting: { count: 0, remaining: 0, nextAt: null },
    });
    expect(await verifyLedger(deps, { accountId: ref.accountId })).toMatchObject({ ok: true, entries: 41 });
  });

  it("ends its check of a ledger whose last entry tells an older number, and names the entry", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    for (let index = 0; index < 3; index += 1) await deps.post(ref, grantOf(1), T0);
    const ledger = test.client.db(DATABASE_NAME).collection<{ _id: string }>("ledger");
    await ledger.updateOne({ accountId: ref.accountId, seq: 3 }, { $set: { seq: Long.fromNumber(1) } });
    const verified = await verifyLedger(deps, { accountId: ref.accountId });
    expect(verified).toMatchObject({ ok: false, entries: 3 });
    expect(verified.problems).toContainEqual(expect.objectContaining({ field: "seq", expected: 3, found: 1 }));
  });

  it("says contention, and means that nothing happened, when another writer always wins", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    await deps.post(ref, grantOf(5), T0);
    const wallets = test.client.db(DATABASE_NAME).collection<{ _id: string }>("wallets");
    const session = test.client.startSession();
    session.startTransaction();
    // An open transaction that holds the wallet makes every other writer lose at once.
    await wallets.updateOne({ _id: `${ref.accountId}:tokens` }, { $set: { "policy.blockInDebt": true } }, { session });
    const outcome = await deps.post(ref, spendOf(1), T0);
    expect(outcome).toMatchObject({ kind: "refused", refusal: { code: "contention", retryable: true } });
    await session.abortTransaction();
    await session.endSession();
    expect(await deps.wallets.loadWallet(ref)).toMatchObject({ available: 5, seq: 1 });
  });

  it("refuses to book on a ledger that holds an entry it must not hold, and raises an alarm", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    await deps.post(ref, grantOf(5), T0);
    const [entry] = await ledgerOf(ref.accountId);
    const forged = { ...entry, _id: `${ref.accountId}:tokens:0000000000000002`, key: "forged" } as unknown as {
      _id: string;
    };
    await test.client
      .db(DATABASE_NAME)
      .collection<{ _id: string }>("ledger")
      .insertOne(forged, { bypassDocumentValidation: true });
    await expect(deps.post(ref, spendOf(1), T0)).rejects.toThrow("needs an operator");
    expect(deps.recorded.alerts).toEqual([expect.objectContaining({ event: "wallet_corrupt" })]);
    expect(await deps.wallets.loadWallet(ref)).toMatchObject({ available: 5, seq: 1 });
  });

  it("keeps free text beside the ledger and only its keyed hash in it", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    await deps.post(
      ref,
      { ...grantOf(5), note: { content: { reason: "goodwill for Ada" }, hash: "a".repeat(64) } },
      T0,
    );
    const [entry] = await ledgerOf(ref.accountId);
    expect(JSON.stringify(entry)).not.toContain("goodwill");
    const note = await test.client
      .db(DATABASE_NAME)
      .collection<{ _id: string }>("entryNotes")
      .findOne({ _id: String(entry!["_id"]) });
    expect(note).toMatchObject({ content: { reason: "goodwill for Ada" }, hash: entry!["metadataHash"] });
  });

  it("names the account in every command of a spend, so that one shard serves it", async () => {
    const deps = depsOver(test.database);
    const ref = newRef();
    await deps.post(ref, grantOf(5), T0);
    const monitored = await startMonitored(test.uri);
    const watched = depsOver(monitored.database);
    await watched.post(ref, spendOf(1), T0);
    const names = monitored.commands.map((command) => Object.keys(command)[0]);
    expect(names).toEqual(["find", "update", "insert", "commitTransaction"]);
    const [find, update, insert, commit] = monitored.commands as [Document, Document, Document, Document];
    expect(find["filter"]).toMatchObject({ accountId: ref.accountId });
    expect(find["startTransaction"]).toBe(true);
    expect(find["readConcern"]).toMatchObject({ level: "snapshot" });
    expect(update["updates"][0].q).toMatchObject({ accountId: ref.accountId });
    expect(insert["documents"][0]).toMatchObject({ accountId: ref.accountId });
    expect(commit["writeConcern"]).toMatchObject({ w: "majority" });
    for (const command of monitored.commands) expect(command["autocommit"]).toBe(false);
    await monitored.close();
  });
});

/** A client that records the commands it sends, hand-shakes and clean-up left out. */
async function startMonitored(
  uri: string,
): Promise<{ database: TestDatabase["database"]; commands: Document[]; close(): Promise<void> }> {
  const client = await MongoClient.connect(uri, { monitorCommands: true });
  const commands: Document[] = [];
  client.on("commandStarted", ({ command, commandName }) => {
    if (["find", "update", "insert", "commitTransaction", "abortTransaction"].includes(commandName))
      commands.push(command);
  });
  return { database: createDatabaseFromDriver(client, DATABASE_NAME), commands, close: () => client.close() };
}
