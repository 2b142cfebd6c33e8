/** Thrown when a queue is full; the edge answers 429. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
}

/** Runs jobs a few at a time in the order they came. */
export interface WorkQueue {
  run<T>(job: () => Promise<T>): Promise<T>;
}

/**
 * Creates a queue with `concurrency` places at work and `limit` places to wait in.
 *
 * Throws: `QueueFullError` at once when every place is taken, so that a flood costs memory for `limit` jobs and no more.
 */
export function createWorkQueue(options: { readonly concurrency: number; readonly limit: number }): WorkQueue {
  let running = 0;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    async run(job) {
      if (running >= options.concurrency) {
        if (waiting.length >= options.limit) throw new QueueFullError("Too many requests are waiting");
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      } else {
        running += 1;
      }
      try {
        return await job();
      } finally {
        release();
      }
    },
  };
}
