import type Stripe from "stripe";
import type { JobProvider } from "../core/due-jobs";
import { testClockOf } from "../core/living-time";
import { assertMove, statusIn, type Moves } from "../core/moves";
import type { Transaction } from "../core/store";
import { resourceMissing } from "../http/stripe-error";
import { holdsFunds, reinstateFunds, withdrawFunds } from "./dispute-money";

const DAY_SECONDS = 24 * 3600;
const RESPONSE_SECONDS = 9 * DAY_SECONDS;
/** An inquiry that nobody escalates ends after this time. */
const INQUIRY_SECONDS = 120 * DAY_SECONDS;

export type DisputeStatus =
  | "warning_needs_response"
  | "warning_under_review"
  | "warning_closed"
  | "needs_response"
  | "under_review"
  | "won"
  | "lost"
  | "appeal_needs_response"
  | "appeal_under_review"
  | "prevented";

/** Every move that a dispute can make; a loss is not the end, since it may be appealed or turn into a late win. */
export const DISPUTE_MOVES: Moves<DisputeStatus> = {
  warning_needs_response: ["warning_under_review", "warning_closed", "needs_response", "prevented"],
  warning_under_review: ["warning_closed", "needs_response"],
  warning_closed: [],
  needs_response: ["under_review", "won", "lost", "prevented"],
  under_review: ["won", "lost"],
  won: [],
  lost: ["won", "appeal_needs_response"],
  appeal_needs_response: ["appeal_under_review", "won", "lost"],
  appeal_under_review: ["won", "lost"],
  prevented: [],
};

/** Finds a dispute. Refuses: `resource_missing`. */
export function knownDispute(tx: Pick<Transaction, "get">, id: string): Stripe.Dispute {
  const dispute = tx.get("dispute", id);
  if (dispute === undefined) throw resourceMissing("dispute", id);
  return dispute;
}

/** Tells until when a dispute in this status waits for evidence; null when it waits for none. */
export function dueByOf(status: DisputeStatus, now: number): number | null {
  return status.endsWith("needs_response") ? now + RESPONSE_SECONDS : null;
}

/** Moves a dispute, and the money where it changes hands. Refuses: an illegal move. */
export function moveDispute(
  tx: Transaction,
  id: string,
  {
    to,
    now,
    changes = {},
  }: { readonly to: DisputeStatus; readonly now: number; readonly changes?: Partial<Stripe.Dispute> },
): Stripe.Dispute {
  const before = knownDispute(tx, id);
  const from = statusIn(DISPUTE_MOVES, before.status);
  assertMove(DISPUTE_MOVES, { object: "dispute", from, to });
  const moved = { ...before, ...changes, status: to };
  const dueBy = dueByOf(to, now);
  const after: Stripe.Dispute = {
    ...moved,
    balance_transactions: [...before.balance_transactions, ...movedFunds(tx, before, { to, now })],
    evidence_details: dueBy === null ? moved.evidence_details : { ...moved.evidence_details, due_by: dueBy },
    is_charge_refundable: !holdsFunds(to),
    ...(from.startsWith("warning_") && to === "needs_response" ? escalated(moved) : {}),
  };
  tx.put("dispute", after);
  return after;
}

function movedFunds(
  tx: Transaction,
  before: Stripe.Dispute,
  { to, now }: { readonly to: DisputeStatus; readonly now: number },
): readonly Stripe.BalanceTransaction[] {
  if (holdsFunds(before.status) === holdsFunds(to)) return [];
  return [holdsFunds(to) ? withdrawFunds(tx, before, now) : reinstateFunds(tx, before, now)];
}

function escalated({
  payment_method_details: details,
}: Stripe.Dispute): Pick<Stripe.Dispute, "payment_method_details"> {
  if (details?.card === undefined) return {};
  return { payment_method_details: { ...details, card: { ...details.card, case_type: "chargeback" } } };
}

/** Closes the inquiries of a charge, which a full refund settles. */
export function closeInquiries(tx: Transaction, chargeId: string, now: number): void {
  const open = ["warning_needs_response", "warning_under_review"];
  const inquiries = tx.list("dispute").filter(({ charge, status }) => charge === chargeId && open.includes(status));
  for (const { id } of inquiries) moveDispute(tx, id, { to: "warning_closed", now });
}

/** Ends disputes that waited for evidence until the last second, which are lost, and inquiries that nobody escalated. */
export const disputeEnds: JobProvider = function* (state) {
  for (const dispute of state.values("dispute")) {
    const end = endOf(dispute);
    if (end === undefined) continue;
    const charge = typeof dispute.charge === "string" ? state.get("charge", dispute.charge) : undefined;
    const clock = charge === undefined ? null : testClockOf(state, charge);
    const run = (tx: Transaction): void => void moveDispute(tx, dispute.id, { to: end.to, now: end.at });
    yield { dueAt: end.at, clock, run };
  }
};

function endOf(dispute: Stripe.Dispute): { readonly at: number; readonly to: DisputeStatus } | undefined {
  switch (dispute.status) {
    case "warning_needs_response":
    case "warning_under_review":
      return { at: dispute.created + INQUIRY_SECONDS, to: "warning_closed" };
    case "needs_response":
    case "appeal_needs_response":
      return { at: dispute.evidence_details.due_by ?? Infinity, to: "lost" };
    default:
      return undefined;
  }
}
