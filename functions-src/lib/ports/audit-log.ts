import type { AuditRecord } from "../domain/audit";
import type { Note } from "../domain/commands";
import type { Instant } from "../domain/instant";

/** A record with the words of its reason, which are kept apart; null = none were given. */
export interface NotedRecord {
  readonly record: AuditRecord;
  readonly note: Note | null;
}

/** Which records are asked for; `before` is the id that the page begins before. */
export interface AuditPage {
  readonly accountId: string | null;
  readonly actorId: string | null;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly before: string | null;
  readonly limit: number;
}

/** Who did what to whom. Records are kept by the stores that do what they tell, in the same transaction. */
export interface AuditLog {
  /** Records, newest first, each with the words of its reason while they are not erased. */
  list(page: AuditPage): Promise<readonly { readonly record: AuditRecord; readonly reason: string | null }[]>;
}
