import { type Amount, toAmount } from "./amount";
import type { Pack } from "./catalog";
import type { GrantCommand } from "./commands";
import type { Instant } from "./instant";
import { paidGrant } from "./paid-grant";
import type { StripeMode } from "./payment";

/** What a checkout session of Stripe says now, in our words. */
export interface CheckoutFacts {
  readonly sessionId: string;
  readonly mode: StripeMode;
  readonly kind: "payment" | "subscription" | "setup";
  readonly status: "open" | "complete" | "expired";
  /** `unpaid` covers asynchronous methods that are still processing. */
  readonly paymentStatus: "paid" | "unpaid" | "no_payment_required";
  readonly valueMinor: Amount;
  readonly currency: string;
  readonly paymentIntentId: string | null;
  readonly invoiceId: string | null;
  readonly customerId: string | null;
  /** What we wrote on the session when we made it; null when the session is not ours. */
  readonly order: PackOrder | null;
}

/** What was ordered, as written on the session at its creation. */
export interface PackOrder {
  readonly accountId: string;
  readonly packId: string;
  readonly packVersion: number;
  readonly quantity: number;
}

/** What a checkout session means for us at this moment. */
export type CheckoutDecision =
  | { readonly kind: "ignore"; readonly why: string }
  | { readonly kind: "grant"; readonly order: PackOrder };

/**
 * Decides what a session deserves. Units are given only for a session of ours that is complete and paid, or complete
 * with nothing to pay; everything else is a state to wait in or to ignore.
 */
export function decideCheckout(facts: CheckoutFacts): CheckoutDecision {
  if (facts.order === null) return { kind: "ignore", why: "not a session of ours" };
  if (facts.kind !== "payment") return { kind: "ignore", why: `mode ${facts.kind} grants through its invoices` };
  if (facts.status !== "complete") return { kind: "ignore", why: `session is ${facts.status}` };
  if (facts.paymentStatus === "unpaid") return { kind: "ignore", why: "payment is still processing" };
  return { kind: "grant", order: facts.order };
}

/** The economic cause of a pack: its session. Event ids and payment ids are never grant keys. */
export function packCauseOf(sessionId: string): string {
  return `pack:${sessionId}`;
}

/**
 * Turns a paid session into the grant of its pack.
 * Throws: an Error when units times quantity pass 2^53-1, which checkout refused before.
 */
export function packGrant(facts: CheckoutFacts, order: PackOrder, pack: Pack, now: Instant): GrantCommand {
  return paidGrant({
    kind: "pack",
    accountId: order.accountId,
    cause: packCauseOf(facts.sessionId),
    mode: facts.mode,
    valueMinor: facts.valueMinor,
    currency: facts.currency,
    packId: order.packId,
    packVersion: order.packVersion,
    quantity: order.quantity,
    stripePaymentIntentId: facts.paymentIntentId,
    stripeInvoiceId: facts.invoiceId,
    unitsGranted: toAmount(pack.tokens * order.quantity),
    paidAt: now,
    lifeDays: pack.lifeDays,
  });
}
