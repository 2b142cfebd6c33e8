import { type ClientSession, MongoClient } from "mongodb";
import { DATABASE_NAME } from "../../../functions-src/lib/adapters/mongo/schema/collections";
import { until } from "../until";
import type { Made } from "./cell";
import { type Stage, type Stored, withDatabase } from "./stage";

const LIMIT_MS = 30_000;

/** Messages whose mark waits for a transaction that never ends. */
export interface HeldMarks {
  /** Resolves when Stripe's events were heard of, so that its answers came as well, and the marks still wait. */
  reached(): Promise<void>;
  /** Lets go, after the product was killed. */
  drop(): Promise<void>;
}

/** The messages of wishes, as they are stored. */
export function messagesOf(stage: Stage, made: readonly Made[]): Promise<readonly Stored[]> {
  return withDatabase(stage, (db) =>
    db
      .collection<Stored>("outbox")
      .find({ $or: [{ accountId: "nobody" }, ...made.flatMap(messageOf)] })
      .toArray(),
  );
}

function messageOf({ subject, wish }: Made): readonly object[] {
  return subject.outboxKind === null ? [] : [{ accountId: wish.accountId, kind: subject.outboxKind }];
}

/**
 * Holds up the mark of every message whose kind makes no other call between Stripe's answer and the mark: a transaction of ours
 * writes to the row after it was taken, so that the product's own write waits for us.
 */
export async function holdMarks(stage: Stage, all: readonly Made[]): Promise<HeldMarks> {
  const made = all.filter(({ subject }) => subject.between === null);
  const client = await MongoClient.connect(stage.mongodbUri());
  const session = client.startSession();
  session.startTransaction();
  const taken = (rows: readonly Stored[]): boolean => rows.length === made.length && rows.every(isTaken);
  const rows = await until("the messages to be taken", () => messagesOf(stage, made), taken, LIMIT_MS);
  for (const { _id } of rows) await hold(client, session, _id);
  return {
    reached: async () => {
      // The events of the refunds are processed long after their answers left Stripe.
      await until(
        "the events",
        () => countClawbacks(stage, made),
        (count) => count === made.length,
        LIMIT_MS,
      );
      const now = await messagesOf(stage, made);
      if (!now.every(({ state }) => state === "pending")) throw new Error("A mark was made although it was held");
    },
    // The server that knew the transaction is gone.
    drop: () => client.close(true).catch(() => undefined),
  };
}

const isTaken = ({ tries, state }: Stored): boolean => Number(tries) === 1 && state === "pending";

async function hold(client: MongoClient, session: ClientSession, id: string): Promise<void> {
  const outbox = client.db(DATABASE_NAME).collection<Stored>("outbox");
  const written = await outbox.updateOne({ _id: id, state: "pending" }, { $set: { answer: "held" } }, { session });
  if (written.matchedCount !== 1) throw new Error(`The mark of ${id} was made before it could be held`);
}

function countClawbacks(stage: Stage, made: readonly Made[]): Promise<number> {
  const accountId = { $in: made.map(({ wish }) => wish.accountId) };
  return withDatabase(stage, (db) => db.collection("ledger").countDocuments({ accountId, kind: "clawback" }));
}
