import { type Amount, ZERO } from "./amount";
import type { Instant } from "./instant";

/** Where the units of a lot come from; it decides the burn order and what a clawback may touch. */
export const LOT_CLASSES = ["promo", "allocation", "pack"] as const;
export type LotClass = (typeof LOT_CLASSES)[number];

/** The place in burn order of a lot that asks for no other. */
export const DEFAULT_PRIORITY = 50;

/** Which part of a grant a lot is: an allocation with rollover is two. */
export const LOT_PARTS = ["whole", "protected", "atRisk"] as const;
export type LotPart = (typeof LOT_PARTS)[number];

/** What a grant fixes for the life of a lot. */
export interface LotTerms {
  readonly class: LotClass;
  /** 0 burns first, 100 last. */
  readonly priority: number;
  /** Features the lot may pay for; null pays for everything. */
  readonly scope: readonly string[] | null;
  readonly effectiveAt: Instant;
  /** The instant at which the lot is gone; null lives for ever. */
  readonly expiresAt: Instant | null;
  /** What the whole lot cost, in the smallest unit of `currency`; 0 with currency null when nothing was paid. */
  readonly costMinor: Amount;
  readonly currency: string | null;
  /** When the units were paid for, or given for nothing; a lot that takes the place of another keeps it. */
  readonly grantedAt: Instant;
  /** The cause whose payment stands behind the lot: its own, or that of the lot whose place it takes. */
  readonly rootCause: string;
}

/**
 * A lot that still has units or waits for its start.
 * Holds: `remaining` <= `granted`; `pending` until the activation is booked, and then never again.
 */
export interface OpenLot extends LotTerms {
  readonly id: string;
  readonly granted: Amount;
  readonly remaining: Amount;
  readonly pending: boolean;
  /** Why nobody may use the lot: the disputes and fraud warnings of its payment. A frozen lot does not end meanwhile. */
  readonly frozenBy: readonly string[];
}

/** The immutable record of a grant, kept for ever. */
export interface LotFact extends LotTerms {
  readonly id: string;
  readonly accountId: string;
  readonly walletId: string;
  readonly granted: Amount;
  /** The economic cause; unique per account and part, so that one cause can never grant twice. */
  readonly causeKey: string;
  readonly part: LotPart;
  /** The lot whose units came back after its end, or were transferred from; null for a first grant. */
  readonly parentLotId: string | null;
}

/** How much of which lot an operation gave, took or moved. */
export interface ReceiptLine {
  readonly lotId: string;
  readonly class: LotClass;
  readonly amount: Amount;
}

/** Tells whether the units of a lot are there now; its interval is half-open. */
export function isFree(lot: OpenLot, at: Instant): boolean {
  return (
    !lot.pending && lot.frozenBy.length === 0 && lot.effectiveAt <= at && (lot.expiresAt === null || lot.expiresAt > at)
  );
}

/** Tells whether a lot may pay now. A spend without a feature uses unscoped lots only. */
export function isEligible(lot: OpenLot, request: { readonly at: Instant; readonly feature: string | null }): boolean {
  if (!isFree(lot, request.at)) return false;
  if (lot.scope === null) return true;
  return request.feature !== null && lot.scope.includes(request.feature);
}

/** Tells whether somebody bought the units of a lot; those of a paid plan's allocation are known by their clock. */
export function isPaid(lot: Pick<OpenLot, "class">): boolean {
  return lot.class === "pack";
}

/** The instant at which something has to be booked on a lot: its activation, else its end, else never. */
export function nextDueAt(lot: OpenLot): Instant | null {
  if (lot.pending) return lot.effectiveAt;
  return lot.frozenBy.length > 0 ? null : lot.expiresAt;
}

/** The balance of the wallet that the units of a lot count in. */
export function balanceHolding(lot: OpenLot): "pending" | "frozen" | "available" {
  if (lot.pending) return "pending";
  return lot.frozenBy.length > 0 ? "frozen" : "available";
}

/** The units left in some lots. */
export function unitsLeft(lots: readonly { readonly remaining: number }[]): number {
  return lots.reduce<number>((sum, lot) => sum + lot.remaining, 0);
}

/** What lots can pay at an instant for a request without a feature; what needs a feature may come on top. */
export function unscopedUnits(lots: readonly OpenLot[], at: Instant): number {
  return unitsLeft(lots.filter((lot) => isEligible(lot, { at, feature: null })));
}

/** A promo lot without end or cost that may pay from now on: units given by hand or given back. */
export function promoLot(id: string, cause: string, amount: Amount, at: Instant): OpenLot {
  return {
    id,
    class: "promo",
    priority: DEFAULT_PRIORITY,
    scope: null,
    effectiveAt: at,
    expiresAt: null,
    costMinor: ZERO,
    currency: null,
    grantedAt: at,
    rootCause: cause,
    granted: amount,
    remaining: amount,
    pending: false,
    frozenBy: [],
  };
}
