import {
  addDecimals,
  decimalFromDouble,
  decimalOf,
  type DecimalParts,
  decimalParts,
  divideDecimals,
  doubleFromDecimal,
  multiplyDecimals,
} from "./decimal";
import { isNumeric, type Numeric } from "./types";
import { Decimal128, Double, fromDouble, fromWhole, INT64_MAX, INT64_MIN, isInt32, type Value } from "./values";

type NumberType = "int" | "long" | "double" | "decimal";

/** Names the BSON type of a number. */
export function numberTypeOf(value: Numeric): NumberType {
  if (typeof value === "number") return isInt32(value) ? "int" : "double";
  if (typeof value === "bigint") return "long";
  return value instanceof Double ? "double" : "decimal";
}

/** Gives the double nearest to a number. */
export function toDouble(value: Numeric): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return value instanceof Double ? value.value : doubleFromDecimal(decimalParts(value));
}

/** Takes any number apart as a decimal, doubles rounded to 15 digits as the server does before decimal arithmetic. */
export function toDecimalParts(value: Numeric): DecimalParts {
  if (value instanceof Decimal128) return decimalParts(value);
  if (typeof value === "bigint") return { coefficient: value, exponent: 0 };
  return decimalFromDouble(typeof value === "number" ? value : value.value);
}

/** Gives the whole number that a number is, or undefined when it has a fraction, is not finite or leaves the int64 range. */
export function toWhole(value: Value | undefined): bigint | undefined {
  if (!isNumeric(value)) return undefined;
  if (typeof value === "bigint") return value;
  if (value instanceof Decimal128) return wholeOfDecimal(decimalParts(value));
  const double = toDouble(value);
  if (!Number.isInteger(double)) return undefined;
  return inRange(BigInt(double));
}

function wholeOfDecimal(parts: DecimalParts): bigint | undefined {
  if (parts.special !== undefined || parts.exponent > 19) return parts.coefficient === 0n ? 0n : undefined;
  if (parts.exponent >= 0) return inRange(parts.coefficient * 10n ** BigInt(parts.exponent));
  const divisor = 10n ** BigInt(Math.min(-parts.exponent, 40));
  return parts.coefficient % divisor === 0n ? inRange(parts.coefficient / divisor) : undefined;
}

/** Truncates a finite number towards zero; undefined when it is not finite or leaves the int64 range. */
export function truncate(value: Numeric): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (!(value instanceof Decimal128)) {
    const double = Math.trunc(toDouble(value));
    return Number.isFinite(double) ? inRange(BigInt(double)) : undefined;
  }
  const parts = decimalParts(value);
  if (parts.special !== undefined || parts.exponent > 19)
    return parts.coefficient === 0n && parts.special === undefined ? 0n : undefined;
  if (parts.exponent >= 0) return inRange(parts.coefficient * 10n ** BigInt(parts.exponent));
  return inRange(parts.coefficient / 10n ** BigInt(Math.min(-parts.exponent, 40)));
}

function inRange(value: bigint): bigint | undefined {
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

interface Operation {
  whole(a: bigint, b: bigint): bigint;
  double(a: number, b: number): number;
  decimal(a: DecimalParts, b: DecimalParts): DecimalParts;
}

const ADD: Operation = { whole: (a, b) => a + b, double: (a, b) => a + b, decimal: addDecimals };
const MULTIPLY: Operation = { whole: (a, b) => a * b, double: (a, b) => a * b, decimal: multiplyDecimals };
const SUBTRACT: Operation = {
  whole: (a, b) => a - b,
  double: (a, b) => a - b,
  decimal: (a, b) => addDecimals(a, { ...b, ...negated(b) }),
};

function negated(parts: DecimalParts): DecimalParts {
  if (parts.special === "Infinity") return { ...parts, special: "-Infinity" };
  if (parts.special === "-Infinity") return { ...parts, special: "Infinity" };
  return { ...parts, coefficient: -parts.coefficient };
}

/** The widest type wins: decimal over double over int64 over int32. `undefined` says that an int64 would overflow. */
function calculate(a: Numeric, b: Numeric, operation: Operation): Numeric | undefined {
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return decimalOf(operation.decimal(toDecimalParts(a), toDecimalParts(b)));
  }
  const left = numberTypeOf(a);
  const right = numberTypeOf(b);
  if (left === "double" || right === "double") return fromDouble(operation.double(toDouble(a), toDouble(b)));
  const result = inRange(operation.whole(BigInt(toWholeOperand(a)), BigInt(toWholeOperand(b))));
  if (result === undefined) return undefined;
  // Two int32 give an int32 when it fits; an int64 among them keeps the result an int64.
  return left === "long" || right === "long" ? result : fromWhole(result);
}

