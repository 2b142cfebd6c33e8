import { Long, type ClientSession, type MongoClient } from "mongodb";
import type { Task } from "./measure";

interface Item {
  readonly _id: number;
  readonly balance: Long;
  readonly rank: number;
  readonly name: string;
}

const DATABASE = "bench";
const FILL_BATCH = 5_000;
const MANY = 10_000;
const RANGE = 100;

function itemOf(id: number): Item {
  return { _id: id, balance: Long.fromNumber(1_000), rank: id, name: `item ${id} of a collection` };
}

/** Fills a collection with numbered documents and an index on their `rank`. */
export async function fillDocuments(client: MongoClient, name: string, count: number): Promise<void> {
  const collection = client.db(DATABASE).collection<Item>(name);
  await collection.createIndex({ rank: 1 });
  for (let start = 0; start < count; start += FILL_BATCH) {
    const length = Math.min(FILL_BATCH, count - start);
    await collection.insertMany(Array.from({ length }, (_, index) => itemOf(start + index)));
  }
}

/** The operations on one document and on 10,000, each compared with `ping`; `suffix` ends every name. */
export function basicTasks(client: MongoClient, suffix: string): Task[] {
  const db = client.db(DATABASE);
  const many = db.collection<Item>("many");
  const ping = `ping${suffix}`;
  const task = (name: string, run: () => Promise<unknown>): Task => ({ name: `${name}${suffix}`, ratioTo: ping, run });
  const one = (): number => 0;
  const any = (): number => Math.floor(Math.random() * MANY);
  const inserted = db.collection("inserted");
  return [
    { name: ping, ratioTo: undefined, run: () => db.command({ ping: 1 }) },
    task("insert", () => inserted.insertOne({ balance: Long.fromNumber(1_000), name: "an inserted document" })),
    ...(
      [
        ["one document", one],
        ["10,000 documents", any],
      ] as const
    ).flatMap(([of, choose]) => [
      task(`point read, ${of}`, () => many.findOne({ _id: choose() })),
      task(`$inc, ${of}`, () => many.updateOne({ _id: choose() }, { $inc: { balance: Long.fromNumber(1) } })),
      task(`4-command transaction, ${of}`, () => transact(client, choose())),
    ]),
  ];
}

/** A read, an update, an insert and a commit; a conflict begins it again, as it does in every program. */
async function transact(client: MongoClient, id: number): Promise<void> {
  await client.withSession((session) =>
    session.withTransaction(() => spend(client, session, id), { writeConcern: { w: "majority" } }),
  );
}

async function spend(client: MongoClient, session: ClientSession, id: number): Promise<void> {
  const db = client.db(DATABASE);
  const many = db.collection<Item>("many");
  const found = await many.findOne({ _id: id }, { session });
  await many.updateOne({ _id: id }, { $inc: { balance: Long.fromNumber(-1) } }, { session });
  await db
    .collection("entries")
    .insertOne({ of: id, before: found?.balance, amount: Long.fromNumber(-1) }, { session });
}

/** Reads in a large collection beside the same reads in a small one. */
export function largeTasks(client: MongoClient, count: number): Task[] {
  const db = client.db(DATABASE);
  const many = db.collection<Item>("many");
  const large = db.collection<Item>("large");
  const below = (limit: number): number => Math.floor(Math.random() * limit);
  const label = count.toLocaleString("en-US");
  const range = (limit: number): { rank: { $gte: number; $lt: number } } => {
    const from = below(limit - RANGE);
    return { rank: { $gte: from, $lt: from + RANGE } };
  };
  const smallRead = "point read of 10,000 documents";
  const smallRange = `range of ${RANGE} by index of 10,000 documents`;
  return [
    { name: "ping", ratioTo: undefined, run: () => db.command({ ping: 1 }) },
    { name: smallRead, ratioTo: "ping", run: () => many.findOne({ _id: below(MANY) }) },
    { name: `point read of ${label} documents`, ratioTo: smallRead, run: () => large.findOne({ _id: below(count) }) },
    { name: smallRange, ratioTo: "ping", run: () => many.find(range(MANY)).toArray() },
    {
      name: `range of ${RANGE} by index of ${label} documents`,
      ratioTo: smallRange,
      run: () => large.find(range(count)).toArray(),
    },
  ];
}
