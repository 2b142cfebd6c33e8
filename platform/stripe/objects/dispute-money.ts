import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import { decimalsOf } from "../money/currency";
import { bookMovement } from "./book-movement";
import fees from "./dispute-fees.json";
import { failPendingRefunds } from "./move-refund";

interface DisputeFees {
  readonly received: number;
  readonly countered: number;
}

/** Statuses in which the issuer has the money; an inquiry is none of them. */
const HOLDING: readonly string[] = [
  "needs_response",
  "under_review",
  "lost",
  "appeal_needs_response",
  "appeal_under_review",
];

/** Tells whether a dispute in this status keeps the money from the account. */
export function holdsFunds(status: string): boolean {
  return HOLDING.includes(status);
}

/**
 * Checks that no dispute keeps the money of a charge.
 * Refuses: `charge_disputed` when disputes hold all that is not refunded, `refund_disputed_payment` when they hold a part.
 */
export function assertNotHeld(tx: Transaction, charge: Stripe.Charge): void {
  const holding = tx.list("dispute").filter((dispute) => dispute.charge === charge.id && holdsFunds(dispute.status));
  if (holding.length === 0) return;
  const held = holding.reduce((sum, { amount }) => sum + amount, 0);
  throw held < charge.amount_captured - charge.amount_refunded
    ? invalidRequest("You cannot refund a disputed payment.", { code: "refund_disputed_payment" })
    : invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: "charge_disputed" });
}

function feesOf(currency: string): DisputeFees {
  const listed = (fees as Readonly<Record<string, DisputeFees>>)[currency];
  const unlisted = decimalsOf(currency) === 3 ? 15_000 : 1500;
  return listed ?? { received: unlisted, countered: unlisted };
}

type Disputed = Pick<Stripe.Dispute, "id" | "amount" | "currency" | "charge">;

/** Takes the disputed amount and the fee for the dispute; refunds that have not arrived fail. */
export function withdrawFunds(tx: Transaction, dispute: Disputed, now: number): Stripe.BalanceTransaction {
  const taken = bookMovement(tx, {
    amount: -dispute.amount,
    fee: { amount: feesOf(dispute.currency).received, description: "Dispute fee" },
    currency: dispute.currency,
    description: `Chargeback withdrawal for ${String(dispute.charge)}`,
    source: dispute.id,
    type: "adjustment",
    reportingCategory: "dispute",
    now,
  });
  failPendingRefunds(tx, String(dispute.charge), now);
  return taken;
}

/** Gives the disputed amount back, and the fee for countering if one was paid; the fee for the dispute stays. */
export function reinstateFunds(tx: Transaction, dispute: Disputed, now: number): Stripe.BalanceTransaction {
  const paid = tx
    .list("balance_transaction")
    .filter(({ source, type }) => source === dispute.id && type === "stripe_fee")
    .reduce((sum, { amount }) => sum + amount, 0);
  if (paid < 0) bookFee(tx, dispute, { amount: -paid, description: "Dispute countered fee returned", now });
  return bookMovement(tx, {
    amount: dispute.amount,
    currency: dispute.currency,
    description: `Chargeback reversal for ${String(dispute.charge)}`,
    source: dispute.id,
    type: "adjustment",
    reportingCategory: "dispute_reversal",
    now,
  });
}

/** Takes the fee for countering a dispute with evidence, where there is one. */
export function bookCounterFee(tx: Transaction, dispute: Disputed, now: number): void {
  const { countered } = feesOf(dispute.currency);
  if (countered > 0) bookFee(tx, dispute, { amount: -countered, description: "Dispute countered fee", now });
}

function bookFee(
  tx: Transaction,
  { id, currency }: Disputed,
  { amount, description, now }: { readonly amount: number; readonly description: string; readonly now: number },
): void {
  bookMovement(tx, { amount, currency, description, source: id, type: "stripe_fee", reportingCategory: "fee", now });
}
