import { serverError } from "../errors";
import { MAX_DEPTH } from "./decode";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  BsonUndefined,
  Code,
  Decimal128,
  type Doc,
  Double,
  isInt32,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from "./values";

const FIRST_SIZE = 64 * 1024;
const MAX_KEPT_SIZE = 1024 * 1024;

let scratch = Buffer.allocUnsafeSlow(FIRST_SIZE);
let position = 0;

/**
 * Encodes a document; what {@link decode} read comes out byte for byte.
 * Throws: BadValue when a field name holds a zero byte or the nesting is too deep.
 */
export function encode(doc: Doc): Buffer {
  position = 0;
  writeDocument(doc, 1);
  const bytes = Buffer.allocUnsafeSlow(position);
  scratch.copy(bytes, 0, 0, position);
  if (scratch.length > MAX_KEPT_SIZE) scratch = Buffer.allocUnsafeSlow(FIRST_SIZE);
  return bytes;
}

function reserve(count: number): void {
  if (position + count <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, position + count));
  scratch.copy(larger, 0, 0, position);
  scratch = larger;
}

function open(depth: number): number {
  if (depth > MAX_DEPTH) throw serverError("BadValue", `Nesting exceeds ${MAX_DEPTH} levels`);
  reserve(5);
  const start = position;
  position += 4;
  return start;
}

function close(start: number): void {
  reserve(1);
  scratch[position++] = 0;
  scratch.writeInt32LE(position - start, start);
}

function writeDocument(doc: Doc, depth: number): void {
  const start = open(depth);
  for (const [name, value] of doc) writeElement(name, value, depth);
  close(start);
}

function writeArray(items: readonly Value[], depth: number): void {
  const start = open(depth);
  for (let index = 0; index < items.length; index++) writeElement(String(index), items[index] ?? null, depth);
  close(start);
}

function writeElement(name: string, value: Value, depth: number): void {
  reserve(1);
  const typeAt = position++;
  writeName(name);
  // Not in one expression: the value may move everything to a larger buffer, and the type has to go into that one.
  const type = writeValue(value, depth);
  scratch[typeAt] = type;
}

function writeName(name: string): void {
  const { length } = name;
  reserve(length * 3 + 1);
  const start = position;
  for (let index = 0; index < length; index++) {
    const code = name.charCodeAt(index);
    if (code === 0) throw serverError("BadValue", "A field name cannot contain a null byte");
    if (code > 127) {
      position = start + scratch.write(name, start, "utf8");
      if (name.includes("\0")) throw serverError("BadValue", "A field name cannot contain a null byte");
      break;
    }
    scratch[position++] = code;
  }
  scratch[position++] = 0;
}

function writeText(text: string): void {
  const { length } = text;
  reserve(length * 3 + 5);
  const start = position;
  position += 4;
  if (length < 24) writeShortText(text);
  else position += scratch.write(text, position, "utf8");
  scratch[position++] = 0;
  scratch.writeInt32LE(position - start - 4, start);
}

function writeShortText(text: string): void {
  const start = position;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127) {
      position = start + scratch.write(text, start, "utf8");
      return;
    }
    scratch[position++] = code;
  }
}

/** Writes the value and returns its type byte. */
function writeValue(value: Value, depth: number): number {
  switch (typeof value) {
    case "string":
      writeText(value);
      return 0x02;
    case "number":
      return isInt32(value) ? writeInt32(value) : writeDouble(value);
    case "bigint":
      reserve(8);
      position = scratch.writeBigInt64LE(value, position);
      return 0x12;
    case "boolean":
      reserve(1);
      scratch[position++] = value ? 1 : 0;
      return 0x08;
    default:
      return value === null ? 0x0a : writeObject(value, depth);
  }
}

function writeInt32(value: number): number {
  reserve(4);
  position = scratch.writeInt32LE(value, position);
  return 0x10;
}

function writeDouble(value: number): number {
  reserve(8);
  position = scratch.writeDoubleLE(value, position);
  return 0x01;
}

function writeObject(value: Exclude<Value, string | number | bigint | boolean | null>, depth: number): number {
  if (value instanceof Map) {
    writeDocument(value, depth + 1);
    return 0x03;
  }
  if (Array.isArray(value)) {
    writeArray(value, depth + 1);
    return 0x04;
  }
  if (value instanceof ObjectId) {
    writeBytes(value.id);
    return 0x07;
  }
  if (value instanceof Date) {
    reserve(8);
    position = scratch.writeBigInt64LE(BigInt(value.getTime()), position);
    return 0x09;
  }
  return writeRareObject(value, depth);
}

function writeRareObject(value: Exclude<Value & object, Doc | Value[] | ObjectId | Date>, depth: number): number {
  if (value instanceof Double) return writeDouble(value.value);
  if (value instanceof Decimal128) {
    writeBytes(value.bytes);
    return 0x13;
  }
  if (value instanceof Binary) return writeBinary(value);
  if (value instanceof Timestamp) {
    reserve(8);
    scratch.writeUInt32LE(value.i, position);
    position = scratch.writeUInt32LE(value.t, position + 4);
    return 0x11;
  }
  if (value instanceof BSONRegExp) {
    writeName(value.pattern);
    writeName(value.options);
    return 0x0b;
  }
  if (value instanceof MinKey) return 0xff;
  if (value instanceof MaxKey) return 0x7f;
  if (value instanceof BsonUndefined) return 0x06;
  if (value instanceof BSONSymbol) {
    writeText(value.value);
    return 0x0e;
  }
  return writeCode(value, depth);
}

function writeCode(value: Code, depth: number): number {
  if (!(value.scope instanceof Map)) {
    writeText(value.code);
    return 0x0d;
  }
  reserve(4);
  const start = position;
  position += 4;
  writeText(value.code);
  writeDocument(value.scope, depth + 1);
  scratch.writeInt32LE(position - start, start);
  return 0x0f;
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  scratch.set(bytes, position);
  position += bytes.length;
}

function writeBinary(value: Binary): number {
  const bytes = value.buffer.subarray(0, value.position);
  const isOld = value.sub_type === Binary.SUBTYPE_BYTE_ARRAY;
  reserve(9);
  position = scratch.writeInt32LE(bytes.length + (isOld ? 4 : 0), position);
  scratch[position++] = value.sub_type;
  if (isOld) position = scratch.writeInt32LE(bytes.length, position);
  writeBytes(bytes);
  return 0x05;
}
