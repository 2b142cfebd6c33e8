import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expireDocuments } from "../../../../platform/mongodb/store/expire-documents";
import { openStore } from "../../../../platform/mongodb/persist/open-store";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

function collection(name: string) {
  return running.db.collection<Row>(name);
}

function ids(rows: readonly Row[]): unknown[] {
  return rows.map((row) => row._id);
}

describe("a view", () => {
  beforeEach(async () => {
    await collection("docs").insertMany([
      { _id: 1, kind: "a", n: 1 },
      { _id: 2, kind: "b", n: 2 },
      { _id: 3, kind: "a", n: 3 },
    ]);
    const pipeline = [{ $match: { kind: "a" } }, { $set: { twice: { $multiply: ["$n", 2] } } }];
    await running.db.createCollection("view", { viewOn: "docs", pipeline });
  });

  test("is read through its pipeline by find, count, distinct and aggregate", async () => {
    const view = collection("view");
    expect(await view.find({ twice: { $gt: 2 } }, { projection: { twice: 1 } }).toArray()).toEqual([
      { _id: 3, twice: 6 },
    ]);
    expect(ids(await view.find().sort({ n: -1 }).skip(1).limit(1).toArray())).toEqual([1]);
    expect(await view.estimatedDocumentCount()).toBe(2);
    expect(await view.countDocuments({ n: 3 })).toBe(1);
    expect(await view.distinct("twice")).toEqual([2, 6]);
    expect(await view.aggregate([{ $group: { _id: null, sum: { $sum: "$twice" } } }]).toArray()).toEqual([
      { _id: null, sum: 8 },
    ]);
  });

  test("may stand on a view and be joined", async () => {
    await running.db.createCollection("upper", { viewOn: "view", pipeline: [{ $match: { n: { $gt: 1 } } }] });
    expect(ids(await collection("upper").find().toArray())).toEqual([3]);
    const joined = await collection("docs")
      .aggregate([
        { $match: { _id: 3 } },
        { $lookup: { from: "view", localField: "_id", foreignField: "_id", as: "found" } },
      ])
      .toArray();
    expect(joined).toMatchObject([{ found: [{ _id: 3, twice: 6 }] }]);
  });

  test("is listed as a view and takes a new pipeline by collMod", async () => {
    const listed = await running.db.listCollections({ name: "view" }).toArray();
    expect(listed).toMatchObject([{ type: "view", options: { viewOn: "docs" }, info: { readOnly: true } }]);
    await running.db.command({ collMod: "view", viewOn: "docs", pipeline: [] });
    expect(await collection("view").countDocuments()).toBe(3);
  });

  test("refuses writes, indexes and change streams", async () => {
    const view = collection("view");
    const refused = { code: 166 };
    expect(await errorOf(view.insertOne({ _id: 9 }))).toMatchObject(refused);
    expect(await errorOf(view.updateOne({ _id: 1 }, { $set: { n: 9 } }))).toMatchObject(refused);
    expect(await errorOf(view.deleteOne({ _id: 1 }))).toMatchObject(refused);
    expect(await errorOf(view.createIndex({ n: 1 }))).toMatchObject(refused);
    expect(await errorOf(view.watch().next())).toMatchObject(refused);
  });

  test("refuses a pipeline that is faulty or writes, and a circle", async () => {
    expect(
      await errorOf(running.db.createCollection("bad", { viewOn: "docs", pipeline: [{ $nope: 1 }] })),
    ).toMatchObject({ code: 40324 });
    expect(
      await errorOf(running.db.createCollection("bad", { viewOn: "docs", pipeline: [{ $out: "x" }] })),
    ).toMatchObject({ codeName: "OptionNotSupportedOnView" });
    await running.db.createCollection("one", { viewOn: "two", pipeline: [] });
    await running.db.createCollection("two", { viewOn: "one", pipeline: [] });
    expect(await errorOf(collection("one").find().toArray())).toMatchObject({ codeName: "ViewDepthLimitExceeded" });
  });
});

