import type { Amount } from "./amount";
import type { Instant } from "./instant";
import type { ReceiptLine } from "./lot";

const HOUR_MS = 3_600_000;

/** The lease of a hold when none is asked for, the longest lease, and the longest life with all extensions. */
export const HOLD_LIMITS = { defaultMs: HOUR_MS, leaseMs: 24 * HOUR_MS, lifeMs: 7 * 24 * HOUR_MS } as const;

/** What becomes of a capture after the lease: an ordinary spend, a refusal, or a spend whose shortfall is debt. */
export const LATE_CAPTURES = ["consume", "refuse", "debt"] as const;

/** What a feature allows the captures of its holds; fixed when the hold is opened. */
export interface HoldTerms {
  readonly lateCapture: (typeof LATE_CAPTURES)[number];
  /** Whether a capture may take more than was held, from free units. */
  readonly captureMore: boolean;
}

/** The terms of a hold without a feature, or whose feature says nothing. */
export const DEFAULT_HOLD_TERMS: HoldTerms = { lateCapture: "consume", captureMore: false };

/**
 * Units that were authorized and not yet captured.
 * `open`: from authorize on; its units are out of their lots and in `receipt`. `captured`: its units were spent, what was
 * not went back. `released`: all went back by request. `expired`: all went back at its deadline.
 */
export interface Hold {
  readonly id: string;
  readonly accountId: string;
  readonly walletId: string;
  readonly state: "open" | "captured" | "released" | "expired";
  readonly amount: Amount;
  /** What was captured of its own units; what a capture took beyond them is a spend of its own. */
  readonly captured: Amount;
  readonly released: Amount;
  /** Which lots gave the units, in the order they were taken. */
  readonly receipt: readonly ReceiptLine[];
  readonly feature: string | null;
  readonly terms: HoldTerms;
  readonly openedAt: Instant;
  readonly expiresAt: Instant;
  readonly maxUntil: Instant;
}

/** The deadline of a hold that is extended now: never past its longest life. */
export function extendedUntil(hold: Hold, at: Instant, ttlMs: number): Instant {
  return Math.min(at + ttlMs, hold.maxUntil);
}
