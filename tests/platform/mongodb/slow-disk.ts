import { createMemoryPersistence, type Batch, type Persistence } from "../../../platform/mongodb/persist/persistence";

/** A disk whose writes end when the test says so. */
export interface SlowDisk {
  readonly persistence: Persistence;
  readonly batches: Batch[];
  /** Lets the write under way succeed, or fail with the error given. */
  finish(error?: Error): void;
  isClosed(): boolean;
}

export function slowDisk(): SlowDisk {
  const batches: Batch[] = [];
  let settle: ((error?: Error) => void) | undefined;
  let closed = false;
  return {
    batches,
    isClosed: () => closed,
    finish: (error) => settle?.(error),
    persistence: {
      ...createMemoryPersistence(),
      isDurable: true,
      write: (batch) => {
        batches.push(batch);
        return new Promise((resolve, reject) => {
          settle = (error) => (error === undefined ? resolve() : reject(error));
        });
      },
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    },
  };
}

/** One turn of the event loop, in which a flush begins. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
