import { Long, UUID, type ClientSession, type Document } from "mongodb";
import { RawClient } from "../raw-client";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
let sessions: ClientSession[] = [];
beforeEach(async () => {
  running = await startServer();
  sessions = [];
});
afterEach(async () => {
  await Promise.all(sessions.map((session) => session.endSession()));
  await running.close();
});

function wallets() {
  return running.db.collection<Row>("wallets");
}

function begin(): ClientSession {
  const session = running.client.startSession();
  session.startTransaction();
  sessions.push(session);
  return session;
}

test("shows a transaction its own writes, and nobody else before the commit", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const session = begin();
  await wallets().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
  await wallets().insertOne({ _id: 2, n: 7 }, { session });
  expect(await wallets().find({}, { session }).sort({ n: 1 }).toArray()).toEqual([
    { _id: 1, n: 2 },
    { _id: 2, n: 7 },
  ]);
  expect(await wallets().find().toArray()).toEqual([{ _id: 1, n: 1 }]);
  await session.commitTransaction();
  expect(await wallets().countDocuments()).toBe(2);
});

test("reads as of its beginning, whatever others commit, also through an index", async () => {
  await wallets().createIndex({ n: 1 });
  await wallets().insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  const session = begin();
  expect(await wallets().findOne({ _id: 1 }, { session })).toEqual({ _id: 1, n: 1 });
  await wallets().updateOne({ _id: 2 }, { $set: { n: 50 } });
  await wallets().insertOne({ _id: 3, n: 2 });
  await wallets().deleteOne({ _id: 1 });
  expect(
    await wallets()
      .find({ n: { $lte: 2 } }, { session })
      .toArray(),
  ).toEqual([
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  await session.commitTransaction();
  expect(
    await wallets()
      .find({ n: { $lte: 2 } })
      .toArray(),
  ).toEqual([{ _id: 3, n: 2 }]);
});

test("lets the first writer win: the second gets WriteConflict at once and is over", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const first = begin();
  const second = begin();
  await wallets().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session: first });
  const error = await errorOf(wallets().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session: second }));
  expect(error).toMatchObject({ code: 112, codeName: "WriteConflict" });
  expect(
    (error as unknown as { hasErrorLabel(label: string): boolean }).hasErrorLabel("TransientTransactionError"),
  ).toBe(true);
  await first.commitTransaction();
  expect(await errorOf(second.commitTransaction())).toMatchObject({ code: 251, codeName: "NoSuchTransaction" });
  expect(await wallets().findOne({ _id: 1 })).toEqual({ _id: 1, n: 2 });
});

test("conflicts with a commit that came after its snapshot", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const session = begin();
  await wallets().findOne({ _id: 1 }, { session });
  await wallets().updateOne({ _id: 1 }, { $inc: { n: 1 } });
  expect(await errorOf(wallets().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session }))).toMatchObject({ code: 112 });
});

test("conflicts on an _id and on a unique key that another transaction is inserting", async () => {
  await wallets().createIndex({ key: 1 }, { unique: true });
  const first = begin();
  const second = begin();
  const third = begin();
  await wallets().insertOne({ _id: 1, key: "a" }, { session: first });
  expect(await errorOf(wallets().insertOne({ _id: 1, key: "b" }, { session: second }))).toMatchObject({ code: 112 });
  expect(await errorOf(wallets().insertOne({ _id: 2, key: "a" }, { session: third }))).toMatchObject({ code: 112 });
  await first.commitTransaction();
});

test("refuses a duplicate inside a transaction and ends it", async () => {
  await wallets().createIndex({ key: 1 }, { unique: true });
  await wallets().insertOne({ _id: 1, key: "a" });
  const session = begin();
  await wallets().insertOne({ _id: 5, key: "z" }, { session });
  expect(await errorOf(wallets().insertOne({ _id: 2, key: "a" }, { session }))).toMatchObject({
    code: 11000,
    keyValue: { key: "a" },
  });
  expect(await errorOf(session.commitTransaction())).toMatchObject({ codeName: "NoSuchTransaction" });
  expect(await wallets().countDocuments()).toBe(1);
});

test("lets a plain write wait for the transaction that holds its document, then work on the new version", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const session = begin();
  await wallets().updateOne({ _id: 1 }, { $set: { n: 10 } }, { session });
  const plain = wallets().findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } }, { returnDocument: "after" });
  const many = wallets().updateMany({ n: { $lt: 5 } }, { $set: { touched: true } });
  await running.db.command({ ping: 1 });
  await session.commitTransaction();
  expect(await plain).toEqual({ _id: 1, n: 11 });
  expect((await many).matchedCount).toBe(0);
});

