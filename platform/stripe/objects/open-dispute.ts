import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import { NO_EVIDENCE } from "./dispute-evidence";
import { holdsFunds, withdrawFunds } from "./dispute-money";
import { dueByOf, type DisputeStatus } from "./move-dispute";
import { reviewWarnings } from "./review-warnings";

/** How a dispute begins: `final` cannot be challenged and is lost at once, `prevented` was settled before it took money. */
export const OPENINGS = ["chargeback", "inquiry", "prevented", "final"] as const;

const STATUS: Readonly<Record<(typeof OPENINGS)[number], DisputeStatus>> = {
  chargeback: "needs_response",
  inquiry: "warning_needs_response",
  prevented: "prevented",
  final: "lost",
};

const CASE_TYPE = {
  chargeback: "chargeback",
  inquiry: "inquiry",
  prevented: "resolution",
  final: "chargeback",
} as const;

/** Reasons of card disputes, with the code that the card network gives them. */
const NETWORK_CODES = {
  credit_not_processed: "13.6",
  duplicate: "12.6.1",
  fraudulent: "10.4",
  general: "12.1",
  noncompliant: "13.9",
  product_not_received: "13.1",
  product_unacceptable: "13.3",
  subscription_canceled: "13.2",
  unrecognized: "10.1",
} as const;

export type DisputeReason = keyof typeof NETWORK_CODES;

export const DISPUTE_REASONS = Object.keys(NETWORK_CODES) as readonly DisputeReason[];

/** What the cardholder's bank sends. */
export interface NewDispute {
  readonly opens: (typeof OPENINGS)[number];
  readonly reason: DisputeReason;
  /** The default is what of the charge is not refunded, else all of it; it can be more than the charge. */
  readonly amount?: number | undefined;
  readonly now: number;
}

/** Opens a dispute on a charge, also on one that has some. Refuses: a charge that was not paid. */
export function openDispute(tx: Transaction, charge: Stripe.Charge, opening: NewDispute): Stripe.Dispute {
  if (!charge.paid) throw invalidRequest(`The charge ${charge.id} was not paid and cannot be disputed`);
  const { opens, now } = opening;
  const status = STATUS[opens];
  const rest = charge.amount - charge.amount_refunded;
  const amount = opening.amount ?? (rest === 0 ? charge.amount : rest);
  const id = tx.newId("du_");
  const { currency } = charge;
  const taken = holdsFunds(status) ? [withdrawFunds(tx, { id, amount, currency, charge: charge.id }, now)] : [];
  const code = NETWORK_CODES[opening.reason];
  const brand = charge.payment_method_details?.card?.brand ?? "unknown";
  const dispute = {
    id,
    object: "dispute",
    amount,
    balance_transactions: taken,
    charge: charge.id,
    created: now,
    currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      // A dispute that takes no answer says so by 0.
      due_by: dueByOf(status, now) ?? 0,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: !holdsFunds(status),
    livemode: false,
    metadata: {},
    network_reason_code: code,
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: { brand, case_type: CASE_TYPE[opens], network: brand, network_reason_code: code },
      type: "card",
    },
    reason: opening.reason,
    status,
  } satisfies Stripe.Dispute;
  tx.put("dispute", dispute);
  // Pending refunds may have failed meanwhile, so the charge is read again.
  const disputed = { ...(tx.get("charge", charge.id) ?? charge), disputed: true };
  tx.putQuietly("charge", disputed);
  reviewWarnings(tx, disputed);
  return dispute;
}
