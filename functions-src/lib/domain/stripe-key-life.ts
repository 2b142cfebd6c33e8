import { AppError } from "./app-error";
import type { Instant } from "./instant";

/** Stripe may forget an idempotency key after 24 h; an hour less leaves room for clocks that differ. */
const KEY_LIFE_MS = 23 * 3_600_000;
/** After a failure that Stripe keeps, what it may have made is looked for no sooner: its search is a minute behind. */
export const SPENT_KEY_REST_MS = 2 * 60_000;

/** What became of the idempotency keys of one wish. */
export interface KeyState {
  /** When the wish was first sent; null = never. */
  readonly firstSentAt: Instant | null;
  /** How many keys are spent: Stripe failed and keeps that answer, so the same key never gets another. The next key is numbered so. */
  readonly spentKeys: number;
}

/**
 * Tells whether what a wish made has to be looked for before it is sent again: because Stripe may have forgotten its key, or
 * because it needs a new one.
 */
export function isLookNeeded({ firstSentAt, spentKeys }: KeyState, now: Instant): boolean {
  return spentKeys > 0 || (firstSentAt !== null && now - firstSentAt > KEY_LIFE_MS);
}

/** Tells whether a call failed in a way that Stripe keeps under its key. */
export function isKeySpent(error: unknown): boolean {
  return error instanceof AppError && error.detail["isKeySpent"] === true;
}
