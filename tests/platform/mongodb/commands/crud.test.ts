import { Double, Int32, Long, ObjectId } from "mongodb";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeAll(async () => {
  running = await startServer();
});
afterAll(() => running.close());

function collection(name: string) {
  return running.db.collection<Row>(name);
}

test("gives back what was inserted, with every number in its type", async () => {
  const money = collection("types");
  await money.insertOne({
    _id: 1,
    int: new Int32(5),
    long: Long.fromNumber(5),
    double: new Double(5),
    big: Long.MAX_VALUE,
  });
  const found = await money.findOne({ _id: 1 }, { promoteValues: false });
  expect([found?.["int"]._bsontype, found?.["long"]._bsontype, found?.["double"]._bsontype]).toEqual([
    "Int32",
    "Long",
    "Double",
  ]);
  await money.updateOne({ _id: 1 }, { $inc: { long: 1 } });
  const after = await money.findOne({ _id: 1 }, { promoteValues: false });
  expect(after?.["long"]._bsontype).toBe("Long");
  expect(after?.["long"].toString()).toBe("6");
  expect(after?.["big"].toString()).toBe("9223372036854775807");
});

test("makes an _id where none is given and puts it first", async () => {
  const raw = running.db;
  await raw.command({ insert: "ids", documents: [{ b: 1 }, { b: 2, _id: 9 }] });
  const [first, second] = await collection("ids").find().sort({ b: 1 }).toArray();
  expect(first?._id).toBeInstanceOf(ObjectId);
  expect(Object.keys(second ?? {})).toEqual(["_id", "b"]);
});

test("stops an ordered insert at its first duplicate and goes through an unordered one", async () => {
  const ordered = collection("ordered");
  const error = await errorOf(ordered.insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }]));
  expect(error).toMatchObject({ code: 11000, insertedCount: 1 });
  expect(await ordered.countDocuments()).toBe(1);
  const unordered = await errorOf(
    ordered.insertMany([{ _id: 1 }, { _id: 3 }, { _id: 1 }, { _id: 4 }], { ordered: false }),
  );
  expect((unordered["writeErrors"] as { index: number }[]).map((one) => one.index)).toEqual([0, 2]);
  expect(await ordered.countDocuments()).toBe(3);
});

test("describes a duplicate with pattern, value and the server's message", async () => {
  const unique = collection("dups");
  await unique.createIndex({ account: 1, key: 1 }, { unique: true });
  await unique.insertOne({ _id: 1, account: "a", key: 7 });
  const error = await errorOf(unique.insertOne({ _id: 2, account: "a", key: 7 }));
  expect(error["errorResponse"]).toMatchObject({
    code: 11000,
    keyPattern: { account: 1, key: 1 },
    keyValue: { account: "a", key: 7 },
    errmsg: 'E11000 duplicate key error collection: test.dups index: account_1_key_1 dup key: { account: "a", key: 7 }',
  });
});

test("takes equal numbers of different types for the same _id", async () => {
  const same = collection("same");
  await same.insertOne({ _id: new Int32(1) });
  expect((await errorOf(same.insertOne({ _id: Long.fromNumber(1) })))["code"]).toBe(11000);
  expect(await same.findOne({ _id: new Double(1) })).toEqual({ _id: 1 });
});

test("reads a cursor in batches to its end, from the contents at its beginning", async () => {
  const many = collection("many");
  await many.insertMany(Array.from({ length: 250 }, (_, n) => ({ _id: n })));
  const cursor = many.find().batchSize(10);
  expect(await cursor.next()).toEqual({ _id: 0 });
  await many.deleteMany({ _id: { $gte: 5 } });
  const rest = await cursor.toArray();
  expect(rest).toHaveLength(249);
  expect(await many.countDocuments()).toBe(5);
});

test("splits batches so that no reply passes 16 MB, and refuses larger documents", async () => {
  const large = collection("large");
  const text = "x".repeat(6 * 1024 * 1024);
  for (const _id of [1, 2, 3, 4]) await large.insertOne({ _id, text });
  expect((await large.find().toArray()).map((one) => one._id)).toEqual([1, 2, 3, 4]);
  const error = await errorOf(large.updateOne({ _id: 1 }, { $set: { more: "y".repeat(11 * 1024 * 1024) } }));
  expect(error["code"]).toBe(10334);
  expect(await large.findOne({ _id: 1, more: { $exists: true } })).toBeNull();
});