test("bounds that wait by maxTimeMS", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const session = begin();
  await wallets().updateOne({ _id: 1 }, { $set: { n: 10 } }, { session });
  const command = { update: "wallets", updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }], maxTimeMS: 30 };
  const reply = await running.db.command(command).catch((error: unknown) => error as Document);
  expect(JSON.stringify(reply)).toContain("operation exceeded time limit");
  await session.abortTransaction();
  expect(await wallets().findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
});

test("leaves nothing of an aborted transaction, a collection it created included", async () => {
  const session = begin();
  await running.db.collection("fresh").insertOne({ a: 1 }, { session });
  await session.abortTransaction();
  expect(await running.db.listCollections().toArray()).toEqual([]);
  const again = begin();
  await running.db.collection("fresh").insertOne({ a: 1 }, { session: again });
  await again.commitTransaction();
  expect((await running.db.listCollections().toArray()).map((one) => one.name)).toEqual(["fresh"]);
});

async function withRaw<T>(work: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.dial(running.server.port);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

const lsid = { id: new UUID("0123456789abcdef0123456789abcdef") };

function rawTransaction(txnNumber: number, commands: Document[]): Promise<Document[]> {
  return withRaw(async (client) => {
    const replies: Document[] = [];
    for (const [at, command] of commands.entries()) {
      const start = at === 0 ? { startTransaction: true } : {};
      const isEnd = "commitTransaction" in command || "abortTransaction" in command;
      const full = { ...command, lsid, txnNumber: Long.fromNumber(txnNumber), autocommit: false, ...start };
      replies.push(await client.command(isEnd ? "admin" : "test", full));
    }
    return replies;
  });
}

test("answers a repeated commit and a repeated abort from the outcome", async () => {
  const insert = { insert: "wallets", documents: [{ _id: 1 }] };
  const committed = await rawTransaction(1, [
    insert,
    { commitTransaction: 1 },
    { commitTransaction: 1 },
    { abortTransaction: 1 },
    insert,
  ]);
  expect(committed.map((reply) => reply["codeName"] ?? "ok")).toEqual([
    "ok",
    "ok",
    "ok",
    "TransactionCommitted",
    "TransactionCommitted",
  ]);
  const aborted = await rawTransaction(2, [
    { find: "wallets" },
    { abortTransaction: 1 },
    { abortTransaction: 1 },
    { commitTransaction: 1 },
  ]);
  expect(aborted.map((reply) => reply["codeName"] ?? "ok")).toEqual([
    "ok",
    "ok",
    "NoSuchTransaction",
    "NoSuchTransaction",
  ]);
  expect(aborted[3]?.["errorLabels"]).toEqual(["TransientTransactionError"]);
});

test("refuses commands that have no place in a transaction, by name", async () => {
  const [, count] = await rawTransaction(1, [{ find: "wallets" }, { count: "wallets" }]);
  expect(count).toMatchObject({ code: 263, codeName: "OperationNotSupportedInTransaction" });
});

test("refuses an older transaction number and aborts what a newer one replaces", async () => {
  await rawTransaction(5, [{ insert: "wallets", documents: [{ _id: 1 }] }]);
  const [newer] = await rawTransaction(6, [{ insert: "wallets", documents: [{ _id: 1 }] }]);
  expect(newer).toMatchObject({ ok: 1, n: 1 });
  const [older] = await rawTransaction(4, [{ find: "wallets" }]);
  expect(older).toMatchObject({ code: 225, codeName: "TransactionTooOld" });
});

test("aborts open transactions on killAllSessions, so that their documents are free", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const session = begin();
  await wallets().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
  await running.client.db("admin").command({ killAllSessions: [] });
  expect((await wallets().updateOne({ _id: 1 }, { $inc: { n: 5 } })).modifiedCount).toBe(1);
  expect(await errorOf(session.commitTransaction())).toMatchObject({ codeName: "NoSuchTransaction" });
});

