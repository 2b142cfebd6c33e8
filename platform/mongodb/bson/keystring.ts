import { compareDecimals, type DecimalParts, doubleFromDecimal, exactDecimal } from "./decimal";
import { bytesOf, exactParts } from "./order";
import { classOf, isNumeric, type Numeric } from "./types";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  type Doc,
  Decimal128,
  Double,
  ObjectId,
  Timestamp,
  type Value,
} from "./values";

const NUMBER = { nan: "\x01", negative: "\x02", zero: "\x03", positive: "\x04" } as const;
const END = "\0";
const TEXT_END = "\0\0";

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * Encodes a compound key as a latin1 string whose `<` order is the order of the values, each ascending or descending.
 * Holds: for keys a and b of one shape, encodeKey(a) < encodeKey(b) exactly when `compare` says so, and equal values give equal strings whatever their number types.
 * A missing value is encoded as null, as in the server's indexes. Keys have no length limit.
 */
export function encodeKey(values: readonly (Value | undefined)[], descending: readonly boolean[]): string {
  let key = "";
  for (let index = 0; index < values.length; index++) {
    const part = encodeValue(values[index] ?? null);
    key += descending[index] === true ? complement(part) : part;
  }
  return key;
}

function complement(part: string): string {
  let result = "";
  for (let index = 0; index < part.length; index++) result += String.fromCharCode(255 - part.charCodeAt(index));
  return result;
}

function encodeValue(value: Value): string {
  return String.fromCharCode(classOf(value)) + encodeBody(value);
}

/** Every body is free of prefixes within its class, so that the parts of a key can follow each other without a separator. */
function encodeBody(value: Value): string {
  if (typeof value === "string") return encodeText(value);
  if (isNumeric(value)) return encodeNumber(value);
  if (typeof value === "boolean") return value ? "\x01" : "\0";
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Date) return encodeDouble(value.getTime() + 0);
  if (value instanceof Map) return encodeDoc(value);
  if (Array.isArray(value)) return encodeArray(value);
  if (value instanceof Binary) return encodeBinary(value);
  if (value instanceof Timestamp) return encodeWord(value.t) + encodeWord(value.i);
  if (value instanceof BSONRegExp) return encodeText(value.pattern) + encodeText(value.options);
  if (value instanceof BSONSymbol) return encodeText(value.value);
  if (value instanceof Code) return encodeText(value.code) + (value.scope instanceof Map ? encodeDoc(value.scope) : "");
  return "";
}

function encodeText(text: string): string {
  if (isPlain(text)) return text + TEXT_END;
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  return bytes.replaceAll("\0", "\0\xff") + TEXT_END;
}

/** Text of ASCII characters without a null is its own encoding. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0 || unit > 127) return false;
  }
  return true;
}

function encodeDoc(doc: Doc): string {
  let key = "";
  for (const [name, value] of doc) key += String.fromCharCode(classOf(value)) + encodeText(name) + encodeBody(value);
  return key + END;
}

function encodeArray(items: readonly Value[]): string {
  let key = "";
  for (const item of items) key += encodeValue(item);
  return key + END;
}

function encodeBinary(value: Binary): string {
  return (
    encodeWord(value.position) + String.fromCharCode(value.sub_type) + Buffer.from(bytesOf(value)).toString("latin1")
  );
}

function encodeWord(word: number): string {
  return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
}

/**
 * A number is a sign, the double next to it towards zero, and a tail: nothing more when that double is its exact worth, else its exact decimal digits.
 * Two numbers with the same double therefore still compare exactly, and the usual numbers cost ten bytes.
 */
function encodeNumber(value: Numeric): string {
  if (typeof value === "number") return encodePlainNumber(value);
  if (value instanceof Double) return encodePlainNumber(value.value);
  if (typeof value === "bigint" && value >= -9007199254740992n && value <= 9007199254740992n) {
    return encodePlainNumber(Number(value));
  }
  const parts = exactParts(value);
  if (parts.special !== undefined) return encodePlainNumber(Number(parts.special));
  if (parts.coefficient === 0n) return NUMBER.zero;
  const negative = parts.coefficient < 0n;
  const magnitude = negative ? { ...parts, coefficient: -parts.coefficient } : parts;
  const near = value instanceof Decimal128 || typeof value === "bigint" ? truncated(magnitude) : 0;
  const isExact = compareDecimals(exactDecimal(near), magnitude) === 0;
  const body = encodeDouble(near) + (isExact ? END : `\x01${encodeDigits(magnitude)}`);
  return negative ? NUMBER.negative + complement(body) : NUMBER.positive + body;
}

function encodePlainNumber(value: number): string {
  if (value > 0) return NUMBER.positive + encodeDouble(value) + END;
  if (value < 0) return NUMBER.negative + complement(encodeDouble(-value) + END);
  return value === 0 ? NUMBER.zero : NUMBER.nan;
}

/** Finds the greatest double that is not above a positive decimal. */
function truncated(magnitude: DecimalParts): number {
  const nearest = Math.min(doubleFromDecimal(magnitude), Number.MAX_VALUE);
  if (compareDecimals(exactDecimal(nearest), magnitude) <= 0) return nearest;
  return nextBelow(nearest);
}

function nextBelow(value: number): number {
  double[0] = value;
  const low = words[0] ?? 0;
  words[0] = low - 1;
  if (low === 0) words[1] = (words[1] ?? 0) - 1;
  return double[0] ?? 0;
}

function encodeDouble(value: number): string {
  double[0] = value;
  const low = words[0] ?? 0;
  const high = words[1] ?? 0;
  return value < 0 || Object.is(value, -0)
    ? encodeWord(~high >>> 0) + encodeWord(~low >>> 0)
    : encodeWord((high | 0x80000000) >>> 0) + encodeWord(low);
}

/** Encodes a positive decimal as its exponent and its digits, two to a byte, without the zeros at the end. */
function encodeDigits(magnitude: DecimalParts): string {
  const digits = magnitude.coefficient.toString();
  const top = digits.length + magnitude.exponent + 8192;
  const significant = digits.replace(/0+$/, "");
  let key = String.fromCharCode(top >> 8, top & 255);
  for (let index = 0; index < significant.length; index += 2) {
    key += String.fromCharCode(Number(significant.slice(index, index + 2).padEnd(2, "0")) + 1);
  }
  return key + END;
}
