import type { Document } from "mongodb";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

function collection(name: string) {
  return running.db.collection<Row>(name);
}

test("creates an index once, however often it is asked for", async () => {
  const docs = collection("docs");
  const keys = { account: 1, at: -1 } as const;
  const first = await running.db.command({ createIndexes: "docs", indexes: [{ key: keys, name: "account_1_at_-1" }] });
  expect(first).toMatchObject({ numIndexesBefore: 1, numIndexesAfter: 2, createdCollectionAutomatically: true });
  const second = await running.db.command({ createIndexes: "docs", indexes: [{ key: keys, name: "account_1_at_-1" }] });
  expect(second).toMatchObject({ numIndexesBefore: 2, numIndexesAfter: 2 });
  expect((await docs.indexes()).map((one) => one.name)).toEqual(["_id_", "account_1_at_-1"]);
});

test("refuses an index of the same name with another key, and the same key under another name", async () => {
  const docs = collection("docs");
  await docs.createIndex({ a: 1 }, { name: "one" });
  expect(await errorOf(docs.createIndex({ b: 1 }, { name: "one" }))).toMatchObject({
    code: 86,
    codeName: "IndexKeySpecsConflict",
  });
  expect(await errorOf(docs.createIndex({ a: 1 }, { name: "two" }))).toMatchObject({
    code: 85,
    codeName: "IndexOptionsConflict",
  });
  expect(await errorOf(docs.createIndex({ a: 1 }, { name: "one", unique: true }))).toMatchObject({ code: 86 });
});

test("builds a unique index only over documents that keep it", async () => {
  const docs = collection("docs");
  await docs.insertMany([
    { _id: 1, a: 1 },
    { _id: 2, a: 1 },
  ]);
  expect(await errorOf(docs.createIndex({ a: 1 }, { unique: true }))).toMatchObject({ code: 11000 });
  expect(await docs.indexes()).toHaveLength(1);
  await docs.deleteOne({ _id: 2 });
  await docs.createIndex({ a: 1 }, { unique: true });
  expect(await errorOf(docs.insertOne({ _id: 3, a: 1 }))).toMatchObject({ code: 11000, keyValue: { a: 1 } });
});

test("keeps a partial unique index to the documents its filter names", async () => {
  const subscriptions = collection("subscriptions");
  await subscriptions.createIndex({ account: 1, group: 1 }, { unique: true, partialFilterExpression: { live: true } });
  await subscriptions.insertMany([
    { _id: 1, account: "a", group: "main", live: false },
    { _id: 2, account: "a", group: "main", live: false },
    { _id: 3, account: "a", group: "main", live: true },
  ]);
  expect(await errorOf(subscriptions.updateOne({ _id: 1 }, { $set: { live: true } }))).toMatchObject({ code: 11000 });
  await subscriptions.updateOne({ _id: 3 }, { $set: { live: false } });
  await subscriptions.updateOne({ _id: 1 }, { $set: { live: true } });
  expect(await subscriptions.find({ account: "a", live: true }).toArray()).toHaveLength(1);
});

test("lets a sparse unique index ignore documents without the field, which a plain one does not", async () => {
  const docs = collection("docs");
  await docs.createIndex({ email: 1 }, { unique: true, sparse: true });
  await docs.insertMany([{ _id: 1 }, { _id: 2 }]);
  await docs.dropIndex("email_1");
  expect(await errorOf(docs.createIndex({ email: 1 }, { unique: true }))).toMatchObject({
    code: 11000,
    keyValue: { email: null },
  });
});

test("keeps every element of an array unique over documents, not within one", async () => {
  const docs = collection("docs");
  await docs.createIndex({ members: 1 }, { unique: true });
  await docs.insertOne({ _id: 1, members: ["a", "b", "a"] });
  expect(await errorOf(docs.insertOne({ _id: 2, members: ["c", "b"] }))).toMatchObject({ code: 11000 });
  await docs.updateOne({ _id: 1 }, { $pull: { members: "b" } } as Document);
  await docs.insertOne({ _id: 2, members: ["c", "b"] });
});

