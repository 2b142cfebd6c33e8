import { numberedError, serverError } from "../../errors";
import { decimalOf, multiplyDecimals } from "../../bson/decimal";
import {
  add,
  divide,
  isZero,
  multiply,
  numberTypeOf,
  subtract,
  toDecimalParts,
  toDouble,
  toWhole,
} from "../../bson/numeric";
import { isNumeric, type Numeric, typeNameOf } from "../../bson/types";
import { Decimal128, fromDouble, fromWhole, INT64_MAX, INT64_MIN, type Value } from "../../bson/values";
import { type Arguments, type Builder, fixed, isNullish, variadic } from "./builder";

/** Asks for a number. */
export function requireNumber(name: string, value: Value | undefined): Numeric {
  if (!isNumeric(value))
    throw serverError("TypeMismatch", `${name} only supports numeric types, not ${typeNameOf(value)}`);
  return value;
}

function addAll(args: Arguments): Value {
  let total: Numeric = 0;
  let date: Date | undefined;
  for (const value of args) {
    if (isNullish(value)) return null;
    if (value instanceof Date) {
      if (date !== undefined) throw numberedError(16612, "only one date allowed in an $add expression");
      date = value;
    } else if (isNumeric(value)) total = add(total, value);
    else throw serverError("TypeMismatch", `$add only supports numeric or date types, not ${typeNameOf(value)}`);
  }
  return date === undefined ? total : shiftDate(date, total);
}

function shiftDate(date: Date, millis: Numeric): Date {
  return new Date(date.getTime() + Math.round(toDouble(millis)));
}

function subtractTwo([a, b]: Arguments): Value {
  if (isNullish(a) || isNullish(b)) return null;
  if (a instanceof Date && b instanceof Date) return BigInt(a.getTime() - b.getTime());
  if (a instanceof Date && isNumeric(b)) return shiftDate(a, subtract(0, b));
  if (isNumeric(a) && isNumeric(b)) return subtract(a, b);
  throw serverError("TypeMismatch", `can't $subtract ${typeNameOf(b)} from ${typeNameOf(a)}`);
}

function multiplyAll(args: Arguments): Value {
  let product: Numeric = 1;
  for (const value of args) {
    if (isNullish(value)) return null;
    product = multiply(product, requireNumber("$multiply", value));
  }
  return product;
}

function divideTwo([a, b]: Arguments): Value {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumeric(a) || !isNumeric(b)) {
    throw serverError("TypeMismatch", `$divide only supports numeric types, not ${typeNameOf(a)} and ${typeNameOf(b)}`);
  }
  if (isZero(b)) throw serverError("BadValue", "can't $divide by zero");
  return divide(a, b);
}

function modulo([a, b]: Arguments): Value {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumeric(a) || !isNumeric(b)) {
    throw numberedError(16611, `$mod only supports numeric types, not ${typeNameOf(a)} and ${typeNameOf(b)}`);
  }
  if (isZero(b)) throw numberedError(16610, "can't $mod by zero");
  if (a instanceof Decimal128 || b instanceof Decimal128) return decimalModulo(a, b);
  if (numberTypeOf(a) === "double" || numberTypeOf(b) === "double") return fromDouble(toDouble(a) % toDouble(b));
  const rest = (toWhole(a) ?? 0n) % (toWhole(b) ?? 1n);
  return typeof a === "bigint" || typeof b === "bigint" ? rest : fromWhole(rest);
}

function decimalModulo(a: Numeric, b: Numeric): Value {
  const left = toDecimalParts(a);
  const right = toDecimalParts(b);
  if (left.special !== undefined || right.special === "NaN") return Decimal128.fromString("NaN");
  if (right.special !== undefined) return decimalOf(left);
  const exponent = Math.min(left.exponent, right.exponent);
  const scale = (part: typeof left): bigint => part.coefficient * 10n ** BigInt(part.exponent - exponent);
  return decimalOf({ coefficient: scale(left) % scale(right), exponent });
}

function absolute(value: Numeric): Value {
  if (value instanceof Decimal128) {
    const parts = toDecimalParts(value);
    if (parts.special !== undefined) return Decimal128.fromString(parts.special.replace("-", ""));
    return decimalOf({ ...parts, coefficient: parts.coefficient < 0n ? -parts.coefficient : parts.coefficient });
  }
  if (typeof value === "bigint") {
    if (value === INT64_MIN) throw numberedError(28680, "can't take $abs of long long min");
    return value < 0n ? -value : value;
  }
  if (numberTypeOf(value) === "double") return fromDouble(Math.abs(toDouble(value)));
  return fromWhole(BigInt(Math.abs(toDouble(value))));
}

type Rounding = "floor" | "ceil" | "trunc" | "round";

/** Rounds to a decimal place; halves go to the even neighbour. */
function roundTo(value: Numeric, place: number, rounding: Rounding): Value {
  const type = numberTypeOf(value);
  if (type !== "decimal" && !Number.isFinite(toDouble(value))) return value;
  if ((type === "int" || type === "long") && place >= 0) return value;
  const parts = value instanceof Decimal128 ? toDecimalParts(value) : exactText(value);
  if (parts.special !== undefined) return value;
  const rounded = roundParts(parts.coefficient, parts.exponent, -place, rounding);
  if (type === "decimal") return decimalOf(rounded);
  if (type === "double") return fromDouble(Number(`${rounded.coefficient}e${rounded.exponent}`));
  const whole = rounded.coefficient * 10n ** BigInt(rounded.exponent);
  if (whole > INT64_MAX || whole < INT64_MIN)
    throw numberedError(51080, `invalid conversion during $${rounding}: out of range`);
  return type === "long" ? whole : fromWhole(whole);
}

