import { mkdirSync, realpathSync } from "node:fs";
import { decode } from "../bson/decode";
import type { Collection } from "../store/collection";
import { planIndex } from "../store/index-specification";
import { Index } from "../store/secondary-index";
import { Store } from "../store/store";
import { createTree } from "../store/tree";
import { lockFolder } from "./folder-lock";
import { createLmdbPersistence } from "./lmdb-persistence";
import { createMemoryPersistence, type Recovered } from "./persistence";

/** An open store and the way to close it. */
export interface OpenStore {
  readonly store: Store;
  /** Writes what is open, closes the files and gives the folder free. */
  release(): Promise<void>;
}

/** Opens the store in a folder, or an empty one in memory. Throws: an error that names the folder when another server uses it. */
export async function openStore(dataDir: string): Promise<OpenStore> {
  if (dataDir === ":memory:") {
    const store = new Store(createMemoryPersistence());
    return { store, release: () => store.flusher.close() };
  }
  mkdirSync(dataDir, { recursive: true });
  const folder = realpathSync(dataDir);
  const unlock = await lockFolder(folder);
  try {
    const persistence = createLmdbPersistence(folder);
    const store = new Store(persistence);
    restore(store, persistence.load());
    const release = async (): Promise<void> => {
      try {
        await store.flusher.close();
      } finally {
        await unlock();
      }
    };
    return { store, release };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function restore(store: Store, recovered: Recovered): void {
  for (const entry of recovered.oplog) store.oplog.append(entry);
  store.oplog.truncatedThrough = Math.max(store.oplog.truncatedThrough, recovered.truncatedThrough);
  store.lastCommit = store.oplog.newest ?? 0;
  store.flusher.flushed = store.lastCommit;
  for (const record of recovered.collections) {
    const collection = store.catalogue.restore(record);
    const indexes = record.indexes.map((specification) => new Index(planIndex(specification).definition));
    for (const index of indexes) collection.live.entries.set(index, createTree());
    for (const { key, bytes } of recovered.documentsOf(record.id)) restoreDocument(collection, key, bytes);
  }
  for (const session of recovered.sessions) {
    store.sessions.records.set(session.key, { ...session, transaction: undefined, transactionStartedMs: 0 });
  }
}

/** Decodes each document once for all its keys. Nothing is checked: what is on disk was checked when it was written. */
function restoreDocument(collection: Collection, storedKey: string, bytes: Buffer): void {
  const { live } = collection;
  const view = decode(bytes);
  const idKey = collection.restoreKey(view, storedKey);
  collection.dataBytes += bytes.length;
  live.documents.set(idKey, bytes);
  for (const [index, entries] of live.entries) {
    for (const key of index.keysOf(view, idKey)) entries.set(key, idKey);
  }
}
