import type { Instant } from "./instant";

/** Something that has to be told outside, written in the transaction that makes it true. */
export interface OutboxMessage {
  readonly kind: "low_balance";
  readonly accountId: string;
  /** Unique per account: the same cause never makes two messages. */
  readonly causeKey: string;
  readonly facts: {
    readonly unit: string;
    readonly available: number;
    readonly lowAt: number;
    readonly channel: string | null;
  };
  readonly at: Instant;
}
