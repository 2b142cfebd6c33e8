import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";

export { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, Double, MaxKey, MinKey, ObjectId, Timestamp };

/** The deprecated BSON type `undefined`; it also stands for an empty array in an index key or a sort key. */
export class BsonUndefined {
  readonly kind = "undefined";
}

/** The one value of the deprecated BSON type `undefined`. */
export const BSON_UNDEFINED = new BsonUndefined();

/**
 * One BSON value, lossless. A `number` is an int32 when it is whole, within the int32 range and not -0, and a double otherwise; the `Double` class is used only
 * for the doubles a bare number cannot express (whole ones in the int32 range, and -0). A `bigint` is an int64. A missing field is `undefined`, which is no value.
 */
export type Value =
  | number
  | Double
  | bigint
  | Decimal128
  | string
  | boolean
  | null
  | Doc
  | Value[]
  | ObjectId
  | Binary
  | Timestamp
  | Date
  | BSONRegExp
  | MinKey
  | MaxKey
  | Code
  | BSONSymbol
  | BsonUndefined;

/** A document: field order is the map's order, and no field name is special. */
export type Doc = Map<string, Value>;

export const INT64_MIN = -9223372036854775808n;
export const INT64_MAX = 9223372036854775807n;

/** Tells whether a bare number stands for an int32 (else it stands for a double). */
export function isInt32(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/** Wraps a JavaScript double so that it stays a double. */
export function fromDouble(value: number): number | Double {
  return (value | 0) === value ? new Double(value) : value;
}

/** Turns a whole number into an int32 when it fits, else into an int64. */
export function fromWhole(value: bigint): number | bigint {
  return value >= -2147483648n && value <= 2147483647n ? Number(value) : value;
}

/** Converts a plain JavaScript object, with bson classes in it, to a document; fields that are undefined are left out. */
export function docOf(source: object): Doc {
  const doc: Doc = new Map();
  for (const [name, value] of source instanceof Map ? source : Object.entries(source)) {
    if (value !== undefined) doc.set(name, valueOf(value));
  }
  return doc;
}

/** Converts one plain JavaScript value, with bson classes in it, to a BSON value. */
export function valueOf(source: unknown): Value {
  if (source === null || source === undefined) return null;
  if (typeof source !== "object") return primitiveOf(source);
  if (Array.isArray(source)) return source.map(valueOf);
  if (source instanceof Int32) return source.value;
  if (source instanceof Double) return fromDouble(source.value);
  if (source instanceof Timestamp) return source;
  if (source instanceof Long) return source.toBigInt();
  if (source instanceof RegExp) return new BSONRegExp(source.source, source.flags.replace(/[^imsux]/g, ""));
  if (source instanceof Uint8Array) return new Binary(source);
  return isBsonClass(source) ? source : docOf(source);
}

function primitiveOf(source: unknown): Value {
  if (typeof source === "number") return Object.is(source, -0) ? new Double(-0) : source;
  if (typeof source === "bigint" || typeof source === "string" || typeof source === "boolean") return source;
  throw new TypeError(`A ${typeof source} has no BSON form`);
}

function isBsonClass(source: object): source is Exclude<Value & object, Doc | Value[]> {
  return (
    source instanceof Date ||
    source instanceof ObjectId ||
    source instanceof Decimal128 ||
    source instanceof Binary ||
    source instanceof BSONRegExp ||
    source instanceof MinKey ||
    source instanceof MaxKey ||
    source instanceof Code ||
    source instanceof BSONSymbol ||
    source instanceof BsonUndefined
  );
}

/** Converts a document to a plain object: the inverse of {@link docOf}, save that integer-like names move to the front as JavaScript wants it. */
export function plainOf(doc: Doc): Record<string, unknown> {
  return Object.fromEntries([...doc].map(([name, value]) => [name, plainValueOf(value)]));
}

/** Converts one BSON value to its plain JavaScript form; numbers keep their BSON type. */
export function plainValueOf(value: Value): unknown {
  if (value instanceof Map) return plainOf(value);
  return Array.isArray(value) ? value.map(plainValueOf) : value;
}
