import type { Doc } from "../bson/values";
import type { Persistence } from "../persist/persistence";
import { Catalogue, recordOf } from "./catalogue";
import { planEvictions } from "./capped";
import { applyChange, assertUnique, planChange, type Change, type Write } from "./change";
import type { Collection } from "./collection";
import { Flusher } from "./flusher";
import { beginning, nextInstant, type Instant } from "./instant";
import { Oplog, type OplogEntry, type OplogOperation } from "./oplog";
import { SessionTable, type SessionRecord } from "./session-table";
import { Snapshots } from "./snapshots";
import { assertUnclaimed, Transaction } from "./transaction";

/** Who commits: named in change events, and remembered so that a retry gets the same answer. */
export interface CommitOrigin {
  readonly lsid?: Doc;
  readonly txnNumber?: bigint;
  /** The session whose record changes with this commit. */
  readonly session?: SessionRecord;
}

/** Entries that have fallen off are removed from disk in lots, which costs less than one by one. */
const entriesPerTruncation = 512;
const defaultOplogBytes = 64 * 1024 * 1024;

/** The data of one server: catalogue, documents, sessions and the log of commits, with one writer (this thread). */
export class Store {
  readonly catalogue = new Catalogue();
  readonly sessions = new SessionTable();
  readonly snapshots = new Snapshots();
  readonly oplog: Oplog;
  readonly flusher: Flusher;
  readonly openTransactions = new Set<Transaction>();
  /** The newest commit. */
  lastCommit: Instant = beginning;
  private droppedOnDisk = 0;

  constructor(persistence: Persistence, options: { oplogBytes?: number } = {}) {
    this.oplog = new Oplog(options.oplogBytes ?? defaultOplogBytes);
    this.flusher = new Flusher(persistence);
  }

  beginTransaction(): Transaction {
    const transaction = new Transaction(this.lastCommit, this.snapshots.open(this.lastCommit));
    this.openTransactions.add(transaction);
    return transaction;
  }

  /** Writes one document outside a transaction and commits it. Throws: WriteBlocked, DuplicateKey. */
  writeNow(write: Write, origin: CommitOrigin): Instant {
    this.flusher.assertHealthy();
    const change = planChange(write);
    assertUnclaimed(change);
    assertUnique(write.collection.live, change);
    return this.commitChanges([change, ...planEvictions(change)], [], origin);
  }

  /** Commits a transaction: from here on everybody sees its writes. */
  commitTransaction(transaction: Transaction, origin: CommitOrigin): Instant {
    this.flusher.assertHealthy();
    this.openTransactions.delete(transaction);
    // Given back before the commit, which would otherwise keep the past for a reader that reads no more.
    transaction.releaseSnapshot();
    const at = this.commitChanges(transaction.changes, [...transaction.created.values()], origin);
    transaction.end();
    return at;
  }

  abortTransaction(transaction: Transaction): void {
    this.openTransactions.delete(transaction);
    for (const namespace of transaction.created.keys()) this.catalogue.release(namespace);
    transaction.end();
  }

  /** Commits a change of definitions; `apply` makes it in memory. */
  commitDefinition(operation: OplogOperation, apply: (at: Instant) => readonly Collection[]): Instant {
    this.flusher.assertHealthy();
    const at = this.nextCommit();
    const changed = apply(at);
    const batch = this.log({ at, wallMs: Date.now(), operations: [operation] });
    for (const collection of changed) {
      collection.definedAt = at;
      if (collection.isDropped) {
        batch?.documents.delete(collection.id);
        batch?.collections.set(collection.id, undefined);
      } else {
        batch?.collections.set(collection.id, recordOf(collection));
      }
    }
    return at;
  }

  /** Stores a session record that changed without a write, such as one removed by its timeout. */
  saveSession(key: string, record: SessionRecord | undefined): void {
    this.flusher.collect(this.lastCommit)?.sessions.set(key, record);
  }

  /** Takes the next commit timestamp. */
  nextCommit(): Instant {
    this.lastCommit = nextInstant(this.lastCommit, Date.now());
    return this.lastCommit;
  }

  private commitChanges(changes: readonly Change[], created: readonly Collection[], origin: CommitOrigin): Instant {
    if (changes.length === 0 && created.length === 0) return this.lastCommit;
    const at = this.nextCommit();
    const operations: OplogOperation[] = [];
    for (const collection of created) {
      this.catalogue.add(collection, at);
      operations.push(definitionOf("create", collection));
    }
    for (const change of changes) {
      const { collection } = change;
      if (collection.changedAt !== at) {
        this.snapshots.beforeChange(collection, at);
        collection.changedAt = at;
      }
      applyChange(collection.live, change);
      collection.dataBytes += (change.after?.length ?? 0) - (change.before?.length ?? 0);
      if (change.isSilent !== true) operations.push(operationOf(change));
    }
    const entry: OplogEntry = {
      at,
      wallMs: Date.now(),
      operations,
      ...(origin.lsid === undefined ? {} : { lsid: origin.lsid }),
      ...(origin.txnNumber === undefined ? {} : { txnNumber: origin.txnNumber }),
    };
    const batch = this.log(entry);
    if (batch !== undefined) {
      for (const collection of created) batch.collections.set(collection.id, recordOf(collection));
      for (const { collection, idKey, after } of changes) {
        let documents = batch.documents.get(collection.id);
        if (documents === undefined) batch.documents.set(collection.id, (documents = new Map()));
        documents.set(idKey, after);
      }
      if (origin.session !== undefined) batch.sessions.set(origin.session.key, origin.session);
    }
    return at;
  }

  private log(entry: OplogEntry): ReturnType<Flusher["collect"]> {
    this.oplog.append(entry);
    const batch = this.flusher.collect(entry.at);
    batch?.oplog.push(entry);
    if (batch !== undefined && this.oplog.droppedCount - this.droppedOnDisk >= entriesPerTruncation) {
      this.droppedOnDisk = this.oplog.droppedCount;
      batch.truncateThrough = this.oplog.truncatedThrough;
    }
    return batch;
  }
}

/** Describes a change of a collection's definition for the log. */
export function definitionOf(kind: OplogOperation["kind"], collection: Collection, detail?: Doc): OplogOperation {
  const { database, name, uuid } = collection;
  return { kind, database, collection: name, uuid, hasPreImage: false, ...(detail === undefined ? {} : { detail }) };
}

function operationOf({ collection, before, after, isReplacement }: Change): OplogOperation {
  const kind = before === undefined ? "insert" : after === undefined ? "delete" : isReplacement ? "replace" : "update";
  return {
    kind,
    database: collection.database,
    collection: collection.name,
    uuid: collection.uuid,
    hasPreImage: collection.options.hasPreImages === true && before !== undefined,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}
