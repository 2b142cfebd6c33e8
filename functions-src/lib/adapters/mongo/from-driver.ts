import { Long } from "bson";
import type { ClientSession, Db, Document, MongoClient } from "mongodb";
import type { Collection, Database, DatabaseSession, OperationOptions } from "../../ports/collection";

const MAJORITY = { writeConcern: { w: "majority" }, readConcern: { level: "majority" } } as const;
const TRANSACTION = {
  readConcern: { level: "snapshot" },
  writeConcern: { w: "majority" },
  readPreference: "primary",
} as const;

type DriverDocument = Record<string, unknown> & { _id: string };

class DriverSession implements DatabaseSession {
  constructor(readonly session: ClientSession) {}

  start(): void {
    this.session.startTransaction(TRANSACTION);
  }

  async commit(): Promise<void> {
    await this.session.commitTransaction();
  }

  async abort(): Promise<void> {
    if (this.session.inTransaction()) await this.session.abortTransaction().catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.session.endSession();
  }
}

/** Wraps a session of the caller's own; its transaction is started and ended by the caller. */
export function wrapSession(session: ClientSession): DatabaseSession {
  return new DriverSession(session);
}

/** Makes the product's database over the official driver, for scripts, tests and services that embed the product. */
export function createDatabaseFromDriver(client: MongoClient, name: string): Database {
  const db = client.db(name);
  return {
    collection: (collectionName) => createCollection(db, collectionName),
    openSession: () => new DriverSession(client.startSession()),
    int64: (value) => Long.fromNumber(value),
  };
}

function createCollection(db: Db, name: string): Collection {
  const collection = db.collection<DriverDocument>(name, MAJORITY);
  return {
    findOne: async (filter, options) => await collection.findOne(filter, sessionOf(options)),
    find: async (filter, { sort, limit, hint, ...options }) => {
      const cursor = collection.find(filter, { ...sessionOf(options), limit, ...(hint === undefined ? {} : { hint }) });
      return await (sort === undefined ? cursor : cursor.sort({ ...sort } as Record<string, 1 | -1>)).toArray();
    },
    insertMany: async (documents, options) => {
      await collection.insertMany(documents as readonly DriverDocument[], sessionOf(options));
    },
    updateOne: async (filter, update, options) => {
      const result = await collection.updateOne(filter, update as Document | Document[], {
        ...sessionOf(options),
        ...(options?.upsert === true ? { upsert: true } : {}),
      });
      return { matched: result.matchedCount + result.upsertedCount > 0 };
    },
  };
}

function sessionOf(options: OperationOptions | undefined): { session?: ClientSession } {
  return options?.session instanceof DriverSession ? { session: options.session.session } : {};
}
