import { Store } from "../store/store";
import { createMemoryPersistence } from "./persistence";

/** An open store and the way to close it. */
export interface OpenStore {
  readonly store: Store;
  /** Writes what is open, closes the files and gives the folder free. */
  release(): Promise<void>;
}

/** Opens the store in a folder, or an empty one in memory. */
export async function openStore(dataDir: string): Promise<OpenStore> {
  if (dataDir !== ":memory:") throw new Error(`Storing on disk (${dataDir}) is not there yet`);
  const store = new Store(createMemoryPersistence());
  return { store, release: () => store.flusher.close() };
}
