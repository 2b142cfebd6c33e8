import type { Document, Filter } from "mongodb";
import { errorOf, startServer, type StartedServer } from "../started-server";

type Row = Document & { _id: number };

let running: StartedServer;
beforeAll(async () => {
  running = await startServer();
  await rows().createIndexes([
    { key: { account: 1, at: -1 } },
    { key: { tags: 1 } },
    { key: { state: 1 }, partialFilterExpression: { state: { $gte: 5 } } },
    { key: { email: 1 }, sparse: true },
  ]);
  await rows().insertMany(
    Array.from({ length: 100 }, (_, n) => ({
      _id: n,
      account: `a${n % 10}`,
      at: n,
      state: n % 10,
      tags: [`t${n % 3}`, `u${n % 5}`],
      pairs: [
        { x: n % 2, y: n % 3 },
        { x: n % 5, y: n % 7 },
      ],
      ...(n % 10 === 0 ? { email: `e${n}` } : {}),
    })),
  );
});
afterAll(() => running.close());

function rows() {
  return running.db.collection<Row>("rows");
}

function flat(plan: Document): string {
  return plan["inputStage"] === undefined ? plan["stage"] : `${plan["stage"]}<${flat(plan["inputStage"])}`;
}

async function explained(
  filter: Filter<Row>,
  options: Document = {},
): Promise<{ plan: string; keys: number; docs: number; returned: number; index?: string }> {
  const answer = await running.db.command({
    explain: { find: "rows", filter, ...options },
    verbosity: "executionStats",
  });
  const { winningPlan } = answer["queryPlanner"];
  const stats = answer["executionStats"];
  let leaf = winningPlan;
  while (leaf.inputStage !== undefined) leaf = leaf.inputStage;
  return {
    plan: flat(winningPlan),
    keys: stats.totalKeysExamined,
    docs: stats.totalDocsExamined,
    returned: stats.nReturned,
    index: leaf.indexName,
  };
}

test("reads one document for an _id, and walks the collection when no index fits", async () => {
  expect(await explained({ _id: 5 })).toEqual({ plan: "FETCH<IXSCAN", keys: 1, docs: 1, returned: 1, index: "_id_" });
  expect(await explained({ at: 5 })).toEqual({ plan: "COLLSCAN", keys: 0, docs: 100, returned: 1, index: undefined });
});

test("bounds a compound index by equality and range, and takes its order for the sort", async () => {
  expect(await explained({ account: "a3", at: { $gte: 50, $lt: 80 } })).toMatchObject({
    plan: "FETCH<IXSCAN",
    keys: 3,
    docs: 3,
    returned: 3,
  });
  expect(await explained({ account: "a3" }, { sort: { at: -1 }, limit: 2 })).toMatchObject({
    plan: "LIMIT<FETCH<IXSCAN",
    keys: 2,
    returned: 2,
  });
  expect(await explained({ account: "a3" }, { sort: { at: 1 } })).toMatchObject({ plan: "FETCH<IXSCAN", keys: 10 });
  expect(await explained({ account: "a3" }, { sort: { state: 1 } })).toMatchObject({
    plan: "SORT<FETCH<IXSCAN",
    keys: 10,
  });
  expect(await explained({ account: { $in: ["a1", "a2"] } }, { sort: { at: 1 } })).toMatchObject({
    plan: "SORT<FETCH<IXSCAN",
    keys: 20,
  });
});

test("uses a partial index only where the filter implies it, a sparse one only where the field must be there", async () => {
  expect(await explained({ state: { $gte: 7 } })).toMatchObject({ index: "state_1", docs: 30, returned: 30 });
  expect(await explained({ state: { $gte: 2 } })).toMatchObject({ plan: "COLLSCAN", returned: 80 });
  expect(await explained({ state: 3 })).toMatchObject({ plan: "COLLSCAN", returned: 10 });
  expect(await explained({ email: "e20" })).toMatchObject({ index: "email_1", docs: 1 });
  expect(await explained({ email: null })).toMatchObject({ plan: "COLLSCAN", returned: 90 });
});

