import type { Instant } from "./instant";

/** Stripe may forget an idempotency key after 24 h; an hour less leaves room for clocks that differ. */
const KEY_LIFE_MS = 23 * 3_600_000;

/**
 * Tells whether Stripe may have forgotten the key of a wish that was first sent at an instant: what the wish made is then looked
 * for before it is sent again. Null = never sent.
 */
export function isKeyForgotten(firstSentAt: Instant | null, now: Instant): boolean {
  return firstSentAt !== null && now - firstSentAt > KEY_LIFE_MS;
}
