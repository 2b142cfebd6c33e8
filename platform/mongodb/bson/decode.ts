import { serverError, type ServerError } from "../errors";
import {
  Binary,
  BSON_UNDEFINED,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  type Doc,
  fromDouble,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from "./values";

/** The deepest nesting that is read or written: the server's 100 levels for users, and as much slack for commands around them. */
export const MAX_DEPTH = 200;

const MAX_DATE = 8_640_000_000_000_000n;
const MAX_CACHED_NAME = 40;
const NAME_SLOTS = 4096;
const names = Array.from({ length: NAME_SLOTS }, () => "");

/**
 * Decodes the document that begins at `offset`.
 * Throws: InvalidBSON with the reason when the bytes are not one well-formed document.
 */
export function decode(bytes: Uint8Array, offset = 0): Doc {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Reader(buffer, offset).document(1);
}

function invalid(reason: string): ServerError {
  return serverError("InvalidBSON", `Invalid BSON: ${reason}`);
}

class Reader {
  constructor(
    private readonly buffer: Buffer,
    private position: number,
  ) {}

  document(depth: number): Doc {
    const end = this.open(depth);
    const doc: Doc = new Map();
    let count = 0;
    for (let type = this.byte(end); type !== 0; type = this.byte(end)) {
      const name = this.name(end);
      doc.set(name, this.value(type, end, depth));
      count += 1;
    }
    if (this.position !== end) throw invalid("a document ends before its stated length");
    // A map cannot hold a name twice, and dropping one of the two silently would lose data.
    if (doc.size !== count) throw invalid("a document has the same field name twice");
    return doc;
  }

  array(depth: number): Value[] {
    const end = this.open(depth);
    const items: Value[] = [];
    for (let type = this.byte(end); type !== 0; type = this.byte(end)) {
      this.skipName(end);
      items.push(this.value(type, end, depth));
    }
    if (this.position !== end) throw invalid("an array ends before its stated length");
    return items;
  }

  private open(depth: number): number {
    if (depth > MAX_DEPTH) throw invalid(`nesting exceeds ${MAX_DEPTH} levels`);
    const start = this.position;
    if (start + 5 > this.buffer.length) throw invalid("a document is shorter than 5 bytes");
    const size = this.buffer.readInt32LE(start);
    const end = start + size;
    if (size < 5 || end > this.buffer.length) throw invalid(`a document states an impossible length of ${size} bytes`);
    if (this.buffer[end - 1] !== 0) throw invalid("a document does not end with a zero byte");
    this.position = start + 4;
    return end;
  }

  private byte(end: number): number {
    if (this.position >= end) throw invalid("a document runs past its stated length");
    return this.buffer[this.position++] ?? 0;
  }

  private need(count: number, end: number): number {
    const at = this.position;
    if (count < 0 || at + count > end) throw invalid("a value runs past the end of its document");
    this.position = at + count;
    return at;
  }

  private skipName(end: number): void {
    while (this.byte(end) !== 0);
  }

  /** Field names repeat from document to document, so the strings are shared: a map finds a shared string faster, too. */
  private name(end: number): string {
    const { buffer } = this;
    const start = this.position;
    let at = start;
    let hash = 0;
    let all = 0;
    for (let byte = buffer[at]; byte !== 0 && byte !== undefined; byte = buffer[++at]) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      all |= byte;
    }
    if (at >= end) throw invalid("a field name has no end");
    this.position = at + 1;
    const length = at - start;
    if (length > MAX_CACHED_NAME || all > 127) return buffer.toString("utf8", start, at);
    const slot = (hash ^ (hash >>> 12)) & (NAME_SLOTS - 1);
    const known = names[slot] ?? "";
    if (known.length === length && isSame(known, buffer, start)) return known;
    const fresh = buffer.toString("latin1", start, at);
    names[slot] = fresh;
    return fresh;
  }

  private text(end: number): string {
    const { buffer } = this;
    const size = buffer.readInt32LE(this.need(4, end));
    if (size < 1) throw invalid("a string states an impossible length");
    const at = this.need(size, end);
    if (buffer[at + size - 1] !== 0) throw invalid("a string does not end with a zero byte");
    const stop = at + size - 1;
    return size < 24 ? shortText(buffer, at, stop) : buffer.toString("utf8", at, stop);
  }

  private cstring(end: number): string {
    const start = this.position;
    this.skipName(end);
    return this.buffer.toString("utf8", start, this.position - 1);
  }

  private value(type: number, end: number, depth: number): Value {
    const { buffer } = this;
    switch (type) {
      case 0x01:
        return fromDouble(buffer.readDoubleLE(this.need(8, end)));
      case 0x02:
        return this.text(end);
      case 0x03:
        return this.document(depth + 1);
      case 0x04:
        return this.array(depth + 1);
      case 0x05:
        return this.binary(end);
      case 0x07: {
        const at = this.need(12, end);
        return new ObjectId(buffer.subarray(at, at + 12));
      }
      case 0x08:
        return this.boolean(end);
      case 0x09:
        return this.date(end);
      case 0x0a:
        return null;
      case 0x10:
        return buffer.readInt32LE(this.need(4, end));
      case 0x12:
        return buffer.readBigInt64LE(this.need(8, end));
      default:
        return this.rareValue(type, end, depth);
    }
  }

  private rareValue(type: number, end: number, depth: number): Value {
    const { buffer } = this;
    switch (type) {
      case 0x06:
        return BSON_UNDEFINED;
      case 0x0b:
        return this.regex(end);
      case 0x0d:
        return new Code(this.text(end));
      case 0x0e:
        return new BSONSymbol(this.text(end));
      case 0x0f:
        return this.scopedCode(end, depth);
      case 0x11:
        return new Timestamp(buffer.readBigUInt64LE(this.need(8, end)));
      case 0x13: {
        const at = this.need(16, end);
        return new Decimal128(Uint8Array.prototype.slice.call(buffer, at, at + 16));
      }
      case 0x7f:
        return new MaxKey();
      case 0xff:
        return new MinKey();
      default:
        throw invalid(`unsupported value type 0x${type.toString(16).padStart(2, "0")}`);
    }
  }

  private boolean(end: number): boolean {
    const byte = this.buffer[this.need(1, end)];
    if (byte !== 0 && byte !== 1) throw invalid("a boolean is neither 0 nor 1");
    return byte === 1;
  }

  private date(end: number): Date {
    const millis = this.buffer.readBigInt64LE(this.need(8, end));
    if (millis > MAX_DATE || millis < -MAX_DATE)
      throw invalid(`a date of ${millis} ms lies outside what this server holds`);
    return new Date(Number(millis));
  }

  private binary(end: number): Binary {
    const size = this.buffer.readInt32LE(this.need(4, end));
    const subtype = this.buffer[this.need(1, end)] ?? 0;
    let at = this.need(size, end);
    const stop = at + size;
    if (subtype === Binary.SUBTYPE_BYTE_ARRAY) {
      if (size < 4 || this.buffer.readInt32LE(at) !== size - 4)
        throw invalid("an old binary states an impossible length");
      at += 4;
    }
    return new Binary(this.buffer.subarray(at, stop), subtype);
  }

  private regex(end: number): BSONRegExp {
    const pattern = this.cstring(end);
    const options = this.cstring(end);
    if (/[^ilmsux]/.test(options)) throw invalid(`unknown regular expression options '${options}'`);
    return new BSONRegExp(pattern, options);
  }

  private scopedCode(end: number, depth: number): Code {
    const start = this.position;
    const size = this.buffer.readInt32LE(this.need(4, end));
    const text = this.text(end);
    const scope = this.document(depth + 1);
    if (this.position !== start + size) throw invalid("a scoped code states a wrong length");
    return new Code(text, scope);
  }
}

function isSame(known: string, buffer: Buffer, start: number): boolean {
  for (let index = 0; index < known.length; index++) {
    if (known.charCodeAt(index) !== buffer[start + index]) return false;
  }
  return true;
}

/** Short texts are built here, because the call into the native decoder costs more than they do. */
function shortText(buffer: Buffer, start: number, stop: number): string {
  let text = "";
  for (let at = start; at < stop; at++) {
    const byte = buffer[at] ?? 0;
    if (byte > 127) return buffer.toString("utf8", start, stop);
    text += String.fromCharCode(byte);
  }
  return text;
}