function toWholeOperand(value: Exclude<Numeric, Decimal128>): number | bigint {
  return value instanceof Double ? value.value : value;
}

/** Adds as `$inc` does. Returns undefined when the int64 range is left, which the update refuses. */
export function addExact(a: Numeric, b: Numeric): Numeric | undefined {
  return calculate(a, b, ADD);
}

/** Multiplies as `$mul` does. Returns undefined when the int64 range is left, which the update refuses. */
export function multiplyExact(a: Numeric, b: Numeric): Numeric | undefined {
  return calculate(a, b, MULTIPLY);
}

/** Adds as the expression `$add` does: beyond int64 the result is a double. */
export function add(a: Numeric, b: Numeric): Numeric {
  return calculate(a, b, ADD) ?? fromDouble(toDouble(a) + toDouble(b));
}

/** Subtracts as the expression `$subtract` does: beyond int64 the result is a double. */
export function subtract(a: Numeric, b: Numeric): Numeric {
  return calculate(a, b, SUBTRACT) ?? fromDouble(toDouble(a) - toDouble(b));
}

/** Multiplies as the expression `$multiply` does: beyond int64 the result is a double. */
export function multiply(a: Numeric, b: Numeric): Numeric {
  return calculate(a, b, MULTIPLY) ?? fromDouble(toDouble(a) * toDouble(b));
}

/** Divides as the expression `$divide` does: a decimal when one operand is, else a double. The divisor must not be zero. */
export function divide(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return decimalOf(divideDecimals(toDecimalParts(a), toDecimalParts(b)));
  }
  return fromDouble(toDouble(a) / toDouble(b));
}

/** Tells whether a number is zero of any type. */
export function isZero(value: Numeric): boolean {
  return value instanceof Decimal128
    ? decimalParts(value).coefficient === 0n && decimalParts(value).special === undefined
    : toDouble(value) === 0;
}

/** Tells whether a number is not-a-number. */
export function isNaNumber(value: Numeric): boolean {
  return value instanceof Decimal128 ? decimalParts(value).special === "NaN" : Number.isNaN(toDouble(value));
}

/**
 * A running total in the way of `$sum`: whole numbers are added exactly, doubles with a carried rounding error, decimals as decimals; anything else is ignored.
 * The total has the widest type that was added; an int64 total that overflows becomes a double.
 */
export class Total {
  count = 0;
  private whole = 0n;
  private double = 0;
  private carry = 0;
  private decimal: DecimalParts | undefined;
  private type: NumberType = "int";

  add(value: Value | undefined): void {
    if (!isNumeric(value)) return;
    this.count += 1;
    const type = numberTypeOf(value);
    if (
      type === "decimal" ||
      (type === "double" && this.type !== "decimal") ||
      (type === "long" && this.type === "int")
    ) {
      this.type = type;
    }
    if (value instanceof Decimal128) {
      const sum = addDecimals(this.decimal ?? { coefficient: 0n, exponent: 0 }, decimalParts(value));
      this.decimal = decimalParts(decimalOf(sum));
    } else if (type === "double") this.addDouble(toDouble(value));
    else this.whole += BigInt(toWholeOperand(value));
  }

  private addDouble(value: number): void {
    const sum = this.double + value;
    const error = Math.abs(this.double) >= Math.abs(value) ? this.double - sum + value : value - sum + this.double;
    if (Number.isFinite(error)) this.carry += error;
    this.double = sum;
  }

  result(): Numeric {
    if (this.type === "decimal") return this.decimalResult();
    if (this.type === "double" || inRange(this.whole) === undefined) return fromDouble(this.doubleResult());
    return this.type === "long" ? this.whole : fromWhole(this.whole);
  }

  average(): Numeric | null {
    if (this.count === 0) return null;
    if (this.type === "decimal") return divide(this.decimalResult(), this.count);
    return fromDouble(this.doubleResult() / this.count);
  }

  private doubleResult(): number {
    return this.double + this.carry + Number(this.whole);
  }

  private decimalResult(): Decimal128 {
    let sum = addDecimals(this.decimal ?? { coefficient: 0n, exponent: 0 }, { coefficient: this.whole, exponent: 0 });
    const doubles = this.double + this.carry;
    if (doubles !== 0) sum = addDecimals(sum, decimalFromDouble(doubles));
    return decimalOf(sum);
  }
}
