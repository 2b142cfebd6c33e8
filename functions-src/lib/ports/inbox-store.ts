import type { NotedRecord } from "./audit-log";
import type { Instant } from "../domain/instant";
import type { StripeMode } from "../domain/payment";

/**
 * A received Stripe event.
 * `received`: waits to be processed, or waits for its next attempt. `done`: its effects are in. `parked`: of another mode
 * or release train, kept and not processed. `dead`: failed for reasons of our own too often; an operator replays it.
 */
export interface InboxEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly mode: StripeMode;
  readonly apiVersion: string;
  readonly state: "received" | "done" | "parked" | "dead";
  readonly attempts: number;
  readonly receivedAt: Instant;
}

/** The inbox of Stripe events. */
export interface InboxStore {
  /** Stores an event and its raw body once, at majority; answers false when it was there already. */
  store(event: InboxEvent & { readonly bodyHash: string }, rawBody: string): Promise<boolean>;
  /**
   * Takes an event for one attempt, with all others about the same object that are due: nobody else gets them until
   * `nextAttemptAt`. Answers none when it is not due, taken by another, or finished.
   */
  claim(id: string, turn: { readonly now: Instant; readonly nextAttemptAt: Instant }): Promise<readonly InboxEvent[]>;
  /** An event with the reason of its last failure. */
  find(id: string): Promise<(InboxEvent & { readonly failure: string | null }) | null>;
  /** Makes an event due at once, as if it had just been received, and keeps the record of who did. */
  reopen(id: string, noted: NotedRecord): Promise<void>;
  finish(id: string, at: Instant): Promise<void>;
  /** Records a failed attempt: it comes again at `nextAttemptAt`, or never when null. */
  fail(id: string, failure: { readonly reason: string; readonly nextAttemptAt: Instant | null }): Promise<void>;
  /** Events that are due, oldest turn first, one page. */
  listDue(page: { readonly now: Instant; readonly limit: number }): Promise<readonly InboxEvent[]>;
}