describe("a capped collection", () => {
  beforeEach(() => running.db.createCollection("log", { capped: true, size: 4096, max: 3 }));

  test("keeps the newest documents in order of insertion", async () => {
    const log = collection("log");
    for (const id of [5, 1, 4, 2]) await log.insertOne({ _id: id });
    expect(ids(await log.find().toArray())).toEqual([1, 4, 2]);
    expect(ids(await log.find().sort({ $natural: -1 }).toArray())).toEqual([2, 4, 1]);
    expect(await log.findOne({ _id: 5 })).toBeNull();
    expect(await errorOf(log.insertOne({ _id: 4 }))).toMatchObject({ code: 11000, keyPattern: { _id: 1 } });
    await log.updateOne({ _id: 1 }, { $set: { n: 1 } });
    expect(await log.find({ _id: 1 }, { showRecordId: true }).toArray()).toEqual([{ _id: 1, n: 1, $recordId: 2 }]);
  });

  test("stays within its size", async () => {
    const blocks = await running.db.createCollection<Row>("blocks", { capped: true, size: 4096 });
    await blocks.insertMany(Array.from({ length: 10 }, (_, id) => ({ _id: id, block: "x".repeat(1000) })));
    expect(ids(await blocks.find().toArray())).toEqual([7, 8, 9]);
    expect(await errorOf(blocks.insertOne({ _id: 10, block: "x".repeat(5000) }))).toMatchObject({ code: 2 });
  });

  test("lets a tailable cursor wait for what comes", async () => {
    const log = collection("log");
    await log.insertOne({ _id: 1 });
    const cursor = log.find({}, { tailable: true, awaitData: true });
    expect(await cursor.next()).toEqual({ _id: 1 });
    const next = cursor.next();
    await log.insertOne({ _id: 2 });
    expect(await next).toEqual({ _id: 2 });
    await cursor.close();
  });

  test("ends a tailable cursor whose place has fallen out, and refuses one elsewhere", async () => {
    const log = collection("log");
    await log.insertOne({ _id: 1 });
    const cursor = log.find({}, { tailable: true, batchSize: 1 });
    expect(await cursor.next()).toEqual({ _id: 1 });
    await log.insertMany([{ _id: 2 }, { _id: 3 }, { _id: 4 }, { _id: 5 }]);
    expect(await errorOf(cursor.next())).toMatchObject({ codeName: "CappedPositionLost" });
    await collection("plain").insertOne({ _id: 1 });
    expect(await errorOf(collection("plain").find({}, { tailable: true }).toArray())).toMatchObject({ code: 2 });
  });

  test("takes no write of a transaction", async () => {
    const session = running.client.startSession();
    session.startTransaction();
    expect(await errorOf(collection("log").insertOne({ _id: 1 }, { session }))).toMatchObject({ code: 263 });
    await session.endSession();
  });
});