test("keeps the sum of money when many transactions move it between few wallets", async () => {
  await wallets().insertMany([0, 1, 2, 3].map((_id) => ({ _id, n: 100 })));
  const move = async (seed: number): Promise<void> => {
    const session = running.client.startSession();
    sessions.push(session);
    for (let round = 0; round < 12; round += 1) {
      const from = (seed + round) % 4;
      await session.withTransaction(async () => {
        await wallets().updateOne({ _id: from }, { $inc: { n: -1 } }, { session });
        await wallets().updateOne({ _id: (from + 1 + (seed % 3)) % 4 }, { $inc: { n: 1 } }, { session });
        const all = await wallets().find({}, { session }).toArray();
        expect(all.reduce((sum, one) => sum + one["n"], 0)).toBe(400);
      });
    }
  };
  await Promise.all([0, 1, 2, 3, 4].map(move));
  const end = await wallets().find().toArray();
  expect(end.reduce((sum, one) => sum + one["n"], 0)).toBe(400);
});

test("answers a retried write from its record instead of doing it again", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const client = await RawClient.dial(running.server.port);
  const common = { lsid, txnNumber: Long.fromNumber(3) };
  const update = {
    update: "wallets",
    updates: [
      { q: { _id: 1 }, u: { $inc: { n: 1 } } },
      { q: { _id: 9 }, u: { $set: { n: 1 } }, upsert: true },
    ],
    ...common,
  };
  const first = await client.command("test", update);
  const second = await client.command("test", update);
  expect(second).toMatchObject({
    n: first["n"],
    nModified: first["nModified"],
    upserted: first["upserted"],
    retriedStmtIds: [0, 1],
  });
  const modify = {
    findAndModify: "wallets",
    query: { _id: 1 },
    update: { $inc: { n: 1 } },
    lsid,
    txnNumber: Long.fromNumber(4),
  };
  const found = await client.command("test", modify);
  expect((await client.command("test", modify))["value"]).toEqual(found["value"]);
  expect(await wallets().findOne({ _id: 1 })).toEqual({ _id: 1, n: 3 });
  expect(await client.command("test", update)).toMatchObject({ codeName: "TransactionTooOld" });
  client.close();
});

test("goes on where a bulk was interrupted: done statements are kept, the rest is done", async () => {
  const common = { insert: "wallets", lsid, txnNumber: Long.fromNumber(1) };
  const whole = await withRaw(async (client) => {
    await client.command("test", { ...common, documents: [{ _id: 1 }] });
    return client.command("test", { ...common, documents: [{ _id: 1 }, { _id: 2 }] });
  });
  expect(whole).toMatchObject({ n: 2, retriedStmtIds: [0] });
  expect(whole["writeErrors"]).toBeUndefined();
});

test("reads a snapshot outside a transaction again and again, whatever is written meanwhile", async () => {
  await wallets().insertOne({ _id: 1, n: 1 });
  const session = running.client.startSession({ snapshot: true });
  sessions.push(session);
  expect(await wallets().findOne({ _id: 1 }, { session })).toEqual({ _id: 1, n: 1 });
  await wallets().updateOne({ _id: 1 }, { $set: { n: 2 } });
  await wallets().insertOne({ _id: 2, n: 9 });
  await running.db.collection<Row>("later").insertOne({ _id: 1 });
  expect(await wallets().find({}, { session }).toArray()).toEqual([{ _id: 1, n: 1 }]);
  expect(await wallets().distinct("n", {}, { session })).toEqual([1]);
  expect(await running.db.collection("later").findOne({}, { session })).toBeNull();
  const refused = await withRaw((client) =>
    client.command("test", { count: "wallets", readConcern: { level: "snapshot" } }),
  );
  expect(refused).toMatchObject({ codeName: "InvalidOptions" });
});

test("creates a collection with an index inside a transaction, and nothing of it when that aborts", async () => {
  const attempt = async (session: ClientSession): Promise<void> => {
    await running.db.createCollection("made", { session });
    await running.db.collection("made").createIndex({ key: 1 }, { unique: true, session });
    await running.db.collection<Row>("made").insertOne({ _id: 1, key: "a" }, { session });
    expect(await running.db.collection<Row>("made").find({ key: "a" }, { session }).toArray()).toHaveLength(1);
  };
  const aborted = begin();
  await attempt(aborted);
  await aborted.abortTransaction();
  expect(await running.db.listCollections().toArray()).toEqual([]);
  const committed = begin();
  await attempt(committed);
  await committed.commitTransaction();
  expect(await errorOf(running.db.collection<Row>("made").insertOne({ _id: 2, key: "a" }))).toMatchObject({
    code: 11000,
  });
  expect(await running.db.collection("made").indexes()).toHaveLength(2);
});