test("kills cursors and knows them no more", async () => {
  const many = collection("killed");
  await many.insertMany(Array.from({ length: 5 }, (_, n) => ({ _id: n })));
  const first = await running.db.command({ find: "killed", batchSize: 2 });
  const id = first["cursor"].id;
  expect(id.toString()).not.toBe("0");
  const killed = await running.db.command({ killCursors: "killed", cursors: [id, Long.fromNumber(77)] });
  expect(killed["cursorsKilled"]).toHaveLength(1);
  expect(killed["cursorsNotFound"]).toHaveLength(1);
  expect(await errorOf(running.db.command({ getMore: id, collection: "killed" }))).toMatchObject({
    code: 43,
    codeName: "CursorNotFound",
  });
});

test("closes a cursor at once for a single batch and when the limit is reached", async () => {
  const single = await running.db.command({ find: "many", limit: 2, batchSize: 2 });
  expect(single["cursor"].id.toString()).toBe("0");
  const batch = await running.db.command({ find: "many", batchSize: 2, singleBatch: true });
  expect(batch["cursor"].firstBatch).toHaveLength(2);
  expect(batch["cursor"].id.toString()).toBe("0");
});

test("updates, replaces, upserts and counts what it did", async () => {
  const docs = collection("updates");
  await docs.insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 1 },
  ]);
  expect(await docs.updateMany({ n: 1 }, { $inc: { n: 1 } })).toMatchObject({ matchedCount: 2, modifiedCount: 2 });
  expect(await docs.updateOne({ _id: 1 }, { $set: { n: 2 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
  expect(await docs.replaceOne({ _id: 1 }, { z: 1 })).toMatchObject({ modifiedCount: 1 });
  const upserted = await docs.updateOne({ _id: 5, kind: "x" }, { $set: { n: 3 } }, { upsert: true });
  expect(upserted).toMatchObject({ upsertedCount: 1, upsertedId: 5 });
  expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: 1, z: 1 },
    { _id: 2, n: 2 },
    { _id: 5, kind: "x", n: 3 },
  ]);
  expect(await docs.updateOne({}, { $set: { first: true } }, { sort: { _id: -1 } })).toMatchObject({
    modifiedCount: 1,
  });
  expect(await docs.findOne({ first: true })).toMatchObject({ _id: 5 });
});

test("leaves _id as it is", async () => {
  const docs = collection("immutable");
  await docs.insertOne({ _id: 1 });
  expect((await errorOf(docs.updateOne({ _id: 1 }, { $set: { _id: 2 } })))["code"]).toBe(66);
  expect(await docs.updateOne({ _id: 1 }, { $set: { _id: 1, a: 1 } })).toMatchObject({ modifiedCount: 1 });
});

test("changes the matching element with the positional operator and with array filters", async () => {
  const docs = collection("arrays");
  await docs.insertOne({
    _id: 1,
    lots: [
      { id: "a", n: 1 },
      { id: "b", n: 1 },
    ],
  });
  await docs.updateOne({ _id: 1, "lots.id": "b" }, { $inc: { "lots.$.n": 5 } });
  await docs.updateOne({ _id: 1 }, { $inc: { "lots.$[lot].n": 10 } }, { arrayFilters: [{ "lot.id": "a" }] });
  expect((await docs.findOne({ _id: 1 }))?.["lots"]).toEqual([
    { id: "a", n: 11 },
    { id: "b", n: 6 },
  ]);
});

