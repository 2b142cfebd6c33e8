import { serverError } from "../errors";
import { encodeKey } from "../bson/keystring";
import { isNaNumber, toWhole, truncate } from "../bson/numeric";
import { compare } from "../bson/order";
import { classOf, CLASS, isNumeric, TYPE_NUMBERS, typeNameOf } from "../bson/types";
import { BSONRegExp, BsonUndefined, MaxKey, MinKey, type Value } from "../bson/values";
import type { Comparator } from "./collation";
import { regexPredicate } from "./regular-expression";
import type { Predicate } from "./walk-path";

const ASCENDING = [false];
const HASHED_FROM = 8;

/** Builds the predicate of equality; null also matches a missing field. */
export function equalPredicate(operand: Value, order: Comparator): Predicate {
  if (operand instanceof BsonUndefined) throw serverError("BadValue", "cannot compare to undefined");
  if (operand === null) return (value) => value === null || value === undefined;
  if (typeof operand === "string" && order === compare) {
    return (value) => value === operand || (typeof value === "object" && compare(value, operand) === 0);
  }
  if (typeof operand === "number" && !Number.isNaN(operand)) {
    return (value) => (typeof value === "number" ? value === operand : compare(value, operand) === 0);
  }
  return (value) => value !== undefined && order(value, operand) === 0;
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

/** Builds the predicate of a range operator; only values of the operand's class compare, save with MinKey and MaxKey. */
export function rangePredicate(operator: string, operand: Value, order: Comparator): Predicate {
  const holds = COMPARISONS[operator];
  if (holds === undefined || operand instanceof BsonUndefined)
    throw serverError("BadValue", "cannot compare to undefined");
  if (operand instanceof BSONRegExp)
    throw serverError("BadValue", `Can't have RegEx as arg to predicate over field '${operator}'.`);
  const allowsEqual = holds(0);
  if (operand === null) return (value) => allowsEqual && (value === null || value === undefined);
  if (operand instanceof MinKey || operand instanceof MaxKey) {
    return (value) => value !== undefined && holds(order(value, operand));
  }
  if (isNumeric(operand) && isNaNumber(operand)) {
    return (value) => allowsEqual && isNumeric(value) && isNaNumber(value);
  }
  const bracket = classOf(operand);
  if (bracket === CLASS.number) {
    return (value) => classOf(value) === bracket && !isNotANumber(value) && holds(compare(value, operand));
  }
  return (value) => classOf(value) === bracket && holds(order(value, operand));
}

function isNotANumber(value: Value | undefined): boolean {
  return isNumeric(value) && isNaNumber(value);
}

/** Builds the predicate of `$in`; regular expressions in the list match strings. */
export function inPredicate(operand: Value, order: Comparator, operator = "$in"): Predicate {
  if (!Array.isArray(operand)) throw serverError("BadValue", `${operator} needs an array`);
  const plain = operand.filter((value) => !(value instanceof BSONRegExp));
  for (const value of plain) {
    if (value instanceof Map && [...value.keys()][0]?.startsWith("$") === true && !value.has("$ref")) {
      throw serverError("BadValue", `cannot nest $ under ${operator}`);
    }
  }
  const regexes = operand.filter((value) => value instanceof BSONRegExp);
  const tests = regexes.map((regex) => regexPredicate(regex.pattern, regex.options));
  const isMember = memberTest(plain, order);
  return tests.length === 0 ? isMember : (value) => isMember(value) || tests.some((test) => test(value));
}

function memberTest(values: readonly Value[], order: Comparator): Predicate {
  if (order !== compare || values.length < HASHED_FROM) {
    const tests = values.map((value) => equalPredicate(value, order));
    return (value) => tests.some((test) => test(value));
  }
  const keys = new Set(values.map((value) => encodeKey([value], ASCENDING)));
  // A key encodes a missing field as null, which is what `$in` with null asks for.
  return (value) => !(value instanceof BsonUndefined) && keys.has(encodeKey([value], ASCENDING));
}

const NAMES = new Map(Object.entries(TYPE_NUMBERS).map(([name, number]) => [number, name]));

/** Reads the type names out of a `$type` operand: a name, a number or a list of them. */
export function parseTypeNames(operand: Value, operator = "$type"): Set<string> {
  const given = Array.isArray(operand) ? operand : [operand];
  if (given.length === 0) throw serverError("FailedToParse", `${operator} must match at least one type`);
  return new Set(given.flatMap((one) => typeNames(one, operator)));
}

function typeNames(given: Value, operator: string): readonly string[] {
  if (typeof given === "string") {
    if (given === "number") return ["int", "long", "double", "decimal"];
    if (!Object.hasOwn(TYPE_NUMBERS, given)) throw serverError("BadValue", `Unknown type name alias: ${given}`);
    return [given];
  }
  const whole = toWhole(given);
  if (whole === undefined) {
    if (isNumeric(given)) throw serverError("BadValue", `Invalid numerical type code: not a whole number`);
    throw serverError("TypeMismatch", `${operator} must be represented as a number or a string`);
  }
  const name = NAMES.get(Number(whole));
  if (name === undefined) throw serverError("BadValue", `Invalid numerical type code: ${whole}`);
  return [name];
}

/** Builds the predicate of `$type`. */
export function typePredicate(operand: Value): Predicate {
  const names = parseTypeNames(operand);
  return (value) => names.has(typeNameOf(value));
}

/** Builds the predicate of `$mod`; fractions are cut off before the division. */
export function modPredicate(operand: Value): Predicate {
  if (!Array.isArray(operand)) throw serverError("BadValue", "malformed mod, needs to be an array");
  if (operand.length < 2) throw serverError("BadValue", "malformed mod, not enough elements");
  if (operand.length > 2) throw serverError("BadValue", "malformed mod, too many elements");
  const [divisor, remainder] = operand.map((part) => (isNumeric(part) ? truncate(part) : undefined));
  if (divisor === undefined) throw serverError("BadValue", "malformed mod, divisor not a number");
  if (remainder === undefined) throw serverError("BadValue", "malformed mod, remainder not a number");
  if (divisor === 0n) throw serverError("BadValue", "divisor cannot be 0");
  return (value) => {
    const whole = isNumeric(value) ? truncate(value) : undefined;
    return whole !== undefined && whole % divisor === remainder;
  };
}

/** Builds the predicate of `$size`, which looks at whole arrays only. */
export function sizePredicate(operand: Value): Predicate {
  const size = toWhole(operand);
  if (size === undefined) throw serverError("FailedToParse", "Failed to parse $size. Expected an integer");
  if (size < 0n) throw serverError("FailedToParse", "Failed to parse $size. Expected a non-negative number");
  return (value) => Array.isArray(value) && BigInt(value.length) === size;
}
