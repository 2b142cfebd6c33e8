import { Timestamp, type ChangeStream, type ChangeStreamOptions, type Document } from "mongodb";
import { startMongodb } from "../../../../platform/mongodb";
import { RawClient } from "../raw-client";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
let streams: ChangeStream<Row>[] = [];
beforeEach(async () => {
  running = await startServer();
  streams = [];
});
afterEach(async () => {
  await Promise.all(streams.map((stream) => stream.close()));
  await running.close();
});

function docs() {
  return running.db.collection<Row>("docs");
}

/** Opens a stream on the server, so that what is written next is told. */
async function watch(pipeline: Document[] = [], options: ChangeStreamOptions = {}): Promise<ChangeStream<Row>> {
  const stream = docs().watch<Row>(pipeline, { maxAwaitTimeMS: 50, ...options }) as unknown as ChangeStream<Row>;
  streams.push(stream);
  await stream.tryNext();
  return stream;
}

async function take(stream: ChangeStream<Row>, count: number): Promise<Document[]> {
  const events: Document[] = [];
  while (events.length < count) events.push(await stream.next());
  return events;
}

test("tells inserts, updates, replacements and deletes in their order, with what changed", async () => {
  const stream = await watch();
  await docs().insertOne({ _id: 1, a: 1, gone: true });
  await docs().updateOne({ _id: 1 }, { $set: { "b.c": 2 }, $unset: { gone: 1 } });
  await docs().replaceOne({ _id: 1 }, { z: 1 });
  await docs().deleteOne({ _id: 1 });
  const [insert, update, replace, remove] = await take(stream, 4);
  expect(insert).toMatchObject({
    operationType: "insert",
    fullDocument: { _id: 1, a: 1 },
    documentKey: { _id: 1 },
    ns: { db: "test", coll: "docs" },
  });
  expect(insert?.["clusterTime"]).toBeInstanceOf(Timestamp);
  expect(insert?.["wallTime"]).toBeInstanceOf(Date);
  expect(update).toMatchObject({
    operationType: "update",
    updateDescription: { updatedFields: { b: { c: 2 } }, removedFields: ["gone"], truncatedArrays: [] },
  });
  expect(update).not.toHaveProperty("fullDocument");
  expect(replace).toMatchObject({ operationType: "replace", fullDocument: { _id: 1, z: 1 } });
  expect(remove).toMatchObject({ operationType: "delete", documentKey: { _id: 1 } });
});

test("tells a transaction's writes together, at one cluster time, and nothing of an aborted one", async () => {
  const stream = await watch();
  const session = running.client.startSession();
  session.startTransaction();
  await docs().insertOne({ _id: 0 }, { session });
  await session.abortTransaction();
  await session.withTransaction(async () => {
    await docs().insertOne({ _id: 1 }, { session });
    await docs().insertOne({ _id: 2 }, { session });
  });
  await session.endSession();
  const [first, second] = await take(stream, 2);
  expect([first?.["documentKey"], second?.["documentKey"]]).toEqual([{ _id: 1 }, { _id: 2 }]);
  expect(first?.["clusterTime"]).toEqual(second?.["clusterTime"]);
  expect(first).toHaveProperty("txnNumber");
});

test("gives the current document with updateLookup, and null when it has gone", async () => {
  const stream = await watch([], { fullDocument: "updateLookup" });
  await docs().insertOne({ _id: 1, n: 0 });
  await docs().updateOne({ _id: 1 }, { $inc: { n: 1 } });
  expect((await take(stream, 2))[1]).toMatchObject({ fullDocument: { _id: 1, n: 1 } });
  await docs().updateOne({ _id: 1 }, { $inc: { n: 1 } });
  await docs().deleteOne({ _id: 1 });
  expect((await take(stream, 2))[0]).toMatchObject({ operationType: "update", fullDocument: null });
});

test("gives the documents of before and after where pre-images are on, and refuses to make them up", async () => {
  await running.db.createCollection("docs", { changeStreamPreAndPostImages: { enabled: true } });
  const stream = await watch([], { fullDocumentBeforeChange: "required", fullDocument: "required" });
  await docs().insertOne({ _id: 1, n: 1 });
  await docs().updateOne({ _id: 1 }, { $inc: { n: 1 } });
  await docs().deleteOne({ _id: 1 });
  const [, update, remove] = await take(stream, 3);
  expect(update).toMatchObject({ fullDocumentBeforeChange: { _id: 1, n: 1 }, fullDocument: { _id: 1, n: 2 } });
  expect(remove).toMatchObject({ fullDocumentBeforeChange: { _id: 1, n: 2 } });
  await running.db.command({ collMod: "docs", changeStreamPreAndPostImages: { enabled: false } });
  await docs().insertOne({ _id: 2 });
  await docs().deleteOne({ _id: 2 });
  await stream.next();
  expect(await errorOf(stream.next())).toMatchObject({ code: 47, codeName: "NoMatchingDocument" });
});