test("finds a document once through several keys of a multikey index", async () => {
  expect(await explained({ tags: { $in: ["t0", "u0"] } })).toMatchObject({ index: "tags_1", returned: 47 });
});

test("obeys a hint, by name and by key, and refuses one that names no index", async () => {
  expect(await explained({ account: "a1", tags: "t1" }, { hint: "tags_1" })).toMatchObject({ index: "tags_1" });
  expect(await explained({ tags: "t1" }, { hint: { account: 1, at: -1 } })).toMatchObject({
    index: "account_1_at_-1",
    keys: 100,
  });
  expect(await explained({ account: "a1" }, { hint: { $natural: 1 } })).toMatchObject({ plan: "COLLSCAN" });
  expect(await errorOf(rows().find({}).hint("nope").toArray())).toMatchObject({ codeName: "BadValue" });
});

test("plans the query inside aggregate, update and delete, and carries no write out", async () => {
  const aggregate = await running.db.command({
    explain: {
      aggregate: "rows",
      pipeline: [{ $match: { account: "a1" } }, { $group: { _id: "$state" } }],
      cursor: {},
    },
    verbosity: "queryPlanner",
  });
  expect(flat(aggregate["stages"][0].$cursor.queryPlanner.winningPlan)).toBe("FETCH<IXSCAN");
  const remove = await running.db.command({
    explain: { delete: "rows", deletes: [{ q: { account: "a1" }, limit: 0 }] },
  });
  expect(flat(remove["queryPlanner"].winningPlan)).toBe("DELETE<FETCH<IXSCAN");
  expect(await rows().countDocuments()).toBe(100);
});

const filters: Filter<Row>[] = [
  { account: "a3", at: { $gt: 20, $lte: 73 } },
  { account: { $gt: "a3", $lt: "a6" } },
  { account: { $in: ["a1", "a9", "zz"] }, at: { $lt: 40 } },
  { tags: { $gt: "t0", $lt: "u" } },
  { tags: { $all: ["t1", "u2"] } },
  { tags: "t2", account: "a5" },
  { state: { $gt: 5, $lt: 9 } },
  { email: { $exists: true } },
  { email: { $gte: "e3" } },
  { _id: { $gte: 10, $lt: 20 }, account: { $ne: "a5" } },
  { _id: { $in: [3, 3, 99, 400] } },
  { $or: [{ account: "a1" }, { state: 2 }] },
  { "pairs.x": 1, "pairs.y": 2 },
  { pairs: { $elemMatch: { x: 1, y: 2 } } },
];

test.each(filters)("finds the same through indexes as without: %j", async (filter) => {
  await rows().createIndex({ "pairs.x": 1, "pairs.y": 1 });
  const byIndex = await rows().find(filter).sort({ _id: 1 }).toArray();
  const byScan = await rows().find(filter).hint({ $natural: 1 }).sort({ _id: 1 }).toArray();
  expect(byIndex).toEqual(byScan);
});

test("sorts by an index as it sorts in memory, mixed types included", async () => {
  const mixed = running.db.collection<Document & { _id: number }>("mixed");
  const values = [5, "5", null, 2.5, new Date(5), true, [1, 9], { a: 1 }, -3, "a", undefined];
  await mixed.insertMany(values.map((v, _id) => (v === undefined ? { _id } : { _id, v })));
  const before = await mixed
    .find({ _id: { $ne: 6 } })
    .sort({ v: 1, _id: 1 })
    .toArray();
  await mixed.createIndex({ v: 1, _id: 1 });
  const after = await mixed
    .find({ _id: { $ne: 6 } })
    .sort({ v: 1, _id: 1 })
    .toArray();
  expect(after).toEqual(before);
});