test("drops indexes by name, by key and all at once, but never the one on _id", async () => {
  const docs = collection("docs");
  await docs.createIndexes([{ key: { a: 1 } }, { key: { b: 1 } }, { key: { c: 1 } }, { key: { d: 1 } }]);
  await docs.dropIndex("a_1");
  await running.db.command({ dropIndexes: "docs", index: { b: 1 } });
  expect(await errorOf(docs.dropIndex("a_1"))).toMatchObject({ code: 27, codeName: "IndexNotFound" });
  expect(await errorOf(docs.dropIndex("_id_"))).toMatchObject({ codeName: "InvalidOptions" });
  await docs.dropIndexes();
  expect((await docs.indexes()).map((one) => one.name)).toEqual(["_id_"]);
});

const validator = { $jsonSchema: { required: ["n"], properties: { n: { bsonType: "int", minimum: 0 } } } };

test("refuses documents that a validator does not pass, on insert and on update, with details", async () => {
  const docs = await running.db.createCollection<Row>("valid", { validator });
  const error = await errorOf(docs.insertOne({ _id: 1, n: "x" }));
  expect(error).toMatchObject({
    code: 121,
    errInfo: { failingDocumentId: 1, details: { operatorName: "$jsonSchema" } },
  });
  await docs.insertOne({ _id: 1, n: 1 });
  expect(await errorOf(docs.updateOne({ _id: 1 }, { $set: { n: -1 } }))).toMatchObject({ code: 121 });
  expect(await docs.findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
  await docs.insertOne({ _id: 2, n: "x" }, { bypassDocumentValidation: true });
  expect(await docs.countDocuments()).toBe(2);
});

test("checks an $expr validator", async () => {
  const docs = await running.db.createCollection<Row>("expr", {
    validator: { $expr: { $lte: ["$spent", "$granted"] } },
  });
  await docs.insertOne({ _id: 1, spent: 1, granted: 2 });
  expect(await errorOf(docs.updateOne({ _id: 1 }, { $inc: { spent: 5 } }))).toMatchObject({ code: 121 });
});

test("lets moderate validation leave invalid documents as they are, and warn let everything pass", async () => {
  const docs = collection("moderate");
  await docs.insertOne({ _id: 1, n: "x" });
  await running.db.command({ collMod: "moderate", validator, validationLevel: "moderate" });
  await docs.updateOne({ _id: 1 }, { $set: { note: 1 } });
  expect(await errorOf(docs.insertOne({ _id: 2, n: "x" }))).toMatchObject({ code: 121 });
  await running.db.command({ collMod: "moderate", validationAction: "warn" });
  await docs.insertOne({ _id: 2, n: "x" });
  const [listed] = await running.db.listCollections({ name: "moderate" }).toArray();
  expect((listed as unknown as { options: Document }).options).toMatchObject({
    validationLevel: "moderate",
    validationAction: "warn",
  });
});

test("creates, lists, renames and drops collections and databases", async () => {
  await running.db.createCollection("one");
  expect(await errorOf(running.db.createCollection("one", { validator }))).toMatchObject({
    code: 48,
    codeName: "NamespaceExists",
  });
  await collection("one").insertOne({ _id: 1 });
  await collection("one").rename("two");
  expect(await collection("two").findOne()).toEqual({ _id: 1 });
  expect(await collection("one").findOne()).toBeNull();
  expect((await running.client.db().admin().listDatabases()).databases.map((one) => one.name)).toEqual(["test"]);
  expect(await collection("two").drop()).toBe(true);
  await collection("three").insertOne({ _id: 1 });
  await running.db.dropDatabase();
  expect(await running.db.listCollections().toArray()).toEqual([]);
});

test("refuses names that no server takes", async () => {
  for (const name of ["", "$x", "system.indexes", ".a", "a\0b"]) {
    expect(await errorOf(running.db.command({ create: name }))).toMatchObject({ codeName: "InvalidNamespace" });
  }
});

test("holds a change of definition back until transactions on the collection have ended", async () => {
  const docs = collection("docs");
  await docs.insertOne({ _id: 1 });
  const session = running.client.startSession();
  session.startTransaction();
  await docs.updateOne({ _id: 1 }, { $set: { a: 1 } }, { session });
  const order: string[] = [];
  const built = docs.createIndex({ a: 1 }).then(() => order.push("index"));
  await running.db.command({ ping: 1 });
  await session.commitTransaction().then(() => order.push("commit"));
  await built;
  expect(order.toSorted()).toEqual(["commit", "index"]);
  expect(await docs.find({ a: 1 }).hint("a_1").toArray()).toEqual([{ _id: 1, a: 1 }]);
  await session.endSession();
});
