import type { Store, Transaction } from "./store";

/** Work that time does by itself. Units: unix seconds of the clock that it waits for. */
export interface DueJob {
  readonly dueAt: number;
  /** The test clock that it waits for; null waits for the account's clock. */
  readonly clock: string | null;
  /** Must change what made it due, or it would be due for ever. */
  run(tx: Transaction, now: number): void;
}

/** Names everything of one kind that waits for its time, in any order. */
export type JobProvider = (state: Pick<Store, "get" | "values">) => Iterable<DueJob>;
