import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

function docs() {
  return running.db.collection<Row>("docs");
}

/** Asks again until the server shows an operation that waits for a transaction. */
async function waitingOperation(): Promise<{ opid: number; ns: string; op: string }> {
  for (;;) {
    const { inprog } = await running.client.db("admin").command({ currentOp: 1, waitingForLock: true });
    if (inprog.length > 0) return inprog[0];
  }
}

test("shows a write that waits for a transaction, and kills it", async () => {
  await docs().insertOne({ _id: 1, n: 0 });
  const session = running.client.startSession();
  session.startTransaction();
  await docs().updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
  const waiting = errorOf(docs().updateOne({ _id: 1 }, { $inc: { n: 10 } }));
  const operation = await waitingOperation();
  expect(operation).toMatchObject({ ns: "test.docs", op: "update" });
  await running.client.db("admin").command({ killOp: 1, op: operation.opid });
  expect(await waiting).toMatchObject({ code: 11601 });
  await session.commitTransaction();
  await session.endSession();
  expect(await docs().findOne({ _id: 1 })).toEqual({ _id: 1, n: 1 });
});

test("lists operations and open transactions by the $currentOp stage", async () => {
  const session = running.client.startSession();
  session.startTransaction();
  await docs().find().toArray();
  await docs().find({}, { session }).toArray();
  const listed = await running.client
    .db("admin")
    .aggregate([{ $currentOp: {} }, { $project: { type: 1, op: 1 } }])
    .toArray();
  expect(listed).toEqual([{ type: "op", op: "command" }, { type: "idleSession" }]);
  await session.endSession();
});

test("bounds computing by maxTimeMS", async () => {
  await docs().insertMany(Array.from({ length: 3_000 }, (_, id) => ({ _id: id, n: id })));
  const crossed = docs().aggregate(
    [
      {
        $lookup: {
          from: "docs",
          let: { n: "$n" },
          pipeline: [{ $match: { $expr: { $eq: ["$n", "$$n"] } } }],
          as: "same",
        },
      },
      { $count: "n" },
    ],
    { maxTimeMS: 20 },
  );
  expect(await errorOf(crossed.toArray())).toMatchObject({ code: 50 });
});

test("changes an index's expiry and hides it from queries by collMod", async () => {
  await docs().createIndex({ at: 1 }, { expireAfterSeconds: 60, name: "at" });
  const changed = await running.db.command({
    collMod: "docs",
    index: { name: "at", expireAfterSeconds: 90, hidden: true },
  });
  expect(changed).toMatchObject({
    expireAfterSeconds_old: 60,
    expireAfterSeconds_new: 90,
    hidden_old: false,
    hidden_new: true,
  });
  expect(await docs().indexes()).toMatchObject([{}, { name: "at", expireAfterSeconds: 90, hidden: true }]);
  const plan = async () => (await docs().find({ at: 1 }).explain("queryPlanner"))["queryPlanner"].winningPlan.stage;
  expect(await plan()).toBe("COLLSCAN");
  expect(await errorOf(docs().find({}, { hint: "at" }).toArray())).toMatchObject({ code: 2 });
  await running.db.command({ collMod: "docs", index: { keyPattern: { at: 1 }, hidden: false } });
  expect(await plan()).toBe("FETCH");
});

test("counts by $indexStats how often queries used an index", async () => {
  await docs().createIndex({ n: 1 });
  await docs().find({ n: 1 }).toArray();
  await docs().find({ n: 2 }).toArray();
  await docs().findOne({ _id: 1 });
  const stats = await docs()
    .aggregate([{ $indexStats: {} }])
    .toArray();
  expect(stats).toMatchObject([
    { name: "_id_", accesses: { ops: 1 } },
    { name: "n_1", key: { n: 1 }, accesses: { ops: 2 } },
  ]);
});

test("keeps find between min and max of the hinted index, and shows keys alone", async () => {
  await docs().insertMany([1, 2, 3, 4, 5].map((id) => ({ _id: id, n: id * 10 })));
  await docs().createIndex({ n: -1 });
  const found = await docs()
    .find({}, { hint: { n: -1 }, min: { n: 40 }, max: { n: 10 } })
    .toArray();
  expect(found.map((row) => row["n"])).toEqual([40, 30, 20]);
  expect(
    await docs()
      .find({ n: { $gte: 40 } }, { hint: { n: -1 }, returnKey: true })
      .toArray(),
  ).toEqual([{ n: 50 }, { n: 40 }]);
  expect(
    await errorOf(
      docs()
        .find({}, { min: { n: 1 } })
        .toArray(),
    ),
  ).toMatchObject({ code: 51173 });
  expect(
    await errorOf(
      docs()
        .find({}, { hint: { n: -1 }, min: { x: 1 } })
        .toArray(),
    ),
  ).toMatchObject({ code: 51174 });
  expect(
    await errorOf(
      docs()
        .find({}, { hint: { _id: 1 }, min: { _id: 3 }, max: { _id: 2 } })
        .toArray(),
    ),
  ).toMatchObject({
    code: 51175,
  });
});

test("renames into another database with documents and indexes, over a collection that is there", async () => {
  const other = running.client.db("other");
  await docs().insertMany([
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  await docs().createIndex({ n: 1 }, { unique: true });
  await other.collection<Row>("moved").insertOne({ _id: 9 });
  const admin = running.client.db("admin");
  expect(await errorOf(admin.command({ renameCollection: "test.docs", to: "other.moved" }))).toMatchObject({
    code: 48,
  });
  await admin.command({ renameCollection: "test.docs", to: "other.moved", dropTarget: true });
  expect(await other.collection<Row>("moved").find().toArray()).toHaveLength(2);
  expect(await errorOf(other.collection<Row>("moved").insertOne({ _id: 3, n: 2 }))).toMatchObject({ code: 11000 });
  expect(await running.db.listCollections().toArray()).toEqual([]);
  expect((await other.listCollections().toArray()).map((one) => one.name)).toEqual(["moved"]);
});

test("tells a rename over another collection as one event", async () => {
  await docs().insertOne({ _id: 1 });
  await running.db.collection<Row>("target").insertOne({ _id: 2 });
  const stream = running.db.watch([], { showExpandedEvents: true });
  const next = stream.next();
  await stream.tryNext().catch(() => null);
  await docs().rename("target", { dropTarget: true });
  expect(await next).toMatchObject({
    operationType: "rename",
    to: { coll: "target" },
    operationDescription: { dropTarget: expect.anything() },
  });
  await stream.close();
});
