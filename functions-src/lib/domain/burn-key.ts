import type { LotTerms } from "./lot";

const CLASS_RANK = { promo: "0", allocation: "1", pack: "2" } as const;
/** A lot without a currency precedes those with one: a space comes before every letter. */
const CURRENCY_LENGTH = 3;
/** Hexadecimal digits after the point: 108 bits. */
const FRACTION_DIGITS = 27;
const NO_COST = `${"0".repeat(16)}.${"0".repeat(FRACTION_DIGITS)}`;

/**
 * Writes the published burn order of a lot as text: of two lots the one with the lesser key burns first.
 * Order: priority up; scope narrowest first, unscoped last; end up, endless last; promo, allocation, pack; currency code;
 * cost per unit up; start up; lot id (which ends in the wallet's sequence number) up.
 * The key is text and not a comparator so that lots which wait outside the wallet can be read in this order from an index.
 * Source: the order every customer sees in `docs/tokens.md`.
 */
export function burnKey(lot: LotTerms & { readonly id: string; readonly granted: number }): string {
  return [
    digits(lot.priority, 3),
    lot.scope === null ? "9999" : digits(lot.scope.length, 4),
    lot.expiresAt === null ? "9".repeat(16) : digits(lot.expiresAt, 16),
    CLASS_RANK[lot.class],
    (lot.currency ?? "").padEnd(CURRENCY_LENGTH),
    ratioText(lot.costMinor, lot.granted),
    digits(lot.effectiveAt, 16),
    lot.id,
  ].join("|");
}

/** Sorts lots into burn order. */
export function inBurnOrder<T extends LotTerms & { readonly id: string; readonly granted: number }>(
  lots: readonly T[],
): readonly T[] {
  return lots
    .map((lot) => ({ lot, key: burnKey(lot) }))
    .sort((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ lot }) => lot);
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

/**
 * Writes cost / units so that text order is the exact order of the fractions, for all amounts up to 2^53-1.
 * Doubling a remainder is exact in a double, so the binary expansion is exact too; two different fractions differ
 * within 106 bits, because their difference is at least 1 / (2^53 * 2^53).
 */
function ratioText(cost: number, units: number): string {
  if (cost === 0 || units === 0) return NO_COST;
  let remainder = cost % units;
  let text = `${digits((cost - remainder) / units, 16)}.`;
  for (let place = 0; place < FRACTION_DIGITS; place += 1) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit += 1) {
      remainder *= 2;
      digit *= 2;
      if (remainder >= units) {
        remainder -= units;
        digit += 1;
      }
    }
    text += digit.toString(16);
  }
  return text;
}
