import type { NotedRecord } from "./audit-log";
import type { Drift } from "../domain/drift";
import type { Instant } from "../domain/instant";

/** What the reconciler found, and how far it has come. */
export interface DriftStore {
  /** Stores a drift, with the record of its repair if it has one; the same one found again replaces what was known of it. */
  put(drift: Drift, repair: NotedRecord | null): Promise<void>;
  /** Drifts, the newest first, one page. */
  list(page: { readonly action: Drift["action"] | null; readonly limit: number }): Promise<readonly Drift[]>;
  /** Until when the events of Stripe were looked through; null = never. */
  readCursor(name: string): Promise<Instant | null>;
  writeCursor(name: string, at: Instant): Promise<void>;
}
