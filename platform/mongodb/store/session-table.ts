import type { Doc } from "../bson/values";
import type { Instant } from "./instant";
import type { Transaction } from "./transaction";

/** What one logical session has done under its newest transaction number. */
export interface SessionRecord {
  readonly key: string;
  readonly lsid: Doc;
  txnNumber: bigint;
  kind: "retryable" | "transaction";
  /** Results of retryable statements by statement id. */
  readonly statements: Map<number, Doc>;
  outcome: "none" | "committed" | "aborted";
  committedAt: Instant;
  lastUsedMs: number;
  /** The open transaction, if there is one. Not stored. */
  transaction: Transaction | undefined;
  /** When the open transaction began. Units: milliseconds of the wall clock. */
  transactionStartedMs: number;
}

export const sessionTimeoutMs = 30 * 60_000;

/** All sessions that have written with a transaction number, by the bytes of their id. */
export class SessionTable {
  readonly records = new Map<string, SessionRecord>();

  get(key: string): SessionRecord | undefined {
    return this.records.get(key);
  }

  open(key: string, lsid: Doc, nowMs: number): SessionRecord {
    const known = this.records.get(key);
    if (known !== undefined) {
      known.lastUsedMs = nowMs;
      return known;
    }
    const record: SessionRecord = {
      key,
      lsid,
      txnNumber: -1n,
      kind: "retryable",
      statements: new Map(),
      outcome: "none",
      committedAt: 0,
      lastUsedMs: nowMs,
      transaction: undefined,
      transactionStartedMs: 0,
    };
    this.records.set(key, record);
    return record;
  }

  /** Sessions that nobody has used for the session timeout and that hold no open transaction. */
  idleSince(nowMs: number): SessionRecord[] {
    const limit = nowMs - sessionTimeoutMs;
    return [...this.records.values()].filter((record) => record.lastUsedMs < limit && record.transaction === undefined);
  }
}
