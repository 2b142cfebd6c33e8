import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Long, UUID, type Timestamp } from "mongodb";
import { startMongodb } from "../../../../platform/mongodb";
import { RawClient } from "../raw-client";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let folder: string;
let running: StartedServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mongodb-test-"));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<StartedServer> {
  running = await startServer(folder);
  return running;
}

async function reopen(): Promise<StartedServer> {
  await running?.close();
  return open();
}

test("finds documents, indexes and validators again after a restart", async () => {
  let { db } = await open();
  await db.createCollection("docs", {
    validator: { n: { $type: "number" } },
    changeStreamPreAndPostImages: { enabled: true },
  });
  await db.collection("docs").createIndex({ n: 1 }, { unique: true });
  await db.collection<Row>("docs").insertMany([
    { _id: 1, n: 1 },
    { _id: "long".repeat(900), n: 2 },
    { _id: "long".repeat(900) + "!", n: 3 },
  ]);
  await db.collection<Row>("docs").updateOne({ _id: 1 }, { $inc: { n: 9 } });
  await db.collection<Row>("gone").insertOne({ _id: 1 });
  await db.collection("gone").drop();
  ({ db } = await reopen());
  const docs = db.collection<Row>("docs");
  expect(
    await docs
      .find()
      .sort({ n: 1 })
      .map((one) => one["n"])
      .toArray(),
  ).toEqual([2, 3, 10]);
  expect(await errorOf(docs.insertOne({ _id: 5, n: 10 }))).toMatchObject({ code: 11000 });
  expect(await errorOf(docs.insertOne({ _id: 5, n: "x" }))).toMatchObject({ code: 121 });
  const explained = await docs.find({ n: 10 }).explain("queryPlanner");
  expect(explained["queryPlanner"].winningPlan.inputStage.indexName).toBe("n_1");
  expect((await db.listCollections().toArray()).map((one) => one.name)).toEqual(["docs"]);
  await db.collection<Row>("gone").insertOne({ _id: 2 });
  expect(await db.collection("gone").find().toArray()).toEqual([{ _id: 2 }]);
});

test("remembers retryable writes and the outcome of transactions over a restart", async () => {
  let { server } = await open();
  const lsid = { id: new UUID() };
  const insert = { insert: "docs", documents: [{ _id: 1 }], lsid, txnNumber: Long.fromNumber(1) };
  const other = { id: new UUID() };
  const statement = {
    insert: "docs",
    documents: [{ _id: 2 }],
    lsid: other,
    txnNumber: Long.fromNumber(7),
    autocommit: false,
  };
  const commit = { commitTransaction: 1, lsid: other, txnNumber: Long.fromNumber(7), autocommit: false };
  let raw = await RawClient.dial(server.port);
  await raw.command("test", insert);
  await raw.command("test", { ...statement, startTransaction: true });
  expect(await raw.command("admin", commit)).toMatchObject({ ok: 1 });
  raw.close();
  ({ server } = await reopen());
  raw = await RawClient.dial(server.port);
  expect(await raw.command("test", insert)).toMatchObject({ ok: 1, n: 1, retriedStmtIds: [0] });
  expect(await raw.command("admin", commit)).toMatchObject({ ok: 1 });
  expect(await raw.command("test", statement)).toMatchObject({ codeName: "TransactionCommitted" });
  raw.close();
});

test("resumes a change stream from a token of before the restart, without gap or repeat", async () => {
  let { db } = await open();
  const stream = db.collection<Row>("docs").watch();
  await stream.tryNext();
  await db.collection<Row>("docs").insertOne({ _id: 1 });
  const token = (await stream.next())._id;
  await stream.close();
  await db.collection<Row>("docs").insertOne({ _id: 2 });
  ({ db } = await reopen());
  await db.collection<Row>("docs").insertOne({ _id: 3 });
  const resumed = db.collection<Row>("docs").watch([], { resumeAfter: token });
  const seen = [await resumed.next(), await resumed.next()].map((event) => "documentKey" in event && event.documentKey);
  expect(seen).toEqual([{ _id: 2 }, { _id: 3 }]);
  await resumed.close();
});

test("never hands out a commit time twice over restarts", async () => {
  let { db } = await open();
  await db.collection<Row>("docs").insertOne({ _id: 1 });
  const before: Timestamp = (await db.command({ ping: 1 }))["operationTime"];
  ({ db } = await reopen());
  await db.collection<Row>("docs").insertOne({ _id: 2 });
  const after: Timestamp = (await db.command({ ping: 1 }))["operationTime"];
  expect(after.greaterThan(before)).toBe(true);
});

test("refuses a folder that another server uses, and takes it when that one has closed", async () => {
  await open();
  await expect(startMongodb({ dataDir: folder })).rejects.toThrow(`The data folder ${folder} is in use`);
  await reopen();
});

test("keeps two servers of one process apart", async () => {
  await open();
  const other = await startServer();
  await other.db.collection<Row>("docs").insertOne({ _id: 1 });
  expect(await running?.db.collection("docs").countDocuments()).toBe(0);
  await other.close();
});
