import { type Amount, ZERO } from "./amount";
import type { Instant } from "./instant";
import type { Contest } from "./standing";

/** Whether Stripe objects are real money or tests; part of every key made from a Stripe id. */
export const STRIPE_MODES = ["live", "test"] as const;
export type StripeMode = (typeof STRIPE_MODES)[number];

/** What stands against a payment: money that went back or is disputed, and what that means for its units. */
export interface PaymentClaims {
  /** Refunds that are on their way or done, and what credit notes gave back in other ways. */
  readonly returnedMinor: Amount;
  /** Disputes that were lost. */
  readonly disputedMinor: Amount;
  readonly unitsTaken: Amount;
  readonly frozenBy: readonly string[];
  /** Disputes that are open, or were lost as fraud: what the standing of the account depends on. */
  readonly contests: readonly Contest[];
  /** When time alone changes the claims; null = never. */
  readonly recheckAt: Instant | null;
  /** When the claims changed last; null = never. */
  readonly claimsAt: Instant | null;
  /** Rises with each change of the claims, so that of two who decide on the same facts only one acts. */
  readonly revision: number;
}

/** The claims on a payment that nobody contests. */
export const NO_CLAIMS: PaymentClaims = {
  returnedMinor: ZERO,
  disputedMinor: ZERO,
  unitsTaken: ZERO,
  frozenBy: [],
  contests: [],
  recheckAt: null,
  claimsAt: null,
  revision: 0,
};

/**
 * What Stripe collected for one economic cause, what we gave for it, and what stands against it.
 * Holds: `unitsTaken` <= `unitsGranted`; amounts in the smallest unit of `currency`.
 */
export interface PaymentFact extends PaymentClaims {
  readonly accountId: string;
  /** For a pack: `pack:<checkout session>`. */
  readonly cause: string;
  readonly mode: StripeMode;
  readonly valueMinor: Amount;
  readonly currency: string;
  readonly packId: string;
  readonly packVersion: number;
  readonly quantity: number;
  readonly stripePaymentIntentId: string | null;
  /** The invoice that Stripe made of it; null = none, and then no credit notes either. */
  readonly stripeInvoiceId: string | null;
  readonly unitsGranted: Amount;
  readonly paidAt: Instant;
}