/** A double is rounded by the digits it is shown with, not by the binary digits behind them. */
function exactText(value: Exclude<Numeric, Decimal128>): { coefficient: bigint; exponent: number; special?: string } {
  if (typeof value === "bigint") return { coefficient: value, exponent: 0 };
  const [digits = "0", power = "0"] = String(toDouble(value)).split("e");
  const [whole = "0", fraction = ""] = digits.split(".");
  return { coefficient: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function roundParts(
  coefficient: bigint,
  exponent: number,
  target: number,
  rounding: Rounding,
): { coefficient: bigint; exponent: number } {
  if (exponent >= target) return { coefficient, exponent };
  const divisor = 10n ** BigInt(target - exponent);
  const quotient = coefficient / divisor;
  const rest = coefficient % divisor;
  const away = coefficient < 0n ? -1n : 1n;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const isUp =
    rounding === "round"
      ? twice > divisor || (twice === divisor && quotient % 2n !== 0n)
      : rest !== 0n && ((rounding === "ceil" && away > 0n) || (rounding === "floor" && away < 0n));
  return { coefficient: isUp ? quotient + away : quotient, exponent: target };
}

function roundingOperator(name: string, mode: Rounding, max: number): Builder {
  return fixed(name, 1, max, ([value, place]) => {
    if (isNullish(value) || (place !== undefined && isNullish(place))) return null;
    const digits = place === undefined ? 0n : toWhole(place);
    if (digits === undefined) throw numberedError(51082, `precision argument to ${name} must be an integral value`);
    if (digits < -20n || digits > 100n)
      throw numberedError(51083, `cannot apply ${name} with precision value ${digits} value must be in [-20, 100]`);
    return roundTo(requireNumber(name, value), Number(digits), mode);
  });
}

function raise([base, exponent]: Arguments): Value {
  if (isNullish(base) || isNullish(exponent)) return null;
  const left = requireNumber("$pow", base);
  const right = requireNumber("$pow", exponent);
  if (isZero(left) && toDouble(right) < 0)
    throw numberedError(28764, "$pow cannot take a base of 0 and a negative exponent");
  const whole = toWhole(right);
  const isExact = whole !== undefined && whole >= 0n && whole <= 6400n;
  if (left instanceof Decimal128 || right instanceof Decimal128) {
    if (!isExact) throw serverError("NotImplemented", "$pow of decimals with such an exponent is not implemented");
    let result = toDecimalParts(1);
    for (let count = 0n; count < whole; count++) {
      result = toDecimalParts(decimalOf(multiplyDecimals(result, toDecimalParts(left))));
    }
    return decimalOf(result);
  }
  const types = [numberTypeOf(left), numberTypeOf(right)];
  const approximate = toDouble(left) ** toDouble(right);
  if (types.includes("double") || !isExact || Math.abs(approximate) > 1e19) return fromDouble(approximate);
  const result = (toWhole(left) ?? 0n) ** whole;
  if (result > INT64_MAX || result < INT64_MIN) return fromDouble(approximate);
  return types.includes("long") ? result : fromWhole(result);
}

function bits(name: string, start: bigint, combine: (a: bigint, b: bigint) => bigint): Builder {
  return variadic((args) => {
    let result = start;
    let isLong = false;
    for (const value of args) {
      if (isNullish(value)) return null;
      const isWhole = typeof value === "bigint" || (isNumeric(value) && numberTypeOf(value) === "int");
      if (!isWhole) throw serverError("TypeMismatch", `${name} only supports int and long operands.`);
      isLong ||= typeof value === "bigint";
      result = combine(result, toWhole(value) ?? 0n);
    }
    return isLong ? result : fromWhole(result);
  });
}

/** Arithmetic on the four number types. */
export const ARITHMETIC: Readonly<Record<string, Builder>> = {
  $add: variadic(addAll),
  $subtract: fixed("$subtract", 2, 2, subtractTwo),
  $multiply: variadic(multiplyAll),
  $divide: fixed("$divide", 2, 2, divideTwo),
  $mod: fixed("$mod", 2, 2, modulo),
  $abs: fixed("$abs", 1, 1, ([value]) => (isNullish(value) ? null : absolute(requireNumber("$abs", value)))),
  $ceil: roundingOperator("$ceil", "ceil", 1),
  $floor: roundingOperator("$floor", "floor", 1),
  $trunc: roundingOperator("$trunc", "trunc", 2),
  $round: roundingOperator("$round", "round", 2),
  $pow: fixed("$pow", 2, 2, raise),
  $bitAnd: bits("$bitAnd", -1n, (a, b) => a & b),
  $bitOr: bits("$bitOr", 0n, (a, b) => a | b),
  $bitXor: bits("$bitXor", 0n, (a, b) => a ^ b),
  $bitNot: fixed("$bitNot", 1, 1, ([value]) => {
    if (isNullish(value)) return null;
    if (typeof value === "bigint") return ~value;
    if (typeof value === "number" && numberTypeOf(value) === "int") return ~value;
    throw serverError("TypeMismatch", `$bitNot only supports int and long, not: ${typeNameOf(value)}.`);
  }),
  $rand: () => () => fromDouble(Math.random()),
};
