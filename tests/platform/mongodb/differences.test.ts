import { MongoClient } from "mongodb";
import { errorOf, startServer, type Row, type StartedServer } from "./started-server";

/** One test for each row of "Known differences" in the README of the embedded database, in its order. */
let running: StartedServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

function docs() {
  return running.db.collection<Row>("docs");
}

test("scans in the order of _id", async () => {
  await docs().insertMany([{ _id: 3 }, { _id: 1 }, { _id: 2 }]);
  expect((await docs().find().toArray()).map((row) => row._id)).toEqual([1, 2, 3]);
});

test("makes indexes in a transaction only on what it creates", async () => {
  await running.db.createCollection("empty");
  await running.client.withSession(async (session) => {
    session.startTransaction();
    await running.db.collection("fresh").createIndex({ n: 1 }, { session });
    await session.commitTransaction();
    session.startTransaction();
    const refused = errorOf(running.db.collection("empty").createIndex({ n: 1 }, { session }));
    expect(await refused).toMatchObject({ codeName: "OperationNotSupportedInTransaction" });
  });
});

test("refuses by name what there is not", async () => {
  await docs().insertOne({ _id: 1, list: [1, 2] });
  await docs().createIndex({ list: 1 });
  const notThere = [
    docs().createIndex({ place: "2dsphere" }),
    docs().createIndex({ "$**": 1 }),
    docs().createIndex({ name: 1 }, { collation: { locale: "en", strength: 2 } }),
    running.db.createCollection("collated", { collation: { locale: "en", strength: 2 } }),
    docs().find({ $where: "true" }).toArray(),
    docs()
      .find({ $text: { $search: "x" } })
      .toArray(),
    running.db.createCollection("secret", { encryptedFields: {} }),
    docs().find({}, { showRecordId: true }).toArray(),
    docs().find({ list: 1 }, { returnKey: true }).toArray(),
  ];
  for (const refused of await Promise.all(notThere.map(errorOf))) {
    expect(refused).toMatchObject({ code: 238, codeName: "NotImplemented" });
  }
});

test("lists a text index that finds nothing", async () => {
  await docs().createIndex({ name: "text" });
  await docs().createIndex({ name: "text" });
  await docs().insertOne({ _id: 1, name: "a name" });
  expect(await docs().indexes()).toMatchObject([
    {},
    { name: "name_text", key: { _fts: "text" }, weights: { name: 1 } },
  ]);
  expect(await docs().find({ name: "a name" }).toArray()).toHaveLength(1);
  expect(await errorOf(docs().find({}, { hint: "name_text" }).toArray())).toMatchObject({ code: 2 });
});

test("shows only commands that wait", async () => {
  const [reading, shown] = await Promise.all([
    docs().find().toArray(),
    running.client.db("admin").command({ currentOp: 1 }),
  ]);
  expect(reading).toEqual([]);
  expect(shown["inprog"].map((one: { command: object }) => Object.keys(one.command)[0])).toEqual(["currentOp"]);
});

test("tells no topologyVersion", async () => {
  expect(await running.db.command({ hello: 1 })).not.toHaveProperty("topologyVersion");
});

test("makes resume tokens of its own form", async () => {
  const { cursor } = await running.db.command({ aggregate: "docs", pipeline: [{ $changeStream: {} }], cursor: {} });
  expect(cursor.postBatchResumeToken._data).toMatch(/^[0-9A-F]{26}$/);
});

test("says with the last batch that it is the last", async () => {
  await docs().insertMany([{ _id: 1 }, { _id: 2 }]);
  const { cursor } = await running.db.command({ find: "docs", batchSize: 2 });
  expect(cursor.firstBatch).toHaveLength(2);
  expect(Number(cursor.id)).toBe(0);
});

test("keeps time series as measurements in order of time", async () => {
  const points = await running.db.createCollection("points", { timeseries: { timeField: "at" } });
  await points.insertMany([{ at: new Date(2) }, { at: new Date(1) }]);
  expect((await points.find().toArray()).map((row) => row["at"])).toEqual([new Date(1), new Date(2)]);
  expect((await running.db.listCollections().toArray()).map((one) => one.name)).toEqual(["points"]);
});

test("keeps views with the collections", async () => {
  await running.db.createCollection("view", { viewOn: "docs", pipeline: [] });
  expect((await running.db.listCollections().toArray()).map((one) => one.name)).toEqual(["view"]);
});

test("explains a read by _id as an index scan", async () => {
  const clustered = await running.db.createCollection<Row>("clustered", {
    clusteredIndex: { key: { _id: 1 }, unique: true },
  });
  const { queryPlanner } = await clustered.find({ _id: 1 }).explain("queryPlanner");
  expect(queryPlanner.winningPlan).toMatchObject({
    stage: "FETCH",
    inputStage: { stage: "IXSCAN", indexName: "_id_" },
  });
});

test("asks nobody who he is", async () => {
  const authenticate = { saslStart: 1, mechanism: "SCRAM-SHA-256", payload: Buffer.from("n,,n=me,r=x") };
  expect(await errorOf(running.client.db("admin").command(authenticate))).toMatchObject({
    codeName: "CommandNotFound",
  });
  const encrypted = new MongoClient(running.server.uri, { tls: true, serverSelectionTimeoutMS: 300 });
  expect(await errorOf(encrypted.connect())).toMatchObject({ name: "MongoServerSelectionError" });
  await encrypted.close();
});
