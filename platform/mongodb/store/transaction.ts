import { serverError, type ServerError } from "../errors";
import { applyChange, assertUnique, planChange, type Change, type Write } from "./change";
import { cloneTrees, type Collection, type Trees } from "./collection";
import type { Index } from "./secondary-index";
import type { Instant } from "./instant";

/** Thrown when a write outside a transaction meets a document that an open transaction has written: wait for its end, then try again. */
export class WriteBlocked extends Error {
  constructor(readonly by: Transaction) {
    super("Blocked by an open transaction");
  }
}

function writeConflict(): ServerError {
  return serverError(
    "WriteConflict",
    "Caused by :: Write conflict during plan execution and yielding is disabled. :: Please retry your operation or multi-document transaction.",
    { labels: ["TransientTransactionError"] },
  );
}

/**
 * The private side of a multi-document transaction: it reads the contents as of its snapshot plus its own writes.
 * Holds: first writer wins. A write takes an intent on the document and on each unique key it touches, and fails with WriteConflict
 * when another open transaction holds it or when the committed value is no longer the snapshot's; so committing never conflicts.
 */
export class Transaction {
  readonly changes: Change[] = [];
  /** Collections that come into being with this transaction, by namespace. */
  readonly created = new Map<string, Collection>();
  /** Collections it has read or written; their definition must not change before it ends. */
  readonly touched = new Set<Collection>();
  private readonly privateTrees = new Map<Collection, Trees>();
  private readonly documentIntents: [Collection, string][] = [];
  private readonly keyIntents: [Index, string][] = [];
  private readonly ending: Promise<void>;
  private settle: () => void = () => undefined;

  /** `releaseSnapshot` gives the snapshot back; it may be called again. */
  constructor(
    readonly snapshot: Instant,
    readonly releaseSnapshot: () => void,
  ) {
    this.ending = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** Resolves when the transaction has committed or aborted. */
  get ended(): Promise<void> {
    return this.ending;
  }

  treesOf(collection: Collection): Trees {
    this.touched.add(collection);
    return this.privateTrees.get(collection) ?? collection.treesAt(this.snapshot);
  }

  hasWritten(collection: Collection): boolean {
    return this.privateTrees.has(collection);
  }

  /** Throws: WriteConflict, DuplicateKey. */
  write(write: Write): void {
    const { collection } = write;
    if (collection.definedAt > this.snapshot && !this.created.has(collection.namespace)) throw writeConflict();
    const change = planChange(write);
    this.claim(change);
    assertUnique(this.treesOf(collection), change);
    let trees = this.privateTrees.get(collection);
    if (trees === undefined) {
      trees = cloneTrees(collection.treesAt(this.snapshot));
      this.privateTrees.set(collection, trees);
    }
    applyChange(trees, change);
    this.changes.push(change);
  }

  /** Releases every intent and wakes those who waited. */
  end(): void {
    for (const [collection, idKey] of this.documentIntents) collection.intents.delete(idKey);
    for (const [index, key] of this.keyIntents) index.intents.delete(key);
    this.privateTrees.clear();
    this.releaseSnapshot();
    this.settle();
  }

  private claim(change: Change): void {
    const { collection, idKey } = change;
    const snapshot = collection.treesAt(this.snapshot);
    const owner = collection.intents.get(idKey);
    if (owner !== this) {
      const isStale = collection.live.documents.get(idKey) !== snapshot.documents.get(idKey);
      if (owner !== undefined || isStale) throw writeConflict();
    }
    for (const { index, added, removed } of change.deltas) {
      if (!index.isUnique) continue;
      for (const key of [...added, ...removed]) this.claimKey(collection, index, key);
    }
    if (owner === undefined) {
      collection.intents.set(idKey, this);
      this.documentIntents.push([collection, idKey]);
    }
  }

  private claimKey(collection: Collection, index: Index, key: string): void {
    const owner = index.intents.get(key);
    if (owner === this) return;
    const committed = collection.live.entries.get(index)?.get(key);
    const seen = collection.treesAt(this.snapshot).entries.get(index)?.get(key);
    if (owner !== undefined || committed !== seen) throw writeConflict();
    index.intents.set(key, this);
    this.keyIntents.push([index, key]);
  }
}

/** Throws: WriteBlocked when an open transaction has written the document or one of the unique keys. */
export function assertUnclaimed(change: Change): void {
  const { collection, idKey } = change;
  const owner = collection.intents.size === 0 ? undefined : collection.intents.get(idKey);
  if (owner !== undefined) throw new WriteBlocked(owner);
  for (const { index, added, removed } of change.deltas) {
    if (!index.isUnique || index.intents.size === 0) continue;
    for (const key of [...added, ...removed]) {
      const holder = index.intents.get(key);
      if (holder !== undefined) throw new WriteBlocked(holder);
    }
  }
}