test("finds and modifies one document, answering it before or after", async () => {
  const docs = collection("famous");
  await docs.insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 9 },
  ]);
  expect(await docs.findOneAndUpdate({}, { $inc: { n: 1 } }, { sort: { n: -1 } })).toEqual({ _id: 2, n: 9 });
  expect(
    await docs.findOneAndUpdate({ _id: 2 }, { $inc: { n: 1 } }, { returnDocument: "after", projection: { _id: 0 } }),
  ).toEqual({ n: 11 });
  expect(await docs.findOneAndReplace({ _id: 7 }, { q: 1 }, { upsert: true, returnDocument: "after" })).toEqual({
    _id: 7,
    q: 1,
  });
  expect(await docs.findOneAndDelete({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  expect(await docs.findOneAndDelete({ _id: 1 })).toBeNull();
});

test("removes one or all", async () => {
  const docs = collection("removed");
  await docs.insertMany([1, 2, 3, 4].map((_id) => ({ _id, odd: _id % 2 })));
  expect(await docs.deleteOne({ odd: 1 })).toMatchObject({ deletedCount: 1 });
  expect(await docs.deleteMany({})).toMatchObject({ deletedCount: 3 });
});

test("counts, lists distinct values and aggregates", async () => {
  const docs = collection("stats");
  await docs.insertMany([
    { _id: 1, t: ["a", "b"], n: 1 },
    { _id: 2, t: ["b"], n: 2 },
    { _id: 3, n: 3 },
  ]);
  expect(await docs.distinct("t")).toEqual(["a", "b"]);
  expect(await docs.countDocuments({ n: { $gt: 1 } })).toBe(2);
  expect(await docs.estimatedDocumentCount()).toBe(3);
  const [sum] = await docs
    .aggregate([{ $match: { n: { $gt: 1 } } }, { $group: { _id: null, total: { $sum: "$n" } } }])
    .toArray();
  expect(sum).toEqual({ _id: null, total: 5 });
});

test("writes a pipeline's result with $out and $merge", async () => {
  const docs = collection("source");
  await docs.insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  await docs.aggregate([{ $match: { n: 2 } }, { $out: "target" }]).toArray();
  expect(await collection("target").find().toArray()).toEqual([{ _id: 2, n: 2 }]);
  await docs
    .aggregate([{ $set: { seen: true } }, { $merge: { into: "target", whenMatched: "keepExisting" } }])
    .toArray();
  expect(await collection("target").find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: 1, n: 1, seen: true },
    { _id: 2, n: 2 },
  ]);
  const names = (await running.db.listCollections().toArray()).map((one) => one.name);
  expect(names.filter((name) => name.startsWith("tmp."))).toEqual([]);
});

test("answers errors by name for what is not there", async () => {
  expect(await errorOf(running.db.command({ mapReduce: "x" }))).toMatchObject({
    code: 59,
    codeName: "CommandNotFound",
  });
  expect(await errorOf(running.db.createCollection("secret", { encryptedFields: {} }))).toMatchObject({
    codeName: "NotImplemented",
  });
  expect(await errorOf(collection("many").createIndex({ where: "2dsphere" }))).toMatchObject({
    codeName: "NotImplemented",
  });
  expect(
    await errorOf(
      collection("many")
        .aggregate([{ $nonsense: {} }])
        .toArray(),
    ),
  ).toMatchObject({ code: 40324 });
  expect(await errorOf(collection("many").find({ $nonsense: 1 }).toArray())).toMatchObject({ codeName: "BadValue" });
  expect(await errorOf(running.db.command({ find: 7 }))).toMatchObject({ codeName: "InvalidNamespace" });
  expect(await errorOf(running.db.command({ find: "many", limit: "x" }))).toMatchObject({ codeName: "TypeMismatch" });
});

test("writes to several collections with one bulkWrite, and tells what became of each operation", async () => {
  await collection("bulk").insertOne({ _id: 1, n: 1 });
  const namespace = "test.bulk";
  const result = await running.client.bulkWrite(
    [
      { name: "insertOne", namespace: "other.bulk", document: { _id: 5 } as never },
      { name: "updateOne", namespace, filter: { _id: 1 } as never, update: { $inc: { n: 1 } } as never },
      { name: "updateMany", namespace, filter: { _id: 9 } as never, update: { $set: { n: 9 } } as never, upsert: true },
      { name: "deleteOne", namespace, filter: { _id: 77 } as never },
    ],
    { verboseResults: true },
  );
  expect(result).toMatchObject({
    insertedCount: 1,
    matchedCount: 1,
    modifiedCount: 1,
    upsertedCount: 1,
    deletedCount: 0,
  });
  expect(result.updateResults?.get(2)).toMatchObject({ upsertedId: 9 });
  expect(await collection("bulk").find().toArray()).toEqual([
    { _id: 1, n: 2 },
    { _id: 9, n: 9 },
  ]);
  const operations = [1, 6, 6, 7].map((_id) => ({ name: "insertOne" as const, namespace, document: { _id } as never }));
  const error = await errorOf(running.client.bulkWrite(operations, { ordered: false }));
  expect([...(error["writeErrors"] as Map<number, { code: number }>)].map(([index, one]) => [index, one.code])).toEqual(
    [
      [0, 11000],
      [2, 11000],
    ],
  );
  expect(await collection("bulk").countDocuments()).toBe(4);
});

test("takes the variables of let for expressions", async () => {
  await collection("let").insertOne({ _id: 1, n: 5 });
  const found = await collection("let")
    .find({ $expr: { $eq: ["$n", "$$wanted"] } }, { let: { wanted: { $add: [2, 3] } } })
    .toArray();
  expect(found).toHaveLength(1);
});
