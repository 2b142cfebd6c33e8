import { serverError } from "../errors";
import { createBatch, type Batch, type Persistence } from "../persist/persistence";
import { beginning, type Instant } from "./instant";

interface Waiter {
  readonly for: Instant;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Makes commits durable in groups: one batch is on its way to disk, and what commits meanwhile forms the next, so commits that wait at one moment share one flush.
 * Holds: after a failed write nothing is acknowledged any more, since memory is then ahead of the disk.
 */
export class Flusher {
  /** Everything up to here is durable; this is the majority point. */
  flushed: Instant = beginning;
  failure: Error | undefined;
  private batch: Batch = createBatch();
  private isPending = false;
  /** The write that is under way; it never rejects. */
  private writing: Promise<void> | undefined;
  private waiters: Waiter[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(private readonly persistence: Persistence) {}

  /** The batch that takes what is committed now; `lastCommit` of the batch is set with it. */
  collect(at: Instant): Batch | undefined {
    if (!this.persistence.isDurable) {
      this.flushed = at;
      this.notify();
      return undefined;
    }
    this.batch.lastCommit = at;
    if (!this.isPending) {
      this.isPending = true;
      // The flush starts after the requests that are already here have been worked off, so that they share it.
      if (this.writing === undefined) setImmediate(() => this.start());
    }
    return this.batch;
  }

  /** Resolves when the commit is durable; undefined when it already is. Throws: InternalError after a failed flush. */
  whenFlushed(at: Instant): Promise<void> | undefined {
    if (this.flushed >= at) return undefined;
    this.assertHealthy();
    return new Promise((resolve, reject) => this.waiters.push({ for: at, resolve, reject }));
  }

  /** Calls back on every flush until the returned function is called. */
  onFlush(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  assertHealthy(): void {
    if (this.failure !== undefined) {
      throw serverError("InternalError", `The data files cannot be written: ${this.failure.message}`);
    }
  }

  /** Writes what is open and closes the files. */
  async close(): Promise<void> {
    while (this.writing !== undefined || (this.isPending && this.failure === undefined)) {
      this.start();
      await this.writing;
    }
    await this.persistence.close();
  }

  private start(): void {
    if (this.writing !== undefined || !this.isPending || this.failure !== undefined) return;
    const batch = this.batch;
    this.batch = createBatch();
    this.batch.lastCommit = batch.lastCommit;
    this.isPending = false;
    this.writing = this.persistence.write(batch).then(
      () => this.written(batch.lastCommit),
      (error: unknown) => this.failed(error instanceof Error ? error : new Error(String(error))),
    );
  }

  private written(at: Instant): void {
    this.writing = undefined;
    this.flushed = at;
    if (this.isPending) this.start();
    const due = this.waiters.filter((waiter) => waiter.for <= at);
    this.waiters = this.waiters.filter((waiter) => waiter.for > at);
    for (const waiter of due) waiter.resolve();
    this.notify();
  }

  private failed(error: Error): void {
    this.writing = undefined;
    this.failure = error;
    const refusal = serverError("InternalError", `The data files cannot be written: ${error.message}`);
    for (const waiter of this.waiters) waiter.reject(refusal);
    this.waiters = [];
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
