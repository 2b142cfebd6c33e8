import type { Amount } from "./amount";
import type { Instant } from "./instant";
import type { TopUpPack } from "./top-up";

/** Something that has to be told outside, written in the transaction that makes it true, or before anything else of a call. */
export type OutboxMessage = LowBalanceMessage | RefundMessage | TopUpMessage;

interface MessageBase {
  readonly accountId: string;
  /** Unique per account: the same cause never makes two messages. */
  readonly causeKey: string;
  readonly at: Instant;
}

/** The available units of a wallet fell below its threshold. */
export interface LowBalanceMessage extends MessageBase {
  readonly kind: "low_balance";
  readonly facts: {
    readonly unit: string;
    readonly available: number;
    readonly lowAt: number;
    readonly channel: string | null;
  };
}

/** Stripe has to give money of a payment back. */
export interface RefundMessage extends MessageBase {
  readonly kind: "stripe_refund";
  readonly facts: {
    /** The cause of the payment, for example `pack:cs_123`. */
    readonly payment: string;
    readonly paymentIntentId: string;
    readonly amountMinor: Amount;
    readonly currency: string;
  };
}

/** A saved card has to be charged for more units. */
export interface TopUpMessage extends MessageBase {
  readonly kind: "top_up";
  readonly facts: TopUpPack & { readonly topUpId: string; readonly unit: string };
}

/** The id of a message's row; it begins with the account, by which rows are sharded. */
export function outboxIdOf({ accountId, causeKey }: Pick<OutboxMessage, "accountId" | "causeKey">): string {
  return `${accountId}:${causeKey}`;
}
