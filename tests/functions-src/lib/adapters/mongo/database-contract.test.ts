import type { MongoClient } from "mongodb";
import {
  type AppServicesBson,
  type AppServicesClient,
  createDatabaseFromAppServices,
} from "../../../../../functions-src/lib/adapters/mongo/from-app-services";
import { createDatabaseFromDriver } from "../../../../../functions-src/lib/adapters/mongo/from-driver";
import { hasLabel, isDuplicateKey } from "../../../../../functions-src/lib/adapters/mongo/store-errors";
import type { Database } from "../../../../../functions-src/lib/ports/collection";
import { createBsonGlobals } from "../../../../../platform/app-services/functions/worker/bson-globals";
import { createMongodbService } from "../../../../../platform/app-services/functions/worker/mongodb-service";
import { startTestDatabase, type TestDatabase } from "../../../../support/embedded";

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

const NAME = "contract";
const implementations: readonly [string, (client: MongoClient) => Database][] = [
  ["the official driver", (client) => createDatabaseFromDriver(client, NAME)],
  [
    "the App Services client",
    (client) =>
      createDatabaseFromAppServices(
        createMongodbService(client, "primary") as unknown as AppServicesClient,
        createBsonGlobals().BSON as AppServicesBson,
        NAME,
      ),
  ],
];

describe.each(implementations)("the database port over %s", (_name, open) => {
  let database: Database;
  beforeEach(async () => {
    await test.client.db(NAME).dropDatabase();
    await test.client.db(NAME).createCollection("things");
    database = open(test.client);
  });

  it("finds what was inserted, sorted and limited", async () => {
    const things = database.collection("things");
    await things.insertMany([
      { _id: "a", n: 1 },
      { _id: "b", n: 3 },
      { _id: "c", n: 2 },
    ]);
    expect((await things.find({ n: { $gt: 0 } }, { sort: { n: -1 }, limit: 2 })).map(({ _id }) => _id)).toEqual([
      "b",
      "c",
    ]);
    expect(await things.findOne({ _id: "c" })).toEqual({ _id: "c", n: 2 });
    expect(await things.findOne({ _id: "z" })).toBeNull();
  });

  it("tells whether an update matched, and inserts only when asked to", async () => {
    const things = database.collection("things");
    await things.insertMany([{ _id: "a", n: 1 }]);
    expect(await things.updateOne({ _id: "a", n: 1 }, { $set: { n: 2 } })).toEqual({ matched: true });
    expect(await things.updateOne({ _id: "a", n: 1 }, { $set: { n: 3 } })).toEqual({ matched: false });
    expect(await things.updateOne({ _id: "b" }, { $set: { n: 3 } })).toEqual({ matched: false });
    expect(await things.updateOne({ _id: "b" }, { $set: { n: 3 } }, { upsert: true })).toEqual({ matched: true });
    expect((await things.find({}, { limit: 10 })).length).toBe(2);
  });

  it.each([0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])(
    "stores %d as a 64-bit integer, exactly",
    async (value) => {
      await database.collection("things").insertMany([{ _id: "n", n: database.int64(value) }]);
      const [raw] = await test.client
        .db(NAME)
        .collection("things")
        .find({ n: { $type: "long" } }, { promoteLongs: false })
        .toArray();
      expect(String(raw?.["n"])).toBe(String(value));
    },
  );

  it("names a unique index that refused a write", async () => {
    await test.client.db(NAME).collection("things").createIndex({ k: 1 }, { name: "one_k", unique: true });
    const things = database.collection("things");
    await things.insertMany([{ _id: "a", k: 1 }]);
    const error: unknown = await things.insertMany([{ _id: "b", k: 1 }]).catch((thrown: unknown) => thrown);
    expect([isDuplicateKey(error), isDuplicateKey(error, "one_k"), isDuplicateKey(error, "other")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("shows nothing of a transaction before its commit and all of it after", async () => {
    const things = database.collection("things");
    const session = database.openSession();
    session.start();
    await things.insertMany([{ _id: "a" }], { session });
    expect(await things.findOne({ _id: "a" })).toBeNull();
    expect(await things.findOne({ _id: "a" }, { session })).toEqual({ _id: "a" });
    await session.commit();
    await session.end();
    expect(await things.findOne({ _id: "a" })).toEqual({ _id: "a" });
  });

  it("leaves nothing of an aborted transaction, and aborting again is harmless", async () => {
    const things = database.collection("things");
    const session = database.openSession();
    session.start();
    await things.insertMany([{ _id: "a" }], { session });
    await session.abort();
    await session.abort();
    await session.end();
    expect(await things.findOne({ _id: "a" })).toBeNull();
  });

  it("lets the first of two writers win and labels the other's error transient", async () => {
    const things = database.collection("things");
    await things.insertMany([{ _id: "a", n: 0 }]);
    const [first, second] = [database.openSession(), database.openSession()];
    for (const session of [first, second]) {
      session.start();
      await things.findOne({ _id: "a" }, { session });
    }
    await things.updateOne({ _id: "a" }, { $set: { n: 1 } }, { session: first });
    const error: unknown = await things
      .updateOne({ _id: "a" }, { $set: { n: 2 } }, { session: second })
      .catch((thrown: unknown) => thrown);
    expect(hasLabel(error, "TransientTransactionError")).toBe(true);
    await first.commit();
    await second.abort();
    for (const session of [first, second]) await session.end();
    expect(await things.findOne({ _id: "a" })).toEqual({ _id: "a", n: 1 });
  });
});
