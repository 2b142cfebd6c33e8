import type { Binary, Doc } from "../bson/values";
import type { CollectionOptions } from "../store/collection";
import type { Instant } from "../store/instant";
import type { OplogEntry } from "../store/oplog";
import type { SessionRecord } from "../store/session-table";

/** A collection's definition as it is stored. */
export interface CollectionRecord {
  readonly id: number;
  readonly uuid: Binary;
  readonly database: string;
  readonly name: string;
  readonly options: CollectionOptions;
  readonly indexes: readonly Doc[];
}

/** The stored part of a session record. */
export type StoredSession = Omit<SessionRecord, "transaction" | "transactionStartedMs">;

/** Everything that commits since the last flush have changed; it becomes durable as a whole or not at all. */
export interface Batch {
  /** Collection id -> encoded `_id` -> new bytes, or undefined where the document is gone. */
  readonly documents: Map<number, Map<string, Buffer | undefined>>;
  /** Collection id -> definition, or undefined where the collection is dropped with all its documents. */
  readonly collections: Map<number, CollectionRecord | undefined>;
  /** Session key -> record, or undefined where it has expired. */
  readonly sessions: Map<string, StoredSession | undefined>;
  readonly oplog: OplogEntry[];
  /** Oplog entries up to here are no longer needed. */
  truncateThrough: Instant;
  /** The newest commit in the batch. */
  lastCommit: Instant;
}

export function createBatch(): Batch {
  return {
    documents: new Map(),
    collections: new Map(),
    sessions: new Map(),
    oplog: [],
    truncateThrough: 0,
    lastCommit: 0,
  };
}

/** What a store finds on opening. */
export interface Recovered {
  /** Oplog entries up to here have fallen off. */
  readonly truncatedThrough: Instant;
  readonly collections: readonly CollectionRecord[];
  /** The documents of one collection, in key order. A long key is not whole. */
  documentsOf(collectionId: number): Iterable<{ readonly key: string; readonly bytes: Buffer }>;
  readonly oplog: Iterable<OplogEntry>;
  readonly sessions: readonly StoredSession[];
}

/** Where commits become durable. Holds: one `write` at a time; it resolves after the flush to disk. */
export interface Persistence {
  /** False for a store in memory: there is nothing to wait for. */
  readonly isDurable: boolean;
  load(): Recovered;
  write(batch: Batch): Promise<void>;
  close(): Promise<void>;
}

/** Keeps nothing: for `:memory:`. */
export function createMemoryPersistence(): Persistence {
  return {
    isDurable: false,
    load: () => ({ truncatedThrough: 0, collections: [], documentsOf: () => [], oplog: [], sessions: [] }),
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
