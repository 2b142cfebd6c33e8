/** The largest amount that every layer carries exactly: the largest safe integer of JavaScript. */
export const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

declare const amountBrand: unique symbol;

/**
 * A whole number of units or of the smallest money unit.
 * Holds: it is an integer in 0..2^53-1, so sums and comparisons of two amounts are exact or refused, never rounded.
 */
export type Amount = number & { readonly [amountBrand]: true };

/** Tells whether a number may be used as an amount. */
export function isAmount(value: number): value is Amount {
  return Number.isSafeInteger(value) && value >= 0;
}

/**
 * Brands a number that is known to be an amount.
 * Throws: an Error (a bug of ours) when it is negative, fractional or beyond 2^53-1.
 */
export function toAmount(value: number): Amount {
  if (!isAmount(value)) throw new Error(`Expected a whole amount in 0..2^53-1, got ${value}`);
  return value;
}

export const ZERO: Amount = toAmount(0);

/** Subtracts amounts. Throws: an Error when the result would be negative. */
export function minus(left: Amount, right: Amount): Amount {
  return toAmount(left - right);
}
