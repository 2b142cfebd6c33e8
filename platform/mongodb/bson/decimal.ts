import { Decimal128 } from "./values";

/** A decimal taken apart: value = coefficient * 10^exponent, the coefficient signed; `special` replaces both when the value is not finite. */
export interface DecimalParts {
  readonly coefficient: bigint;
  readonly exponent: number;
  readonly special?: "NaN" | "Infinity" | "-Infinity";
}

const MAX_DIGITS = 34;
const MIN_EXPONENT = -6176;
const MAX_EXPONENT = 6111;
const BIAS = 6176;
const LOW_MASK = (1n << 64n) - 1n;
const MAX_COEFFICIENT = 10n ** 34n - 1n;

/** Takes a Decimal128 apart. A coefficient outside the format counts as zero, as the standard says. */
export function decimalParts(value: Decimal128): DecimalParts {
  const view = new DataView(value.bytes.buffer, value.bytes.byteOffset, 16);
  const high = view.getBigUint64(8, true);
  const top = Number(high >> 58n) & 0x1f;
  const negative = high >> 63n === 1n;
  if (top === 0x1f) return special("NaN");
  if (top === 0x1e) return special(negative ? "-Infinity" : "Infinity");
  const isLarge = top >> 3 === 3;
  const exponent = (Number(high >> (isLarge ? 47n : 49n)) & 0x3fff) - BIAS;
  const magnitude = isLarge ? 0n : ((high & ((1n << 49n) - 1n)) << 64n) | view.getBigUint64(0, true);
  const coefficient = magnitude > MAX_COEFFICIENT ? 0n : magnitude;
  return { coefficient: negative ? -coefficient : coefficient, exponent };
}

function special(name: "NaN" | "Infinity" | "-Infinity"): DecimalParts {
  return { coefficient: 0n, exponent: 0, special: name };
}

/** Builds the Decimal128 nearest to the parts: rounds to 34 digits half to even, and overflows to an infinity. */
export function decimalOf(parts: DecimalParts): Decimal128 {
  if (parts.special !== undefined) return Decimal128.fromString(parts.special);
  const negative = parts.coefficient < 0n;
  let magnitude = negative ? -parts.coefficient : parts.coefficient;
  let { exponent } = parts;
  const excess = Math.max(magnitude.toString().length - MAX_DIGITS, MIN_EXPONENT - exponent, 0);
  if (excess > 0) {
    magnitude = roundAway(magnitude, excess);
    exponent += excess;
    if (magnitude > MAX_COEFFICIENT) {
      magnitude /= 10n;
      exponent += 1;
    }
  }
  while (exponent > MAX_EXPONENT && magnitude !== 0n && magnitude * 10n <= MAX_COEFFICIENT) {
    magnitude *= 10n;
    exponent -= 1;
  }
  if (magnitude === 0n) exponent = Math.min(Math.max(exponent, MIN_EXPONENT), MAX_EXPONENT);
  if (exponent > MAX_EXPONENT) return Decimal128.fromString(negative ? "-Infinity" : "Infinity");
  return pack(negative, magnitude, exponent);
}

function pack(negative: boolean, magnitude: bigint, exponent: number): Decimal128 {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, magnitude & LOW_MASK, true);
  const high = (BigInt(exponent + BIAS) << 49n) | (magnitude >> 64n) | (negative ? 1n << 63n : 0n);
  view.setBigUint64(8, high, true);
  return new Decimal128(bytes);
}

function roundAway(magnitude: bigint, digits: number): bigint {
  if (digits > 6200) return 0n;
  const divisor = 10n ** BigInt(digits);
  const quotient = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const isUp = twice > divisor || (twice === divisor && (quotient & 1n) === 1n);
  return isUp ? quotient + 1n : quotient;
}

/** Reads decimal text such as `-12.5e3` exactly. */
export function decimalFromText(text: string): DecimalParts | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return specialFromText(text);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const magnitude = BigInt(whole + fraction);
  return { coefficient: sign === "-" ? -magnitude : magnitude, exponent: Number(exponent) - fraction.length };
}

function specialFromText(text: string): DecimalParts | undefined {
  const match = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(text);
  if (match === null) return undefined;
  if (match[2] !== undefined) return special("NaN");
  return special(match[1] === "-" ? "-Infinity" : "Infinity");
}

/** Converts a double the way the server does before decimal arithmetic: to 15 significant digits. */
export function decimalFromDouble(value: number): DecimalParts {
  if (Number.isNaN(value)) return special("NaN");
  if (!Number.isFinite(value)) return special(value < 0 ? "-Infinity" : "Infinity");
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return { coefficient: BigInt(value), exponent: 0 };
  return decimalFromText(value.toPrecision(15)) ?? special("NaN");
}

/** Gives the double nearest to a decimal. */
export function doubleFromDecimal(parts: DecimalParts): number {
  if (parts.special !== undefined) return Number(parts.special);
  return Number(`${parts.coefficient}e${parts.exponent}`);
}

