import { MongoError, type ClientSession, type Collection, type MongoClient } from "mongodb";
import type { SeededRandom } from "../seeded-random";
import type { History, Step, Transaction } from "./history";

interface Row {
  readonly _id: string;
  readonly list: readonly string[];
}

const CLIENTS = 5;
const TRANSACTIONS_PER_CLIENT = 3;
const MAX_STEPS = 4;
const MOST_KEYS = 4;

/** Runs random transactions of several clients at once over few keys, and notes what each of them saw. */
export async function recordHistory(client: MongoClient, name: string, random: SeededRandom): Promise<History> {
  const recorder = new Recorder(client, name, random);
  return recorder.record();
}

class Recorder {
  private now = 0;
  private lastElement = 0;
  private readonly keys: [string, ...string[]];
  private readonly rows: Collection<Row>;
  private readonly transactions: Transaction[] = [];

  constructor(
    private readonly client: MongoClient,
    private readonly name: string,
    private readonly random: SeededRandom,
  ) {
    this.rows = client.db("isolation").collection<Row>("rows");
    const more = Array.from({ length: 1 + random.below(MOST_KEYS - 1) }, (_, index) => `${name}:${index + 1}`);
    this.keys = [`${name}:0`, ...more];
  }

  async record(): Promise<History> {
    await this.rows.insertMany(this.keys.map((key) => ({ _id: key, list: [] })));
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => this.runClient(`${this.name}/${index}`)));
    const rows = await this.rows.find({ _id: { $in: [...this.keys] } }).toArray();
    await this.rows.deleteMany({ _id: { $in: [...this.keys] } });
    return { transactions: this.transactions, final: new Map(rows.map((row) => [row._id, row.list])) };
  }

  private async runClient(name: string): Promise<void> {
    for (let count = 0; count < TRANSACTIONS_PER_CLIENT; count += 1) {
      const id = `${name}.${count}`;
      const kind = this.random.below(10);
      if (kind < 7) await this.runTransaction(id);
      else if (kind === 7) await this.runPlain(id, (steps) => this.push(steps, this.random.pick(this.keys)));
      else if (kind === 8) await this.runPlain(id, (steps) => this.read(steps, [this.random.pick(this.keys)]));
      else await this.runSnapshot(id);
    }
  }

  private tick(): number {
    this.now += 1;
    return this.now;
  }

  private async runTransaction(id: string): Promise<void> {
    const steps: Step[] = [];
    const startedAt = this.tick();
    const session = this.client.startSession();
    let commitAskedAt: number | undefined;
    let status: Transaction["status"] = "aborted";
    try {
      session.startTransaction({ readConcern: { level: "snapshot" }, writeConcern: { w: "majority" } });
      const count = 1 + this.random.below(MAX_STEPS);
      for (let step = 0; step < count; step += 1) await this.runStep(steps, session);
      if (this.random.below(10) === 0) await session.abortTransaction();
      else {
        commitAskedAt = this.tick();
        await session.commitTransaction();
        status = "committed";
      }
    } catch (error) {
      status = outcomeOf(error);
      if (session.inTransaction()) await session.abortTransaction();
    } finally {
      await session.endSession();
    }
    this.transactions.push({ id, status, startedAt, commitAskedAt, endedAt: this.tick(), steps });
  }

  private async runStep(steps: Step[], session: ClientSession): Promise<void> {
    const key = this.random.pick(this.keys);
    const kind = this.random.below(10);
    if (kind < 4) await this.read(steps, [key], session);
    else if (kind < 5) await this.read(steps, this.keys, session);
    else if (kind < 7) await this.push(steps, key, session);
    else await this.rewrite(steps, key, session);
  }

  /** A single command outside any transaction is a transaction of one step. */
  private async runPlain(id: string, run: (steps: Step[]) => Promise<void>): Promise<void> {
    const steps: Step[] = [];
    const startedAt = this.tick();
    await run(steps);
    this.transactions.push({
      id,
      status: "committed",
      startedAt,
      commitAskedAt: startedAt,
      endedAt: this.tick(),
      steps,
    });
  }

  private async runSnapshot(id: string): Promise<void> {
    const session = this.client.startSession({ snapshot: true });
    try {
      await this.runPlain(id, async (steps) => {
        for (const key of this.keys) await this.read(steps, [key], session);
      });
    } finally {
      await session.endSession();
    }
  }

  private async read(steps: Step[], keys: readonly string[], session?: ClientSession): Promise<void> {
    const rows = await this.rows.find({ _id: { $in: [...keys] } }, session === undefined ? {} : { session }).toArray();
    const at = this.tick();
    for (const row of rows) steps.push({ kind: "read", key: row._id, value: row.list, at });
  }

  private async push(steps: Step[], key: string, session?: ClientSession): Promise<void> {
    const element = this.nextElement();
    // Noted before it is asked for: also a write that fails may be seen by others, which is what must not be.
    steps.push({ kind: "append", key, element });
    await this.rows.updateOne({ _id: key }, { $push: { list: element } }, session === undefined ? {} : { session });
  }

  /** Reads and writes back the whole list, as a program does that computes on what it has read. */
  private async rewrite(steps: Step[], key: string, session: ClientSession): Promise<void> {
    await this.read(steps, [key], session);
    const last = steps.findLast((step) => step.kind === "read" && step.key === key);
    const element = this.nextElement();
    steps.push({ kind: "append", key, element });
    const list = [...(last?.kind === "read" ? last.value : []), element];
    await this.rows.updateOne({ _id: key }, { $set: { list } }, { session });
  }

  private nextElement(): string {
    this.lastElement += 1;
    return `e${this.lastElement}`;
  }
}

/** Throws: what is no conflict between transactions, since nothing else may go wrong here. */
function outcomeOf(error: unknown): Transaction["status"] {
  if (!(error instanceof MongoError)) throw error;
  if (error.hasErrorLabel("UnknownTransactionCommitResult")) return "unknown";
  if (error.hasErrorLabel("TransientTransactionError")) return "aborted";
  throw error;
}
