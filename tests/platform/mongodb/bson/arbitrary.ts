import * as fc from "fast-check";
import {
  Binary,
  BSON_UNDEFINED,
  BSONRegExp,
  BSONSymbol,
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

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const closeNumbers: Value[] = [
  0,
  fromDouble(-0),
  fromDouble(0),
  1,
  1n,
  fromDouble(1),
  -1,
  0.1,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  2 ** 53,
  2n ** 53n,
  2n ** 53n + 1n,
  2 ** 63,
  2n ** 63n - 1n,
  -(2n ** 63n),
  -(2 ** 63),
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  ...[
    "0",
    "-0",
    "1",
    "1.0",
    "1.00",
    "0.1",
    "0.10",
    "0.5",
    "-0.1",
    "NaN",
    "Infinity",
    "-Infinity",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775807.5",
    "1E+6144",
    "1E-6176",
    "9.999999999999999999999999999999999E+6144",
    "1.7976931348623157E+308",
    "1.7976931348623158E+308",
    "-1E+400",
    "4.9E-324",
    "5E-324",
  ].map((text) => Decimal128.fromString(text)),
];

export const numbers: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(...closeNumbers),
  fc.integer(),
  fc.double().map(fromDouble),
  int64,
  fc
    .integer({ min: -1000, max: 1000 })
    .chain((whole) =>
      fc.constantFrom<Value>(
        whole,
        BigInt(whole),
        fromDouble(whole),
        whole / 8,
        whole / 10,
        Decimal128.fromString(`${whole}E-1`),
      ),
    ),
);

const texts = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("", "a", "a\0", "a\0b", "a\x01", "\uFFFD", "😀", "é"),
);

const bytes = fc.uint8Array({ minLength: 0, maxLength: 5 });

const leaves: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: numbers },
  { weight: 3, arbitrary: texts },
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom<Value>(new MinKey(), new MaxKey(), BSON_UNDEFINED),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((id) => new ObjectId(id)),
  fc.tuple(bytes, fc.constantFrom(0, 2, 4, 5, 128)).map(([data, subtype]) => new Binary(data, subtype)),
  fc.date({ noInvalidDate: true }),
  fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
  fc.tuple(fc.constantFrom("a", "ab", "a.b"), fc.constantFrom("", "i", "im")).map(([p, o]) => new BSONRegExp(p, o)),
  fc.constantFrom("f()", "g()").map((code) => new Code(code)),
  fc.constantFrom("f()", "g()").map((code) => new Code(code, docOf({ x: 1 }))),
  fc.constantFrom("a", "b").map((text) => new BSONSymbol(text)),
);

const names = fc
  .oneof(fc.constantFrom("a", "b", "", "1", "__proto__", "ü"), fc.string({ maxLength: 3 }))
  .map((name) => name.replaceAll("\0", ""));

/** Any value, nested up to three levels. */
export const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 5, arbitrary: leaves },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
    {
      weight: 1,
      arbitrary: fc.array(fc.tuple(names, tie("value")), { maxLength: 3 }).map((pairs): Value => new Map(pairs)),
    },
  ),
})).value;

/** Any document. */
export const docs = fc.array(fc.tuple(names, values), { maxLength: 6 }).map((pairs) => new Map<string, Value>(pairs));
