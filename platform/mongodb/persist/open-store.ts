import { mkdirSync, realpathSync } from "node:fs";
import { buildIndex } from "../store/build-index";
import { idKeyOf, viewOf } from "../store/document";
import { planIndex } from "../store/index-specification";
import { Store } from "../store/store";
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
    for (const bytes of recovered.documentsOf(record.id)) {
      collection.live.documents.set(idKeyOf(viewOf(bytes).get("_id") ?? null), bytes);
    }
    for (const specification of record.indexes) {
      const { index, entries } = buildIndex(collection, planIndex(specification));
      collection.live.entries.set(index, entries);
    }
  }
  for (const session of recovered.sessions) {
    store.sessions.records.set(session.key, { ...session, transaction: undefined, transactionStartedMs: 0 });
  }
}
