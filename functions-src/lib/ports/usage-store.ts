import type { Instant } from "../domain/instant";
import type { UsageCounter, UsageRecord } from "../domain/usage";

/** Names a usage event: account, source and id, taken for ever. */
export interface UsageName {
  readonly accountId: string;
  readonly source: string;
  readonly id: string;
}

/** Reads and writes of one usage transaction. */
export interface UsageTransaction {
  findRecord(name: UsageName): Promise<UsageRecord | null>;
  loadCounter(counter: Omit<UsageCounter, "used">): Promise<UsageCounter>;
  /** Stores a new event; changes its counter and the event it corrects with it, or nothing. */
  record(change: {
    readonly record: UsageRecord;
    readonly counter: UsageCounter | null;
    readonly original: UsageRecord | null;
  }): Promise<void>;
}

/** Usage events and their counters. */
export interface UsageStore {
  findRecord(name: UsageName): Promise<UsageRecord | null>;
  /** Runs one attempt of a transaction. Throws: StoreFailure as wallets do. */
  transact<T>(body: (tx: UsageTransaction) => Promise<T>): Promise<T>;
  /** Events that are counted and not yet in the time series, oldest first. */
  listUnprojected(limit: number): Promise<readonly UsageRecord[]>;
  /** Puts a counted event into the time series and marks it; doing it again changes nothing. */
  project(record: UsageRecord): Promise<void>;
  /** Points of the time series of a feature, oldest first. */
  listPoints(range: {
    readonly accountId: string;
    readonly feature: string;
    readonly from: Instant;
    readonly to: Instant;
    readonly limit: number;
  }): Promise<readonly { readonly at: Instant; readonly quantity: number }[]>;
}
