import type { NotedRecord } from "./audit-log";
import type { Instant } from "../domain/instant";
import type { OutboxMessage, RefundMessage } from "../domain/outbox-message";

/** What a top-up is charged to. */
export interface ChargeSource {
  readonly customerId: string;
  readonly paymentMethodId: string;
}

/**
 * A message on its way.
 * `pending`: waits to be sent, or for its next try. `sent`: the other side has it. `refused`: the other side will not have it.
 */
export interface OutboxRow<Message extends OutboxMessage = OutboxMessage> {
  readonly id: string;
  readonly message: Message;
  readonly state: "pending" | "sent" | "refused";
  readonly tries: number;
  /** When it was first tried; what was tried long ago is looked for before it is tried again. */
  readonly firstTriedAt: Instant | null;
  /** How many idempotency keys of it are spent. */
  readonly spentKeys: number;
  /** For a top-up, once Stripe may have been asked: what every later try charges too. */
  readonly chargeSource: ChargeSource | null;
}

/** What has to be told outside. */
export interface OutboxStore {
  /** Stores a message with the record of who asked for it, both or neither; one that is stored already stays as it is. */
  put(message: OutboxMessage, noted: NotedRecord): Promise<void>;
  /** Takes a message for one try: nobody else gets it until `nextAttemptAt`. Null when it is not due, taken or ended. */
  claim(id: string, turn: { readonly now: Instant; readonly nextAttemptAt: Instant }): Promise<OutboxRow | null>;
  /** Writes down what a top-up is charged to, before Stripe is asked; answers what holds, which may be somebody else's. */
  fixChargeSource(id: string, source: ChargeSource): Promise<ChargeSource>;
  /** Ends a message with what the other side answered: an id, or the reason of its refusal. */
  end(id: string, end: { readonly state: "sent" | "refused"; readonly answer: string }): Promise<void>;
  /** Records a failed try, and whether it spent its idempotency key. */
  fail(
    id: string,
    failure: { readonly reason: string; readonly nextAttemptAt: Instant; readonly isKeySpent?: boolean },
  ): Promise<void>;
  /** Ids of messages that are due, oldest turn first, one page. */
  listDue(page: { readonly now: Instant; readonly limit: number }): Promise<readonly string[]>;
  /** Refunds of an account that Stripe did not answer yet, at most 1,000. */
  listPendingRefunds(accountId: string): Promise<readonly OutboxRow<RefundMessage>[]>;
}
