/** One change of a customer's balance that an invoice makes. Units: minor units. */
export interface BalanceMove {
  readonly type: "applied_to_invoice" | "invoice_too_small";
  readonly amount: number;
}

/** What becomes of an invoice and of the balance when the invoice is finalized. */
export interface BalancePlan {
  readonly amountDue: number;
  readonly endingBalance: number;
  readonly moves: readonly BalanceMove[];
}

/**
 * Applies a customer's balance to an invoice: credit (negative) lowers what is due, debt (positive) raises it, and what is below the
 * least charge is not charged but becomes debt. A negative total becomes credit. Units: minor units.
 */
export function planBalance({
  total,
  balance,
  minimum,
}: {
  readonly total: number;
  readonly balance: number;
  readonly minimum: number;
}): BalancePlan {
  const owed = total + balance;
  const isTooSmall = owed > 0 && owed < minimum;
  const amountDue = isTooSmall ? 0 : Math.max(0, owed);
  const applied = Math.min(owed, 0) - balance;
  const moves: BalanceMove[] = [];
  if (applied !== 0) moves.push({ type: "applied_to_invoice", amount: applied });
  if (isTooSmall) moves.push({ type: "invoice_too_small", amount: owed });
  return { amountDue, endingBalance: balance + moves.reduce((sum, { amount }) => sum + amount, 0), moves };
}