test("resumes after any event, even from the middle of a transaction, without gap or repeat", async () => {
  const stream = await watch();
  const session = running.client.startSession();
  await session.withTransaction(async () => {
    for (const _id of [1, 2, 3]) await docs().insertOne({ _id }, { session });
  });
  await session.endSession();
  await docs().insertOne({ _id: 4 });
  const all = await take(stream, 4);
  for (const [at, event] of all.entries()) {
    const resumed = docs().watch<Row>([], { resumeAfter: event["_id"] }) as unknown as ChangeStream<Row>;
    streams.push(resumed);
    await docs().insertOne({ _id: 100 + at });
    const ids = (await take(resumed, 4)).map((one) => one["documentKey"]._id);
    expect(ids).toEqual([...[1, 2, 3, 4].slice(at + 1), ...[100, 101, 102, 103].slice(0, at + 1)]);
  }
});

test("starts at an operation time, its own commit included", async () => {
  await docs().insertOne({ _id: 1 });
  await docs().insertOne({ _id: 2 });
  const at: Timestamp = (await running.db.command({ ping: 1 }))["operationTime"];
  await docs().insertOne({ _id: 3 });
  const stream = docs().watch([], { startAtOperationTime: at });
  expect(((await stream.next()) as Document)["documentKey"]).toEqual({ _id: 2 });
  await stream.close();
});

test("filters and shapes events by its pipeline, and refuses one that hides the token", async () => {
  const stream = await watch([{ $match: { "fullDocument.n": { $gt: 1 } } }, { $project: { n: "$fullDocument.n" } }]);
  await docs().insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  expect(await stream.next()).toEqual({ _id: expect.anything(), n: 2 });
  const hiding = await watch([{ $project: { _id: 0 } }]);
  await docs().insertOne({ _id: 3 });
  expect((await errorOf(hiding.next())).message).toMatch(/resume token|_id/);
  expect(await errorOf(watch([{ $group: { _id: 1 } }]))).toMatchObject({ codeName: "IllegalOperation" });
});

test("ends with invalidate when the collection is dropped, and starts after it", async () => {
  const stream = await watch();
  await docs().insertOne({ _id: 1 });
  await docs().drop();
  const events = await take(stream, 3);
  expect(events.map((event) => event["operationType"])).toEqual(["insert", "drop", "invalidate"]);
  const token = events[2]?.["_id"];
  expect(await errorOf(watch([], { resumeAfter: token }))).toMatchObject({ code: 260 });
  await docs().insertOne({ _id: 2 });
  const next = docs().watch([], { startAfter: token });
  expect(((await next.next()) as Document)["documentKey"]).toEqual({ _id: 2 });
  await next.close();
});

test("watches a database and the whole deployment", async () => {
  const database = running.db.watch();
  const cluster = running.client.watch();
  await Promise.all([database.tryNext(), cluster.tryNext()]);
  await running.client.db("other").collection<Row>("x").insertOne({ _id: 1 });
  await docs().insertOne({ _id: 2 });
  expect(await database.next()).toMatchObject({ ns: { db: "test", coll: "docs" } });
  expect(await cluster.next()).toMatchObject({ ns: { db: "other", coll: "x" } });
  await Promise.all([database.close(), cluster.close()]);
});

test("carries a token in every batch, also an empty one, that moves on with the log", async () => {
  const raw = await RawClient.dial(running.server.port);
  const opened = await raw.command("test", { aggregate: "docs", pipeline: [{ $changeStream: {} }], cursor: {} });
  const { id, postBatchResumeToken } = opened["cursor"];
  expect(postBatchResumeToken._data).toMatch(/^[0-9A-F]+$/);
  await running.db.collection<Row>("elsewhere").insertOne({ _id: 1 });
  const empty = await raw.command("test", { getMore: id, collection: "docs", maxTimeMS: 1 });
  expect(empty["cursor"].nextBatch).toEqual([]);
  expect(empty["cursor"].postBatchResumeToken._data > postBatchResumeToken._data).toBe(true);
  raw.close();
});

test("wakes a waiting getMore by the commit, and lets nobody else wait meanwhile", async () => {
  const raw = await RawClient.dial(running.server.port);
  const opened = await raw.command("test", { aggregate: "docs", pipeline: [{ $changeStream: {} }], cursor: {} });
  const started = performance.now();
  const waiting = raw.command("test", { getMore: opened["cursor"].id, collection: "docs", maxTimeMS: 20_000 });
  await docs().insertOne({ _id: 1 });
  expect((await waiting)["cursor"].nextBatch).toMatchObject([{ operationType: "insert" }]);
  expect(performance.now() - started).toBeLessThan(5_000);
  raw.close();
});

test("ends a waiting getMore when its cursor is killed and when the server closes", async () => {
  const raw = await RawClient.dial(running.server.port);
  const open = { aggregate: "docs", pipeline: [{ $changeStream: {} }], cursor: {} };
  const { id } = (await raw.command("test", open))["cursor"];
  const waiting = raw.command("test", { getMore: id, collection: "docs", maxTimeMS: 20_000 });
  await running.db.command({ killCursors: "docs", cursors: [id] });
  expect(await waiting).toMatchObject({ codeName: "CursorNotFound" });
  raw.close();
  const other = await startMongodb({ dataDir: ":memory:" });
  const client = await RawClient.dial(other.port);
  const second = (await client.command("test", open))["cursor"].id;
  void client.command("test", { getMore: second, collection: "docs", maxTimeMS: 20_000 });
  const started = performance.now();
  await other.close();
  expect(performance.now() - started).toBeLessThan(5_000);
  client.close();
});
