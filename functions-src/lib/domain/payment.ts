import type { Amount } from "./amount";
import type { Instant } from "./instant";

/** Whether Stripe objects are real money or tests; part of every key made from a Stripe id. */
export type StripeMode = "live" | "test";

/**
 * What Stripe collected for one economic cause, and what we gave for it.
 * Holds: `unitsTaken` <= `unitsGranted`; amounts in the smallest unit of `currency`.
 */
export interface PaymentFact {
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
  readonly unitsGranted: Amount;
  readonly paidAt: Instant;
}