/** Adds two decimals exactly; the smaller exponent is kept, so 1.0 + 2.00 is 3.00. */
export function addDecimals(a: DecimalParts, b: DecimalParts): DecimalParts {
  if (a.special !== undefined || b.special !== undefined) return specialResult(doubleOrZero(a) + doubleOrZero(b));
  // Beyond this distance the smaller addend cannot touch the 34 digits, while raising ten to it would cost megabytes.
  if (Math.abs(a.exponent - b.exponent) > 200) return addFar(a, b);
  const exponent = Math.min(a.exponent, b.exponent);
  return { coefficient: scaled(a, exponent) + scaled(b, exponent), exponent };
}

function addFar(a: DecimalParts, b: DecimalParts): DecimalParts {
  const [high, low] = a.exponent > b.exponent ? [a, b] : [b, a];
  if (low.coefficient === 0n) return high;
  if (high.coefficient === 0n) return low;
  return high;
}

function scaled(parts: DecimalParts, exponent: number): bigint {
  return parts.coefficient * 10n ** BigInt(parts.exponent - exponent);
}

/** Multiplies two decimals exactly. */
export function multiplyDecimals(a: DecimalParts, b: DecimalParts): DecimalParts {
  if (a.special !== undefined || b.special !== undefined) return specialResult(signOrSpecial(a) * signOrSpecial(b));
  return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent };
}

/** Divides two decimals to 34 digits; an exact quotient loses the zeros at its end. */
export function divideDecimals(a: DecimalParts, b: DecimalParts): DecimalParts {
  if (a.special !== undefined || b.special !== undefined) return specialResult(signOrSpecial(a) / signOrSpecial(b));
  if (b.coefficient === 0n)
    return specialResult(Number(a.coefficient === 0n ? NaN : a.coefficient > 0n ? Infinity : -Infinity));
  const digits = 40 + magnitudeDigits(b) - Math.min(magnitudeDigits(a), 34);
  const scale = BigInt(Math.max(digits, 0));
  const dividend = a.coefficient * 10n ** scale;
  let coefficient = dividend / b.coefficient;
  let exponent = a.exponent - b.exponent - Number(scale);
  const isExact = dividend % b.coefficient === 0n;
  const ideal = a.exponent - b.exponent;
  // A remainder beyond the last digit must still tip a tie, hence one more non-zero digit.
  if (!isExact)
    return {
      coefficient: coefficient * 10n + (dividend < 0n === b.coefficient < 0n ? 1n : -1n),
      exponent: exponent - 1,
    };
  while (exponent < ideal && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent += 1;
  }
  return { coefficient, exponent };
}

function magnitudeDigits(parts: DecimalParts): number {
  return (parts.coefficient < 0n ? -parts.coefficient : parts.coefficient).toString().length;
}

function specialResult(value: number): DecimalParts {
  if (Number.isNaN(value)) return special("NaN");
  if (Number.isFinite(value)) return { coefficient: 0n, exponent: 0 };
  return special(value < 0 ? "-Infinity" : "Infinity");
}

function doubleOrZero(parts: DecimalParts): number {
  return parts.special === undefined ? 0 : Number(parts.special);
}

function signOrSpecial(parts: DecimalParts): number {
  if (parts.special !== undefined) return Number(parts.special);
  return parts.coefficient === 0n ? 0 : parts.coefficient < 0n ? -1 : 1;
}

/** Compares two decimals exactly; NaN is below everything and equal to itself. */
export function compareDecimals(a: DecimalParts, b: DecimalParts): number {
  if (a.special !== undefined || b.special !== undefined) return compareSpecial(a, b);
  const signA = signOrSpecial(a);
  const signB = signOrSpecial(b);
  if (signA !== signB) return signA < signB ? -1 : 1;
  if (signA === 0) return 0;
  const topA = magnitudeDigits(a) + a.exponent;
  const topB = magnitudeDigits(b) + b.exponent;
  if (topA !== topB) return topA < topB === signA > 0 ? -1 : 1;
  const exponent = Math.min(a.exponent, b.exponent);
  const left = scaled(a, exponent);
  const right = scaled(b, exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareSpecial(a: DecimalParts, b: DecimalParts): number {
  const left = specialRank(a);
  const right = specialRank(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function specialRank(parts: DecimalParts): number {
  if (parts.special === undefined) return 0;
  return parts.special === "NaN" ? -2 : parts.special === "Infinity" ? 1 : -1;
}

/** Expands a finite double exactly: every double has a finite decimal form. */
export function exactDecimal(value: number): DecimalParts {
  if (!Number.isFinite(value)) return decimalFromDouble(value);
  if (Number.isInteger(value)) return { coefficient: BigInt(value), exponent: 0 };
  let mantissa = value;
  let shift = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    shift += 1;
  }
  return { coefficient: BigInt(mantissa) * 5n ** BigInt(shift), exponent: -shift };
}
