import * as fc from "fast-check";
import { encodeKey } from "../../../../platform/mongodb/bson/keystring";
import { compare, isEqual } from "../../../../platform/mongodb/bson/order";
import {
  Binary,
  BSON_UNDEFINED,
  BSONRegExp,
  Code,
  Decimal128,
  docOf,
  fromDouble,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Value,
} from "../../../../platform/mongodb/bson/values";
import { numbers, values } from "./arbitrary";

const decimal = (text: string): Value => Decimal128.fromString(text);

/** Each row is in strictly ascending order. */
const ascending: [string, Value[]][] = [
  [
    "the types as the manual lists them",
    [
      new MinKey(),
      BSON_UNDEFINED,
      null,
      NaN,
      5,
      "text",
      docOf({ a: 1 }),
      [1],
      new Binary(new Uint8Array([1])),
      new ObjectId("000000000000000000000001"),
      false,
      true,
      new Date(0),
      new Timestamp({ t: 0, i: 1 }),
      new BSONRegExp("a"),
      new Code("f"),
      new Code("f", docOf({})),
      new MaxKey(),
    ],
  ],
  ["int64 by worth and not as text", [9n, 10n, 100n]],
  ["doubles and int64 exactly", [2n ** 53n, 2n ** 53n + 1n, 2 ** 53 + 2]],
  ["the largest int64 below the double 2^63", [2n ** 63n - 1n, 2 ** 63]],
  ["decimals between the doubles around them", [decimal("0.1"), 0.1, decimal("0.11")]],
  ["infinities around all numbers", [NaN, -Infinity, decimal("-1E6144"), -1, decimal("1E6144"), Infinity]],
  ["strings by their UTF-8 bytes", ["", "a", "a\0", "b", "é", "\uFFFD", "😀"]],
  [
    "binaries by length, then subtype, then bytes",
    [
      new Binary(new Uint8Array([9])),
      new Binary(new Uint8Array([0, 1])),
      new Binary(new Uint8Array([0, 2])),
      new Binary(new Uint8Array([0, 0]), 4),
    ],
  ],
  [
    "documents by type, then name, then value, in field order",
    [docOf({}), docOf({ b: 1 }), docOf({ b: 1, a: 1 }), docOf({ b: 2 }), docOf({ a: "x" })],
  ],
  [
    "timestamps as unsigned numbers",
    [new Timestamp({ t: 0, i: 9 }), new Timestamp({ t: 0, i: 10 }), new Timestamp({ t: 0xffffffff, i: 0 })],
  ],
  ["dates before and after 1970", [new Date(-1000), new Date(-1), new Date(0), new Date(1)]],
];

describe("BSON order", () => {
  test.each(ascending)("sorts %s", (_name, row) => {
    for (const [index, value] of row.entries()) {
      for (const [other, next] of row.entries()) {
        expect(Math.sign(compare(value, next))).toBe(Math.sign(index - other));
        const keys = [encodeKey([value], [false]), encodeKey([next], [false])] as const;
        expect(keys[0] < keys[1] ? -1 : keys[0] > keys[1] ? 1 : 0).toBe(Math.sign(index - other));
      }
    }
  });

  test.each<[string, Value[]]>([
    ["one of every number type", [1, 1n, fromDouble(1), decimal("1"), decimal("1.00")]],
    ["every zero", [0, 0n, fromDouble(-0), decimal("0"), decimal("-0"), decimal("0E+3")]],
    ["a half", [0.5, decimal("0.5"), decimal("0.50")]],
    ["not-a-number", [NaN, decimal("NaN")]],
    ["infinity", [Infinity, decimal("Infinity")]],
  ])("holds %s equal", (_name, row) => {
    for (const value of row) {
      expect(isEqual(value, row[0])).toBe(true);
      expect(encodeKey([value], [false])).toBe(encodeKey([row[0]], [false]));
    }
  });

  test("puts a missing value between MinKey and null", () => {
    expect(compare(undefined, null)).toBe(-1);
    expect(compare(undefined, new MinKey())).toBe(1);
    expect(compare(undefined, undefined)).toBe(0);
  });
});

describe("index keys", () => {
  const keyOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

  test("stand in the order of compare for any two values", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(keyOrder(encodeKey([a], [false]), encodeKey([b], [false]))).toBe(Math.sign(compare(a, b)));
      }),
      { numRuns: 5000 },
    );
  });

  test("stand in the order of compare for any two numbers", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(keyOrder(encodeKey([a], [false]), encodeKey([b], [false]))).toBe(Math.sign(compare(a, b)));
      }),
      { numRuns: 5000 },
    );
  });

  test("keep compound order with any mix of directions", () => {
    const pair = fc.tuple(values, values, values);
    fc.assert(
      fc.property(
        pair,
        pair,
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        fc.nat(3),
        (a, b, descending, same) => {
          const right = b.map((value, index) => (index < same ? (a[index] ?? null) : value));
          const expected = a
            .map((value, index) => (descending[index] ? -1 : 1) * compare(value, right[index]))
            .find((order) => order !== 0);
          expect(keyOrder(encodeKey(a, descending), encodeKey(right, descending))).toBe(Math.sign(expected ?? 0));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("have no length limit", () => {
    const long = "x".repeat(100_000);
    expect(encodeKey([`${long}a`], [false]) < encodeKey([`${long}b`], [false])).toBe(true);
  });
});
