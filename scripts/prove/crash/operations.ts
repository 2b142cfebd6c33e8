import { MongoError, type ClientSession, type Db, type MongoClient } from "mongodb";

/** The database that the crash proof writes to. */
export const DATABASE = "crash";

/** What the writers know of their operations: a lost one got no answer, so it may have happened wholly or not at all. */
export interface Outcomes {
  readonly acknowledged: Set<string>;
  readonly refused: Set<string>;
  readonly lost: Set<string>;
}

/** One writer's row: how many entries it has written. */
export interface Counter {
  readonly _id: string;
  readonly count: number;
}

/** What one transaction writes; `slot` is unique, and `drops` names the earlier entry whose parts it removes. */
export interface Entry {
  readonly _id: string;
  readonly writer: string;
  readonly number: number;
  readonly slot: number;
  readonly drops: string | null;
}

/** One of the two documents in another collection that belong to an entry. */
export interface Part {
  readonly _id: string;
  readonly entry: string;
}

const ENTRIES_PER_CLASH = 8;
const DROP_EVERY = 4;
const PLAIN_EVERY = 3;
const MAX_ATTEMPTS = 100;

/** Hands out slots; now and then the same one twice, so that two transactions meet on the unique index. */
export class Slots {
  private given = 0;
  private last = 0;

  constructor(private readonly start: number) {}

  next(): number {
    this.given += 1;
    if (this.given % ENTRIES_PER_CLASH !== 0) this.last = this.start + this.given;
    return this.last;
  }
}

/** Creates the indexes that are compared with the documents later. */
export async function createIndexes(db: Db): Promise<void> {
  await db.collection<Entry>("entries").createIndexes([
    { key: { slot: 1 }, unique: true, name: "slot" },
    { key: { writer: 1, number: -1 }, name: "writer" },
  ]);
  await db.collection<Part>("parts").createIndexes([{ key: { entry: 1 }, name: "entry" }]);
}

/** Writes entry after entry as one writer until the database is gone. */
export async function writeUntilKilled(
  client: MongoClient,
  writer: string,
  slots: Slots,
  outcomes: Outcomes,
): Promise<void> {
  const history: string[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const id = `${writer}:${attempt}`;
    const number = history.length + 1;
    const drops = number % DROP_EVERY === 0 ? (history.at(-2) ?? null) : null;
    const answer = await writeEntry(client, { _id: id, writer, number, slot: slots.next(), drops });
    outcomes[answer].add(id);
    if (answer === "lost") return;
    if (answer === "acknowledged") history.push(id);
    if (attempt % PLAIN_EVERY === 0 && !(await writePlain(client, `plain:${id}`, outcomes))) return;
  }
}

async function writePlain(client: MongoClient, id: string, outcomes: Outcomes): Promise<boolean> {
  try {
    await client.db(DATABASE).collection<{ _id: string }>("plain").insertOne({ _id: id });
    outcomes.acknowledged.add(id);
    return true;
  } catch {
    outcomes.lost.add(id);
    return false;
  }
}

async function writeEntry(client: MongoClient, entry: Entry): Promise<keyof Outcomes> {
  const session = client.startSession();
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const answer = await tryEntry(client.db(DATABASE), session, entry);
      if (answer !== "conflict") return answer;
    }
    return "refused";
  } finally {
    await session.endSession().catch(() => undefined);
  }
}

/** Runs the transaction once. Only a definite no of the server counts as refused: a broken connection leaves the outcome open. */
async function tryEntry(db: Db, session: ClientSession, entry: Entry): Promise<keyof Outcomes | "conflict"> {
  try {
    session.startTransaction({ writeConcern: { w: "majority" } });
    await writeDocuments(db, session, entry);
    await session.commitTransaction();
    return "acknowledged";
  } catch (error) {
    const isAnswered = error instanceof MongoError && typeof error.code === "number";
    if (!isAnswered || error.hasErrorLabel("UnknownTransactionCommitResult")) return "lost";
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    if (error.hasErrorLabel("TransientTransactionError")) return "conflict";
    if (error.code === 11000) return "refused";
    throw error;
  }
}

async function writeDocuments(db: Db, session: ClientSession, entry: Entry): Promise<void> {
  const parts = db.collection<Part>("parts");
  await db
    .collection<Counter>("counters")
    .updateOne({ _id: entry.writer }, { $inc: { count: 1 } }, { session, upsert: true });
  await db.collection<Entry>("entries").insertOne(entry, { session });
  await parts.insertMany(
    ["a", "b"].map((name) => ({ _id: `${entry._id}:${name}`, entry: entry._id })),
    { session },
  );
  if (entry.drops !== null) await parts.deleteMany({ entry: entry.drops }, { session });
}