describe("a time series", () => {
  const at = (seconds: number): Date => new Date(1_700_000_000_000 + seconds * 1000);
  beforeEach(() =>
    running.db.createCollection("points", {
      timeseries: { timeField: "time", metaField: "meta" },
      expireAfterSeconds: 60,
    }),
  );

  test("holds several measurements of one _id and asks each for its time", async () => {
    const points = collection("points");
    await points.insertMany([
      { _id: 1, time: at(2), meta: "a" },
      { _id: 1, time: at(1), meta: "b" },
    ]);
    expect(await points.find().toArray()).toMatchObject([{ meta: "b" }, { meta: "a" }]);
    expect(await errorOf(points.insertOne({ _id: 2, time: "now" }))).toMatchObject({ code: 2 });
    const [listed] = await running.db.listCollections({ name: "points" }).toArray();
    expect(listed).toMatchObject({
      type: "timeseries",
      options: { expireAfterSeconds: 60, timeseries: { granularity: "seconds", bucketMaxSpanSeconds: 3600 } },
    });
    expect(await points.indexes()).toEqual([]);
  });

  test("changes nothing but its meta field", async () => {
    const points = collection("points");
    await points.insertMany([
      { _id: 1, time: at(1), meta: "a", n: 1 },
      { _id: 2, time: at(2), meta: "b", n: 1 },
    ]);
    const { modifiedCount } = await points.updateMany({ meta: "a" }, { $set: { meta: "c" } });
    expect(modifiedCount).toBe(1);
    const refused = { codeName: "InvalidOptions" };
    const code = { code: 72 };
    expect(await errorOf(points.updateMany({ meta: "b" }, { $set: { n: 2 } }))).toMatchObject(code);
    expect(await errorOf(points.updateMany({ n: 1 }, { $set: { meta: "d" } }))).toMatchObject(code);
    expect(await errorOf(points.updateOne({ meta: "b" }, { $set: { meta: "d" } }))).toMatchObject(code);
    expect(await errorOf(points.createIndex({ n: 1 }, { unique: true }))).toMatchObject(refused);
    expect((await points.deleteMany({ meta: "c" })).deletedCount).toBe(1);
    expect(await points.distinct("meta")).toEqual(["b"]);
  });

  test("has no change stream and no part in the streams of its database", async () => {
    expect(await errorOf(collection("points").watch().next())).toMatchObject({ code: 166 });
    const stream = running.db.watch();
    const next = stream.next();
    await stream.tryNext().catch(() => null);
    await collection("points").insertOne({ _id: 1, time: at(1) });
    await collection("docs").insertOne({ _id: 2 });
    expect(await next).toMatchObject({ operationType: "insert", ns: { coll: "docs" } });
    await stream.close();
  });

  test("refuses bucket options that do not fit together", async () => {
    const create = (timeseries: object) =>
      running.db.command({ create: "other", timeseries: { timeField: "time", ...timeseries } });
    expect(await errorOf(create({ bucketMaxSpanSeconds: 60 }))).toMatchObject({ code: 72 });
    expect(await errorOf(create({ granularity: "days" }))).toMatchObject({ code: 2 });
    expect(await create({ bucketMaxSpanSeconds: 60, bucketRoundingSeconds: 60 })).toMatchObject({ ok: 1 });
  });
});

test("lists a clustered collection by its index, and takes no other key", async () => {
  const clusteredIndex = { key: { _id: 1 as const }, unique: true as const, name: "by id" };
  await running.db.createCollection("clustered", { clusteredIndex });
  expect(await collection("clustered").indexes()).toMatchObject([{ name: "by id", clustered: true, unique: true }]);
  const [listed] = await running.db.listCollections({ name: "clustered" }).toArray();
  expect(listed).toMatchObject({ options: { clusteredIndex: { v: 2, name: "by id" } } });
  const bad = running.db.command({ create: "bad", clusteredIndex: { key: { n: 1 }, unique: true } });
  expect(await errorOf(bad)).toMatchObject({ code: 197 });
});

test("keeps every kind of collection over a restart, and what is expired goes by its order", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kinds-"));
  const old = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
  try {
    const first = await startServer(folder);
    const { db } = first;
    await db.createCollection("log", { capped: true, size: 4096, max: 2 });
    await db.createCollection("view", { viewOn: "log", pipeline: [{ $match: { _id: 2 } }] });
    await db.createCollection("points", { timeseries: { timeField: "time" }, expireAfterSeconds: 60 });
    await db.collection<Row>("log").insertMany([{ _id: 3 }, { _id: 2 }, { _id: 1 }]);
    await db.collection("points").insertMany([{ time: old(120) }, { time: old(1) }]);
    await first.close();

    const opened = await openStore(folder);
    expect(expireDocuments(opened.store, Date.now())).toBe(1);
    await opened.release();

    const again = await startServer(folder);
    const log = again.db.collection<Row>("log");
    expect(ids(await log.find().toArray())).toEqual([2, 1]);
    await log.insertOne({ _id: 9 });
    expect(ids(await log.find().toArray())).toEqual([1, 9]);
    expect(await errorOf(log.insertOne({ _id: 9 }))).toMatchObject({ code: 11000 });
    expect(await again.db.collection("view").countDocuments()).toBe(0);
    expect(await again.db.collection("points").countDocuments()).toBe(1);
    await again.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
