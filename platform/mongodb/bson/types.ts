import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  BsonUndefined,
  Code,
  Decimal128,
  Double,
  isInt32,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from "./values";

/** A number of any of the four BSON number types. */
export type Numeric = number | Double | bigint | Decimal128;

/** The BSON type numbers by the names that `$type` and `bsonType` use. */
export const TYPE_NUMBERS: Readonly<Record<string, number>> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};

/** The order of BSON types: values of different classes compare by these numbers alone. Numbers share one class, as do string and symbol. */
export const CLASS = {
  minKey: 1,
  undefined: 2,
  null: 3,
  number: 4,
  string: 5,
  object: 6,
  array: 7,
  binary: 8,
  objectId: 9,
  boolean: 10,
  date: 11,
  timestamp: 12,
  regex: 13,
  code: 14,
  scopedCode: 15,
  maxKey: 16,
} as const;

/** Gives the comparison class of a value; a missing value has that of the type `undefined`. */
export function classOf(value: Value | undefined): number {
  switch (typeof value) {
    case "string":
      return CLASS.string;
    case "number":
    case "bigint":
      return CLASS.number;
    case "boolean":
      return CLASS.boolean;
    case "undefined":
      return CLASS.undefined;
    default:
      return value === null ? CLASS.null : objectClassOf(value);
  }
}

function objectClassOf(value: Exclude<Value, string | number | bigint | boolean | null>): number {
  if (value instanceof Map) return CLASS.object;
  if (Array.isArray(value)) return CLASS.array;
  if (value instanceof ObjectId) return CLASS.objectId;
  if (value instanceof Date) return CLASS.date;
  if (value instanceof Double || value instanceof Decimal128) return CLASS.number;
  if (value instanceof Binary) return CLASS.binary;
  if (value instanceof Timestamp) return CLASS.timestamp;
  if (value instanceof BSONRegExp) return CLASS.regex;
  if (value instanceof BSONSymbol) return CLASS.string;
  if (value instanceof MinKey) return CLASS.minKey;
  if (value instanceof MaxKey) return CLASS.maxKey;
  if (value instanceof Code) return value.scope instanceof Map ? CLASS.scopedCode : CLASS.code;
  return CLASS.undefined;
}

/** Names the BSON type of a value as `$type` does; a missing value is "missing". */
export function typeNameOf(value: Value | undefined): string {
  if (value === undefined) return "missing";
  switch (typeof value) {
    case "number":
      return isInt32(value) ? "int" : "double";
    case "bigint":
      return "long";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return value === null ? "null" : objectTypeName(value);
  }
}

const CLASS_NAMES: Readonly<Record<number, string>> = {
  [CLASS.object]: "object",
  [CLASS.array]: "array",
  [CLASS.objectId]: "objectId",
  [CLASS.date]: "date",
  [CLASS.binary]: "binData",
  [CLASS.timestamp]: "timestamp",
  [CLASS.regex]: "regex",
  [CLASS.minKey]: "minKey",
  [CLASS.maxKey]: "maxKey",
  [CLASS.code]: "javascript",
  [CLASS.scopedCode]: "javascriptWithScope",
  [CLASS.undefined]: "undefined",
};

function objectTypeName(value: Exclude<Value, string | number | bigint | boolean | null>): string {
  if (value instanceof Double) return "double";
  if (value instanceof Decimal128) return "decimal";
  if (value instanceof BSONSymbol) return "symbol";
  return CLASS_NAMES[objectClassOf(value)] ?? "undefined";
}

/** Tells whether a value is a number of any BSON type. */
export function isNumeric(value: Value | undefined): value is Numeric {
  return (
    typeof value === "number" || typeof value === "bigint" || value instanceof Double || value instanceof Decimal128
  );
}

/** Tells whether a value is the deprecated type `undefined`, or missing. */
export function isAbsent(value: Value | undefined): boolean {
  return value === undefined || value instanceof BsonUndefined;
}
