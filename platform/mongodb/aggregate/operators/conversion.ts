import { numberedError, serverError, ServerError } from "../../errors";
import { decimalFromText, decimalOf } from "../../bson/decimal";
import { isZero, toDecimalParts, toDouble, toWhole, truncate } from "../../bson/numeric";
import { isNumeric, TYPE_NUMBERS, typeNameOf } from "../../bson/types";
import { Decimal128, fromDouble, INT64_MAX, INT64_MIN, ObjectId, Timestamp, type Value } from "../../bson/values";
import { type Builder, checkNames, type Evaluator, fixed, isNullish } from "./builder";
import { parseDate } from "./date-text";

function failure(message: string): ServerError {
  return serverError("ConversionFailure", message);
}

function unsupported(value: Value, target: string): ServerError {
  return failure(`Unsupported conversion from ${typeNameOf(value)} to ${target} in $convert with no onError value`);
}

function unparsable(text: string, target: string): ServerError {
  return failure(`Failed to parse number '${text}' in $convert with no onError value: not a ${target}`);
}

function wholeOf(value: Value, target: "int" | "long"): bigint {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string") {
    if (!/^[+-]?\d+$/.test(value)) throw unparsable(value, target);
    return BigInt(value.replace(/^\+/, ""));
  }
  if (value instanceof Date && target === "long") return BigInt(value.getTime());
  if (!isNumeric(value)) throw unsupported(value, target);
  const whole = truncate(value);
  if (whole === undefined)
    throw failure(`Conversion would overflow target type in $convert with no onError value: ${toDouble(value)}`);
  return whole;
}

function toRange(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least || value > most) {
    throw failure(`Conversion would overflow target type in $convert with no onError value: ${value}`);
  }
  return value;
}

function doubleOf(value: Value): Value {
  if (typeof value === "boolean") return fromDouble(value ? 1 : 0);
  if (value instanceof Date) return fromDouble(value.getTime());
  if (typeof value === "string") {
    const parsed = decimalFromText(value);
    if (parsed === undefined) throw unparsable(value, "double");
    return fromDouble(parsed.special === undefined ? Number(value) : Number(parsed.special));
  }
  if (!isNumeric(value)) throw unsupported(value, "double");
  return fromDouble(toDouble(value));
}

function decimalFrom(value: Value): Value {
  if (typeof value === "boolean") return decimalOf({ coefficient: value ? 1n : 0n, exponent: 0 });
  if (value instanceof Date) return decimalOf({ coefficient: BigInt(value.getTime()), exponent: 0 });
  if (typeof value === "string") {
    const parsed = decimalFromText(value);
    if (parsed === undefined) throw unparsable(value, "decimal");
    return decimalOf(parsed);
  }
  if (!isNumeric(value)) throw unsupported(value, "decimal");
  return value instanceof Decimal128 ? value : decimalOf(toDecimalParts(value));
}

/** Writes a value as text the way `$toString` does. */
function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Decimal128) return value.toString();
  if (isNumeric(value)) return doubleText(toDouble(value));
  throw unsupported(value, "string");
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  return Object.is(value, -0) ? "-0" : String(value);
}

function dateOf(value: Value): Date {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  if (value instanceof Timestamp) return new Date(value.t * 1000);
  if (typeof value === "string") return parseDate(value) ?? refuseDate(value);
  const millis = isNumeric(value) && typeNameOf(value) !== "int" ? truncate(value) : undefined;
  if (millis === undefined) throw unsupported(value, "date");
  return new Date(Number(millis));
}

function refuseDate(text: string): never {
  throw failure(`Error parsing date string '${text}' in $convert with no onError value`);
}

function idOf(value: Value): ObjectId {
  if (value instanceof ObjectId) return value;
  if (typeof value !== "string") throw unsupported(value, "objectId");
  if (!/^[0-9a-fA-F]{24}$/.test(value))
    throw failure(
      `Failed to parse objectId '${value}' in $convert with no onError value: Invalid string length for parsing to OID`,
    );
  return new ObjectId(value);
}

const CONVERTERS: Readonly<Record<string, (value: Value) => Value>> = {
  int: (value) => Number(toRange(wholeOf(value, "int"), -2147483648n, 2147483647n)),
  long: (value) => toRange(wholeOf(value, "long"), INT64_MIN, INT64_MAX),
  double: doubleOf,
  decimal: decimalFrom,
  string: textOf,
  bool: (value) => (typeof value === "boolean" ? value : !isNumeric(value) || !isZero(value)),
  date: dateOf,
  objectId: idOf,
};

function converting(name: string, target: string): Builder {
  const convert = converterTo(target);
  return fixed(name, 1, 1, ([value]) => (isNullish(value) ? null : convert(value)));
}

function converterTo(target: Value | undefined): (value: Value) => Value {
  const number = isNumeric(target) ? Number(toWhole(target) ?? 0n) : undefined;
  const name = number === undefined ? target : Object.entries(TYPE_NUMBERS).find(([, code]) => code === number)?.[0];
  const convert = typeof name === "string" && Object.hasOwn(CONVERTERS, name) ? CONVERTERS[name] : undefined;
  if (convert !== undefined) return convert;
  if (typeof name === "string" && Object.hasOwn(TYPE_NUMBERS, name)) {
    throw serverError("NotImplemented", `$convert to ${name} is not implemented`);
  }
  throw serverError("BadValue", "Unknown type name in $convert");
}

const buildConvert: Builder = (operand, compile) => {
  if (!(operand instanceof Map)) throw serverError("FailedToParse", "$convert expects an object of named arguments");
  checkNames("$convert", operand, ["input", "to"], ["onError", "onNull"]);
  const part = (name: string): Evaluator | undefined => {
    const value = operand.get(name);
    return value === undefined ? undefined : compile(value);
  };
  const input = part("input");
  const target = part("to");
  const onError = part("onError");
  const onNull = part("onNull");
  return (scope) => {
    const value = input?.(scope);
    if (isNullish(value)) return onNull === undefined ? null : onNull(scope);
    const to = target?.(scope);
    if (isNullish(to)) return null;
    const convert = converterTo(to);
    try {
      return convert(value);
    } catch (error) {
      // Only a failed conversion has an answer of its own; anything else is the caller's to see.
      if (onError === undefined || !(error instanceof ServerError) || error.codeName !== "ConversionFailure")
        throw error;
      return onError(scope);
    }
  };
};

function stamp(name: string, read: (value: Timestamp) => number): Builder {
  return fixed(name, 1, 1, ([value]) => {
    if (isNullish(value)) return null;
    if (!(value instanceof Timestamp))
      throw numberedError(5687302, `Argument to ${name} must be a timestamp, but is ${typeNameOf(value)}`);
    return BigInt(read(value));
  });
}

/** Conversion between types. */
export const CONVERSION: Readonly<Record<string, Builder>> = {
  $toInt: converting("$toInt", "int"),
  $toLong: converting("$toLong", "long"),
  $toDouble: converting("$toDouble", "double"),
  $toDecimal: converting("$toDecimal", "decimal"),
  $toString: converting("$toString", "string"),
  $toBool: converting("$toBool", "bool"),
  $toDate: converting("$toDate", "date"),
  $toObjectId: converting("$toObjectId", "objectId"),
  $convert: buildConvert,
  $tsSecond: stamp("$tsSecond", (value) => value.t),
  $tsIncrement: stamp("$tsIncrement", (value) => value.i),
};
