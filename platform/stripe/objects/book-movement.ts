import type Stripe from "stripe";
import type { Transaction } from "../core/store";

/** One movement on the account's balance. Units: minor units of the currency; what leaves the account is negative. */
export interface Movement {
  readonly amount: number;
  readonly fee?: { readonly amount: number; readonly description: string };
  readonly currency: string;
  readonly description: string | null;
  readonly source: string;
  readonly type: Stripe.BalanceTransaction.Type;
  readonly reportingCategory: string;
  /** When the net can be paid out; the default is at once. */
  readonly availableOn?: number;
  readonly now: number;
}

/** Books a movement on the account's balance. */
export function bookMovement(tx: Transaction, movement: Movement): Stripe.BalanceTransaction {
  const { amount, fee, currency, now, availableOn = now } = movement;
  const booked = {
    id: tx.newId("txn_"),
    object: "balance_transaction",
    amount,
    available_on: availableOn,
    balance_type: "payments",
    created: now,
    currency,
    description: movement.description,
    exchange_rate: null,
    fee: fee?.amount ?? 0,
    fee_details:
      fee === undefined
        ? []
        : [{ amount: fee.amount, application: null, currency, description: fee.description, type: "stripe_fee" }],
    net: amount - (fee?.amount ?? 0),
    reporting_category: movement.reportingCategory,
    source: movement.source,
    status: availableOn > now ? "pending" : "available",
    type: movement.type,
  } satisfies Stripe.BalanceTransaction;
  tx.put("balance_transaction", booked);
  return booked;
}
