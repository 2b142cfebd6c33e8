import { compareDecimals, type DecimalParts, decimalParts, exactDecimal } from "./decimal";
import { classOf, isNumeric, type Numeric } from "./types";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  type Doc,
  Double,
  ObjectId,
  Timestamp,
  type Value,
} from "./values";

/**
 * Compares two values in BSON order, numbers of the four types by their exact worth, strings by their UTF-8 bytes, documents in field order.
 * A missing value stands with the type `undefined`: above MinKey and below null. Callers that treat missing as null pass null.
 */
export function compare(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === "number" && typeof b === "number") return compareDoubles(a, b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  const left = classOf(a);
  const right = classOf(b);
  if (left !== right) return left < right ? -1 : 1;
  return compareSameClass(a, b);
}

/** Tells whether two values are equal in BSON order: 1, 1.0 and the int64 1 are. */
export function isEqual(a: Value | undefined, b: Value | undefined): boolean {
  return compare(a, b) === 0;
}

function compareSameClass(a: Value | undefined, b: Value | undefined): number {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b);
  if (a instanceof Map && b instanceof Map) return compareDocs(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if (a instanceof ObjectId && b instanceof ObjectId) return compareIds(a, b);
  if (a instanceof Date && b instanceof Date) return compareDoubles(a.getTime(), b.getTime());
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Binary && b instanceof Binary) return compareBinaries(a, b);
  if (a instanceof Timestamp && b instanceof Timestamp) return compareDoubles(a.t, b.t) || compareDoubles(a.i, b.i);
  if (a instanceof BSONRegExp && b instanceof BSONRegExp) {
    return compareText(a.pattern, b.pattern) || compareText(a.options, b.options);
  }
  if (a instanceof Code && b instanceof Code) return compareCodes(a, b);
  const left = textOf(a);
  const right = textOf(b);
  return left === undefined || right === undefined ? 0 : compareText(left, right);
}

function textOf(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof BSONSymbol ? value.value : undefined;
}

/** Compares doubles as the server does: NaN below everything and equal to itself, and -0 equal to 0. */
function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

function compareNumbers(a: Numeric, b: Numeric): number {
  const left = a instanceof Double ? a.value : a;
  const right = b instanceof Double ? b.value : b;
  if (left instanceof Decimal128 || right instanceof Decimal128)
    return compareDecimals(exactParts(left), exactParts(right));
  if (typeof left === "number" && typeof right === "number") return compareDoubles(left, right);
  if (typeof left === "number" && Number.isNaN(left)) return -1;
  if (typeof right === "number" && Number.isNaN(right)) return 1;
  // JavaScript compares a bigint with a double by their exact worth.
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Gives the exact decimal form of any number; doubles are expanded, not rounded. */
export function exactParts(value: Numeric): DecimalParts {
  if (value instanceof Decimal128) return decimalParts(value);
  if (typeof value === "bigint") return { coefficient: value, exponent: 0 };
  return exactDecimal(typeof value === "number" ? value : value.value);
}

/** Compares strings by code point, which is the order of their UTF-8 bytes; UTF-16 order differs above the surrogates. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) < codePointRank(right) ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function compareDocs(a: Doc, b: Doc): number {
  const right = b.entries();
  for (const [name, value] of a) {
    const next = right.next();
    if (next.done) return 1;
    const [otherName, other] = next.value;
    const order = classOf(value) - classOf(other) || compareText(name, otherName) || compare(value, other);
    if (order !== 0) return order < 0 ? -1 : 1;
  }
  return a.size < b.size ? -1 : 0;
}

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const order = compare(a[index], b[index]);
    if (order !== 0) return order;
  }
  return compareDoubles(a.length, b.length);
}

function compareIds(a: ObjectId, b: ObjectId): number {
  if (a.equals(b)) return 0;
  return a.toHexString() < b.toHexString() ? -1 : 1;
}

/** Gives the bytes of a binary without the slack at the end of its buffer. */
export function bytesOf(value: Binary): Uint8Array {
  return value.buffer.length === value.position ? value.buffer : value.buffer.subarray(0, value.position);
}

function compareBinaries(a: Binary, b: Binary): number {
  const order = compareDoubles(a.position, b.position) || compareDoubles(a.sub_type, b.sub_type);
  return order === 0 ? Buffer.compare(bytesOf(a), bytesOf(b)) : order;
}

function compareCodes(a: Code, b: Code): number {
  const order = compareText(a.code, b.code);
  if (order !== 0 || !(a.scope instanceof Map) || !(b.scope instanceof Map)) return order;
  return compareDocs(a.scope, b.scope);
}
