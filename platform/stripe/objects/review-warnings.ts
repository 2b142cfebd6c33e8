import type Stripe from "stripe";
import type { Transaction } from "../core/store";

/** Tells whether a warning of this charge can still be acted on: it is neither disputed nor refunded in full. */
export function isActionable({ disputed, refunded }: Stripe.Charge): boolean {
  return !disputed && !refunded;
}

/** Brings the early fraud warnings of a charge in line with it. */
export function reviewWarnings(tx: Transaction, charge: Stripe.Charge): void {
  const actionable = isActionable(charge);
  for (const warning of tx.list("radar.early_fraud_warning")) {
    if (warning.charge !== charge.id || warning.actionable === actionable) continue;
    tx.put("radar.early_fraud_warning", { ...warning, actionable });
  }
}
