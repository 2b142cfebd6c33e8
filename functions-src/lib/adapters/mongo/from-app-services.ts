import type { Collection, Database, DatabaseSession, OperationOptions, StoredDocument } from "../../ports/collection";

/** The parts of the App Services MongoDB client that are used; documented under `context.services`. */
export interface AppServicesClient {
  db(name: string): { collection(name: string): AppServicesCollection };
  startSession(): AppServicesSession;
}

interface AppServicesSession {
  startTransaction(options: unknown): void;
  commitTransaction(): Promise<void>;
  abortTransaction(): Promise<void>;
  endSession(): Promise<void> | void;
}

interface AppServicesCursor {
  sort(order: unknown): AppServicesCursor;
  limit(count: number): AppServicesCursor;
  toArray(): Promise<readonly StoredDocument[]>;
}

interface AppServicesCollection {
  findOne(query: unknown, projection?: unknown, options?: unknown): Promise<StoredDocument | null>;
  find(query: unknown, projection?: unknown, options?: unknown): AppServicesCursor;
  insertMany(documents: readonly unknown[], options?: unknown): Promise<unknown>;
  updateOne(
    query: unknown,
    update: unknown,
    options?: unknown,
  ): Promise<{ readonly matchedCount: number; readonly upsertedId?: unknown }>;
}

/** The global `BSON` of a function. */
export interface AppServicesBson {
  readonly Long: new (low: number, high: number) => unknown;
}

const TRANSACTION = { readConcern: { level: "snapshot" }, writeConcern: { w: "majority" }, readPreference: "primary" };
const TWO_POW_32 = 2 ** 32;

class ServiceSession implements DatabaseSession {
  #open = false;

  constructor(readonly session: AppServicesSession) {}

  start(): void {
    this.session.startTransaction(TRANSACTION);
    this.#open = true;
  }

  async commit(): Promise<void> {
    await this.session.commitTransaction();
    this.#open = false;
  }

  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    // Best effort: the server aborts an abandoned transaction by itself, and the first error is the one that matters.
    await this.session.abortTransaction().catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.session.endSession();
  }
}

/** Makes the product's database over the MongoDB service of an App Services function. */
export function createDatabaseFromAppServices(
  client: AppServicesClient,
  bson: AppServicesBson,
  name: string,
): Database {
  const db = client.db(name);
  return {
    collection: (collectionName) => createCollection(db.collection(collectionName)),
    openSession: () => new ServiceSession(client.startSession()),
    int64: (value) => {
      const high = Math.floor(value / TWO_POW_32);
      return new bson.Long((value - high * TWO_POW_32) | 0, high | 0);
    },
  };
}

function createCollection(collection: AppServicesCollection): Collection {
  return {
    findOne: (filter, options) => collection.findOne(filter, {}, readOptions(options)),
    find: (filter, { sort, limit, hint, ...options }) => {
      const cursor = collection.find(filter, {}, { ...readOptions(options), ...(hint === undefined ? {} : { hint }) });
      return (sort === undefined ? cursor : cursor.sort(sort)).limit(limit).toArray();
    },
    insertMany: async (documents, options) => {
      await collection.insertMany(documents, writeOptions(options));
    },
    updateOne: async (filter, update, options) => {
      const result = await collection.updateOne(filter, update, {
        ...writeOptions(options),
        ...(options?.upsert === true ? { upsert: true } : {}),
      });
      return { matched: result.matchedCount > 0 || (result.upsertedId ?? null) !== null };
    },
  };
}

/** Inside a transaction the session says how to read; outside only what a majority has is believed. */
function readOptions(options: OperationOptions | undefined): object {
  const session = sessionOf(options);
  return session === undefined ? { readConcern: { level: "majority" } } : { session };
}

function writeOptions(options: OperationOptions | undefined): object {
  const session = sessionOf(options);
  return session === undefined ? { writeConcern: { w: "majority" } } : { session };
}

function sessionOf(options: OperationOptions | undefined): AppServicesSession | undefined {
  return options?.session instanceof ServiceSession ? options.session.session : undefined;
}
