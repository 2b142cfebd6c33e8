import { type Amount, toAmount } from "./amount";

const LIMB = 2 ** 24;
const LIMBS = 5;

/** How the last unit of a division is decided; named at each call because money depends on it. */
export type Rounding = "down" | "up" | "half_up";

/**
 * Computes a * b / c exactly and rounds once; for all amounts, without a number type beyond doubles.
 * Throws: an Error when c is 0 or the result passes 2^53-1.
 */
export function mulDiv(a: Amount, b: Amount, c: Amount, rounding: Rounding): Amount {
  if (c === 0) throw new Error(`mulDiv: expected a divisor above 0 for ${a} * ${b}`);
  let quotient = 0;
  let remainder = 0;
  for (const bit of bitsOf(product(a, b))) {
    // Below 2 * c <= 2^54 an even number is exact in a double, and so is the odd one next to it after the subtraction.
    const doubled = remainder * 2;
    const reduces = doubled >= c || (bit === 1 && doubled + 1 >= c);
    remainder = reduces ? doubled - c + bit : doubled + bit;
    quotient = quotient * 2 + (reduces ? 1 : 0);
    if (quotient > Number.MAX_SAFE_INTEGER) throw new Error(`mulDiv: ${a} * ${b} / ${c} passes 2^53-1`);
  }
  return toAmount(quotient + (roundsUp(remainder, c, rounding) ? 1 : 0));
}

function roundsUp(remainder: number, divisor: number, rounding: Rounding): boolean {
  switch (rounding) {
    case "down":
      return false;
    case "up":
      return remainder > 0;
    case "half_up":
      return remainder >= divisor - remainder;
  }
}

/** The product as limbs of 24 bits, least first; every column sum stays below 2^53. */
function product(a: number, b: number): readonly number[] {
  const [left, right] = [limbsOf(a), limbsOf(b)];
  const limbs: number[] = [];
  let carry = 0;
  for (let column = 0; column < LIMBS; column += 1) {
    let sum = carry;
    for (let row = 0; row <= column; row += 1) sum += (left[row] ?? 0) * (right[column - row] ?? 0);
    limbs.push(sum % LIMB);
    carry = Math.floor(sum / LIMB);
  }
  return limbs;
}

function limbsOf(value: number): readonly number[] {
  return [value % LIMB, Math.floor(value / LIMB) % LIMB, Math.floor(value / LIMB / LIMB)];
}

/** The bits of limbs, most significant first. */
function bitsOf(limbs: readonly number[]): readonly number[] {
  return [...limbs]
    .reverse()
    .flatMap((limb) => Array.from({ length: 24 }, (_, index) => Math.floor(limb / 2 ** (23 - index)) % 2));
}
