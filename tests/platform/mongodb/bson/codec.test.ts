import { BSON, calculateObjectSize, serialize } from "bson";
import * as fc from "fast-check";
import { decode } from "../../../../platform/mongodb/bson/decode";
import { encode } from "../../../../platform/mongodb/bson/encode";
import { compare } from "../../../../platform/mongodb/bson/order";
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  type Doc,
  docOf,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  plainOf,
  Timestamp,
} from "../../../../platform/mongodb/bson/values";
import { ServerError } from "../../../../platform/mongodb/errors";
import { docs } from "./arbitrary";

describe("the codec", () => {
  test("gives back the same bytes and the same values for any document", () => {
    fc.assert(
      fc.property(docs, (doc) => {
        const bytes = encode(doc);
        const read = decode(bytes);
        expect(compare(read, doc)).toBe(0);
        expect([...read.keys()]).toEqual([...doc.keys()]);
        expect(encode(read).equals(bytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("writes what the official encoder writes, and reads it back to the same bytes", () => {
    const source = {
      int: 5,
      whole: new Double(5),
      minus: new Double(-0),
      double: 1.5,
      long: BSON.Long.fromBigInt(2n ** 60n),
      text: "grüße 😀 and a longer text that leaves the short path",
      nested: { list: [1, "a", { b: null }], empty: {} },
      id: new ObjectId(),
      yes: true,
      date: new Date(-5),
      decimal: Decimal128.fromString("1.50"),
      data: new Binary(Buffer.from("abc"), 0),
      old: new Binary(Buffer.from("abc"), 2),
      stamp: new Timestamp({ t: 4294967295, i: 4294967294 }),
      regex: new BSONRegExp("^a", "im"),
      min: new MinKey(),
      max: new MaxKey(),
      code: new Code("f()"),
      ["ü".repeat(30)]: 1,
    };
    const bytes = Buffer.from(serialize(source));
    expect(encode(docOf(source)).equals(bytes)).toBe(true);
    expect(encode(decode(bytes)).equals(bytes)).toBe(true);
    expect(bytes.length).toBe(calculateObjectSize(source));
  });

  test("keeps int32, int64 and double apart", () => {
    const doc = decode(serialize({ a: 5, b: BSON.Long.fromNumber(5), c: new Double(5), d: 2 ** 40 }));
    expect(doc.get("a")).toBe(5);
    expect(doc.get("b")).toBe(5n);
    expect(doc.get("c")).toEqual(new Double(5));
    expect(doc.get("d")).toBe(2 ** 40);
  });

  test("reads a document from the middle of a buffer", () => {
    const bytes = Buffer.concat([Buffer.from([1, 2, 3]), encode(docOf({ a: "b" })), Buffer.from([9])]);
    expect(plainOf(decode(bytes, 3))).toEqual({ a: "b" });
  });

  test("has no special field names", () => {
    const doc: Doc = new Map([
      ["__proto__", 1],
      ["constructor", 2],
      ["10", 3],
      ["2", 4],
    ]);
    expect([...decode(encode(doc))]).toEqual([...doc]);
  });

  test.each<[string, number[]]>([
    ["shorter than 5 bytes", [4, 0, 0, 0]],
    ["impossible length", [200, 0, 0, 0, 0]],
    ["impossible length", [1, 0, 0, 0, 0]],
    ["zero byte", [5, 0, 0, 0, 1]],
    ["unsupported value type 0x20", [9, 0, 0, 0, 0x20, 0x61, 0, 0, 0]],
    ["past the end", [9, 0, 0, 0, 0x10, 0x61, 0, 0, 0]],
    ["neither 0 nor 1", [9, 0, 0, 0, 0x08, 0x61, 0, 2, 0]],
    ["string states an impossible length", [14, 0, 0, 0, 0x02, 0x61, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["string does not end", [13, 0, 0, 0, 0x02, 0x61, 0, 1, 0, 0, 0, 7, 0]],
    ["before its stated length", [7, 0, 0, 0, 0, 0, 0]],
    ["same field name twice", [11, 0, 0, 0, 0x0a, 0x61, 0, 0x0a, 0x61, 0, 0]],
  ])("refuses malformed bytes, saying: %s", (reason, bytes) => {
    const read = (): Doc => decode(Uint8Array.from(bytes));
    expect(read).toThrow(reason);
    expect(read).toThrow(ServerError);
    expect(read).toThrow(expect.objectContaining({ code: 22, codeName: "InvalidBSON" }));
  });

  test("never crashes otherwise on damaged bytes", () => {
    const good = encode(docOf({ a: "text", b: [1, { c: 2n }], d: new ObjectId(), e: Buffer.from("xyz"), f: /a/i }));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ codeName: "InvalidBSON" });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("refuses nesting beyond its limit instead of overflowing the stack", () => {
    const deep = (levels: number): Doc => (levels === 1 ? new Map() : new Map([["a", deep(levels - 1)]]));
    expect(() => decode(encode(deep(200)))).not.toThrow();
    expect(() => encode(deep(201))).toThrow("Nesting exceeds 200 levels");
    const inner = encode(deep(200));
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from([3, 0x61, 0]), inner, Buffer.from([0])]);
    bytes.writeInt32LE(bytes.length, 0);
    expect(() => decode(bytes)).toThrow("nesting exceeds 200 levels");
  });

  test("refuses a field name with a null byte", () => {
    expect(() => encode(docOf({ "a\0b": 1 }))).toThrow("null byte");
    expect(() => encode(docOf({ "ü\0b": 1 }))).toThrow("null byte");
  });

  test.each([60_000, 65_530, 70_000, 200_000, 2_000_000])(
    "writes a document that outgrows its buffer whole (%d characters)",
    (length) => {
      const plain = { a: 1, nested: { text: "x".repeat(length), list: ["y".repeat(length), 5] }, z: true };
      expect(Buffer.compare(encode(docOf(plain)), Buffer.from(serialize(plain)))).toBe(0);
    },
  );
});
