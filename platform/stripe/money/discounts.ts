/** What a coupon takes off. Units: percent with up to two decimals, or minor units. */
export type Off =
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "amount"; readonly amountMinor: number };

/**
 * Splits a discount over amounts in proportion: each gets its share rounded down, the last one that counts gets the rest.
 * Units: minor units. Holds: the shares add up to the discount, and none is above its amount.
 */
export function splitDiscount(
  lines: readonly { readonly amountMinor: number; readonly counts: boolean }[],
  off: Off,
): number[] {
  const counted = lines.map(({ amountMinor, counts }) => (counts ? amountMinor : 0));
  const whole = counted.reduce((sum, amount) => sum + amount, 0);
  const discount = off.kind === "amount" ? Math.min(off.amountMinor, whole) : percentOf(whole, off.percent);
  if (discount === 0) return lines.map(() => 0);
  const shares = counted.map((amount) => Number((BigInt(discount) * BigInt(amount)) / BigInt(whole)));
  let rest = discount - shares.reduce((sum, share) => sum + share, 0);
  // From the last line on, since a line takes no more than it costs.
  for (let index = shares.length - 1; index >= 0 && rest > 0; index -= 1) {
    const more = Math.min(rest, (counted[index] ?? 0) - (shares[index] ?? 0));
    shares[index] = (shares[index] ?? 0) + more;
    rest -= more;
  }
  return shares;
}

/** Computes a percentage, half up. Units: minor units; percent with up to four decimals. */
export function percentOf(amountMinor: number, percent: number): number {
  return ratio(amountMinor, scaled(percent), 1_000_000n);
}

/** Computes the tax on a line, half up. An inclusive tax is a part of the amount, an exclusive one comes on top. */
export function taxOf(amountMinor: number, { percent, inclusive }: { percent: number; inclusive: boolean }): number {
  const rate = scaled(percent);
  return ratio(amountMinor, rate, inclusive ? 1_000_000n + rate : 1_000_000n);
}

function scaled(percent: number): bigint {
  return BigInt(Math.round(percent * 10_000));
}

function ratio(amountMinor: number, part: bigint, whole: bigint): number {
  return Number((BigInt(amountMinor) * part * 2n + whole) / (whole * 2n));
}
