import type Stripe from "stripe";
import type { JobProvider } from "../core/due-jobs";
import { testClockOf } from "../core/living-time";
import { assertMove, statusIn, type Moves } from "../core/moves";
import type { Store, Transaction } from "../core/store";
import { resourceMissing } from "../http/stripe-error";
import { bookMovement } from "./book-movement";
import { reviewWarnings } from "./review-warnings";

export type RefundStatus = "pending" | "requires_action" | "succeeded" | "failed" | "canceled";

/** Every move that a refund can make; a success is not the end, since a bank may send the money back. */
export const REFUND_MOVES: Moves<RefundStatus> = {
  pending: ["succeeded", "failed", "canceled"],
  requires_action: ["pending", "canceled"],
  succeeded: ["failed"],
  failed: [],
  canceled: [],
};

/** Why a refund fails. */
export const FAILURE_REASONS = [
  "charge_for_pending_refund_disputed",
  "declined",
  "expired_or_canceled_card",
  "insufficient_funds",
  "lost_or_stolen_card",
  "merchant_request",
  "unknown",
] as const;

/** What happens to a refund. */
export interface RefundMove {
  readonly to: RefundStatus;
  readonly failureReason?: (typeof FAILURE_REASONS)[number];
  readonly now: number;
}

/** The customer has this long to say where the money shall go. */
const ACTION_SECONDS = 45 * 24 * 3600;

/** Finds a refund. Refuses: `resource_missing`. */
export function knownRefund(tx: Pick<Transaction, "get">, id: string): Stripe.Refund {
  const refund = tx.get("refund", id);
  if (refund === undefined) throw resourceMissing("refund", id);
  return refund;
}

/** Tells whether the money of a refund is on its way or with the customer. */
export function isLive({ status }: Stripe.Refund): boolean {
  return status !== "failed" && status !== "canceled";
}

/** Shows what a status brings with it: where the money is, and what is waited for. */
export function statusFieldsOf(
  status: RefundStatus,
  { id, email, now }: { readonly id: string; readonly email: string | null; readonly now: number },
): Pick<Stripe.Refund, "status" | "destination_details" | "pending_reason" | "next_action"> {
  const open = status === "pending" || status === "requires_action";
  const reference =
    status === "succeeded"
      ? { reference: `ref_${id.slice(-10)}`, reference_status: "available" }
      : { reference_status: open ? "pending" : "unavailable" };
  const card = { ...reference, reference_type: "acquirer_reference_number", type: open ? "pending" : "refund" };
  const email_sent = { email_sent_at: now, email_sent_to: email ?? "buyer@example.com" };
  return {
    status,
    destination_details: { card, type: "card" },
    ...(status === "pending" ? { pending_reason: "processing" } : {}),
    ...(status === "requires_action"
      ? { next_action: { type: "display_details", display_details: { email_sent, expires_at: now + ACTION_SECONDS } } }
      : {}),
  };
}

/** Moves a refund; one that fails or is canceled gives the money back to the account and the charge. Refuses: an illegal move. */
export function moveRefund(tx: Transaction, id: string, { to, failureReason, now }: RefundMove): Stripe.Refund {
  const before = knownRefund(tx, id);
  assertMove(REFUND_MOVES, { object: "refund", from: statusIn(REFUND_MOVES, before.status), to });
  const { pending_reason: _reason, next_action: _action, ...kept } = before;
  const returned = to === "failed" || to === "canceled" ? bookReturn(tx, before, now) : undefined;
  const after: Stripe.Refund = {
    ...kept,
    ...statusFieldsOf(to, { id, email: null, now }),
    // What was sent keeps the reference that it was sent under, even when it comes back.
    ...(before.status === "succeeded" && before.destination_details !== undefined
      ? { destination_details: before.destination_details }
      : {}),
    ...(returned === undefined ? {} : { failure_balance_transaction: returned.id }),
    ...(to === "failed" ? { failure_reason: failureReason ?? "unknown" } : {}),
  };
  tx.put("refund", after);
  tx.putQuietly("refund_details", { id, next: null });
  if (typeof after.charge === "string") recountCharge(tx, after.charge);
  return after;
}

function bookReturn(tx: Transaction, refund: Stripe.Refund, now: number): Stripe.BalanceTransaction {
  return bookMovement(tx, {
    amount: refund.amount,
    currency: refund.currency,
    description: `REFUND FAILURE (${refund.id})`,
    source: refund.id,
    type: "refund_failure",
    reportingCategory: "refund_failure",
    now,
  });
}

/** Counts again what of a charge is refunded, after one of its refunds came, failed or was canceled. */
export function recountCharge(tx: Transaction, id: string): Stripe.Charge {
  const before = tx.get("charge", id);
  if (before === undefined) throw new Error(`A refund names a charge that is not kept: ${id}`);
  const live = tx.list("refund").filter((refund) => refund.charge === id && isLive(refund));
  const amount_refunded = live.reduce((sum, { amount }) => sum + amount, 0);
  if (amount_refunded === before.amount_refunded) return before;
  const after = { ...before, amount_refunded, refunded: amount_refunded === before.amount_captured };
  tx.put("charge", after);
  reviewWarnings(tx, after);
  return after;
}

/** Fails the refunds of a charge that have not arrived when a dispute takes its money. */
export function failPendingRefunds(tx: Transaction, chargeId: string, now: number): void {
  const pending = tx.list("refund").filter(({ charge, status }) => charge === chargeId && status === "pending");
  for (const { id } of pending) {
    moveRefund(tx, id, { to: "failed", failureReason: "charge_for_pending_refund_disputed", now });
  }
}

/** Lets refunds go their own course, and ends those whose customer did not act in time. */
export const refundCourses: JobProvider = function* (state) {
  for (const { id, next } of state.values("refund_details")) {
    if (next === null) continue;
    const run = (tx: Transaction): void => void moveRefund(tx, id, { to: next.to, now: next.at });
    yield { dueAt: next.at, clock: clockOf(state, state.get("refund", id)), run };
  }
  for (const refund of state.values("refund")) {
    const { id, status, next_action: action } = refund;
    const dueAt = action?.display_details?.expires_at;
    if (status !== "requires_action" || dueAt === undefined) continue;
    const run = (tx: Transaction): void => void moveRefund(tx, id, { to: "canceled", now: dueAt });
    yield { dueAt, clock: clockOf(state, refund), run };
  }
};

/** A refund lives in the time of the customer of its charge. */
function clockOf(state: Pick<Store, "get">, refund: Stripe.Refund | undefined): string | null {
  const charge = typeof refund?.charge === "string" ? state.get("charge", refund.charge) : undefined;
  return charge === undefined ? null : testClockOf(state, charge);
}
