import {
  Binary,
  BSON,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  type Document,
} from "mongodb";
import { errorOf, startServer, type StartedServer } from "./started-server";

/**
 * What the MongoDB manual says of values and their types, row by row: the first column is the page (below "manual/reference/" of the manual of
 * version 8.0), the second what it says. Values are sent and read with their BSON types, so 5 as a long and 5 as a double differ here.
 */
let running: StartedServer;
let collectionCount = 0;
beforeAll(async () => {
  running = await startServer();
});
afterAll(() => running.close());

const int = (value: number): Int32 => new Int32(value);
const long = (value: number | string): Long => Long.fromString(String(value));
const double = (value: number): Double => new Double(value);
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);
const date = (text: string): Date => new Date(text);
const id = (digit: string): ObjectId => new ObjectId(digit.repeat(24));
/** An object literal with a `then` would look like a promise. */
const choice = (condition: unknown, result: unknown) =>
  new Map([
    ["case", condition],
    ["then", result],
  ]);
const typed = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false });

async function collectionOf(docs: readonly Document[]) {
  collectionCount += 1;
  const collection = running.db.collection(`c${collectionCount}`, { promoteValues: false });
  if (docs.length > 0) await collection.insertMany(docs.map((doc, index) => ({ _id: int(index), ...doc }) as Document));
  return collection;
}

type MatchRow = readonly [page: string, says: string, value: unknown, condition: unknown, isMatch: boolean];

const missing = Symbol("missing");
const EQ = "operator/query/eq";
const GT = "operator/query/gt";
const ORDER = "bson-type-comparison-order";
const TYPE = "operator/query/type";
const NULL = "tutorial/query-for-null-fields";
const ARRAYS = "tutorial/query-arrays";

const matches: readonly MatchRow[] = [
  [EQ, "a long equals an int of the same worth", long(5), int(5), true],
  [EQ, "a long equals a double of the same worth", long(5), double(5), true],
  [EQ, "a decimal equals an int of the same worth", decimal("5"), int(5), true],
  [EQ, "decimals of other exponents are equal", decimal("1.00"), decimal("1.0"), true],
  [EQ, "a double equals only the decimal of its exact worth", double(0.1), decimal("0.1"), false],
  [EQ, "a long beyond 2^53 is not its neighbour", long("9007199254740993"), long("9007199254740992"), false],
  [EQ, "a long beyond 2^53 is not the double next to it", long("9007199254740993"), double(9007199254740992), false],
  [EQ, "minus zero equals zero", double(-0), int(0), true],
  [EQ, "NaN equals NaN", double(Number.NaN), double(Number.NaN), true],
  [EQ, "a decimal NaN equals a double NaN", decimal("NaN"), double(Number.NaN), true],
  [EQ, "a number does not equal its text", int(5), "5", false],
  [EQ, "a number does not equal a boolean", int(1), true, false],
  [EQ, "a number does not equal a date of its milliseconds", long(0), date("1970-01-01"), false],
  [EQ, "documents are equal with their fields in the same order", { a: 1, b: 2 }, { a: 1, b: 2 }, true],
  [EQ, "documents with other field order differ", { b: 2, a: 1 }, { a: 1, b: 2 }, false],
  [EQ, "documents with a further field differ", { a: 1, b: 2 }, { a: 1 }, false],
  [EQ, "documents compare their numbers by worth", { a: long(1) }, { a: int(1) }, true],
  [EQ, "binaries of other subtypes differ", new Binary(Buffer.alloc(16), 0), new Binary(Buffer.alloc(16), 4), false],
  [EQ, "a UUID is a binary of subtype 4", new UUID("0".repeat(32)), new Binary(Buffer.alloc(16), 4), true],
  [EQ, "a regular expression matches text", "abc", new BSONRegExp("^a"), true],
  [EQ, "$eq with a regular expression matches only the same expression", "abc", { $eq: new BSONRegExp("^a") }, false],
  [
    EQ,
    "a stored regular expression equals itself",
    new BSONRegExp("^a", "i"),
    { $eq: new BSONRegExp("^a", "i") },
    true,
  ],
  ["operator/query/ne", "$ne compares numbers by worth", long(5), { $ne: double(5) }, false],
  ["operator/query/ne", "$ne matches a missing field", missing, { $ne: int(5) }, true],
  [GT, "10 is more than 9 as longs", long(10), { $gt: long(9) }, true],
  [GT, "a long compares with a double", long(10), { $gt: double(9.5) }, true],
  [GT, "a long compares exactly with a double", long("9007199254740993"), { $gt: double(9007199254740992) }, true],
  [GT, "a decimal compares with a long", decimal("10.5"), { $gt: long(10) }, true],
  [GT, "a decimal compares exactly with a double", decimal("0.1"), { $lt: double(0.1) }, true],
  [
    GT,
    "infinity is more than every long",
    double(Number.POSITIVE_INFINITY),
    { $gt: long("9223372036854775807") },
    true,
  ],
  [GT, "the greatest decimals stand below infinity", decimal("9E6144"), { $lt: decimal("Infinity") }, true],
  [GT, "only values of one type bracket compare: text", "5", { $gt: int(1) }, false],
  [GT, "only values of one type bracket compare: null", null, { $lt: int(1) }, false],
  [GT, "NaN is in no range of numbers", double(Number.NaN), { $lt: int(1) }, false],
  [GT, "a range with null finds null", null, { $gte: null }, true],
  [GT, "a range with null finds a missing field", missing, { $lte: null }, true],
  [GT, "nothing is more than null", int(1), { $gt: null }, false],
  [GT, "every value is more than MinKey", int(1), { $gt: new MinKey() }, true],
  [GT, "every value is less than MaxKey", "text", { $lt: new MaxKey() }, true],
  [GT, "arrays compare element by element", [int(1), int(3)], { $gt: [int(1), int(2)] }, true],
  [GT, "a shorter array is less", [int(1)], { $lt: [int(1), int(2)] }, true],
  [GT, "documents compare field by field", { a: long(10) }, { $gt: { a: int(9) } }, true],
  [GT, "dates compare", date("2020-01-02"), { $gt: date("2020-01-01") }, true],
  [GT, "timestamps compare as numbers", new Timestamp({ t: 0, i: 10 }), { $gt: new Timestamp({ t: 0, i: 9 }) }, true],
  [GT, "a date and a timestamp are other types", new Timestamp({ t: 9, i: 1 }), { $gt: date("1970-01-01") }, false],
  [GT, "object ids compare by bytes", id("b"), { $gt: id("a") }, true],
  [
    ORDER,
    "binaries compare by length first",
    new Binary(Buffer.from([9])),
    { $lt: new Binary(Buffer.from([1, 1])) },
    true,
  ],
  [
    ORDER,
    "binaries of one length compare by subtype",
    new Binary(Buffer.from([1]), 0),
    { $lt: new Binary(Buffer.from([0]), 5) },
    true,
  ],
  [ORDER, "text compares by its UTF-8 bytes", "\u{1F600}", { $gt: "\uFFFD" }, true],
  [ORDER, "text compares by bytes, capitals first", "a", { $gt: "B" }, true],
  [ORDER, "false is less than true", false, { $lt: true }, true],
  ["operator/query/in", "$in finds numbers by worth", long(5), { $in: [double(5), "x"] }, true],
  ["operator/query/in", "$in finds an array in the list", [int(1), int(2)], { $in: [[int(1), int(2)]] }, true],
  ["operator/query/in", "$in finds an element of an array", [int(1), int(2)], { $in: [long(2)] }, true],
  ["operator/query/in", "$in takes regular expressions", "abc", { $in: [new BSONRegExp("^a")] }, true],
  ["operator/query/in", "$in with null finds a missing field", missing, { $in: [null] }, true],
  [
    "operator/query/in",
    "a long list finds decimals by worth",
    decimal("3.0"),
    { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    true,
  ],
  ["operator/query/nin", "$nin finds a missing field", missing, { $nin: [int(1)] }, true],
  ["operator/query/nin", "$nin looks into arrays", [int(1), int(2)], { $nin: [long(2)] }, false],
  [TYPE, "int is not long", int(5), { $type: "long" }, false],
  [TYPE, "a whole double is a double", double(5), { $type: "double" }, true],
  [TYPE, "a whole double is not an int", double(5), { $type: "int" }, false],
  [TYPE, "a long stays one however small", long(5), { $type: 18 }, true],
  [TYPE, "decimal is a type", decimal("5"), { $type: "decimal" }, true],
  [TYPE, "number stands for all four", decimal("5"), { $type: "number" }, true],
  [TYPE, "number does not stand for text", "5", { $type: "number" }, false],
  [TYPE, "the elements of an array are looked at", ["a", int(1)], { $type: "string" }, true],
  [TYPE, "an array is an array", [int(1)], { $type: "array" }, true],
  [TYPE, "several types", date("2020-01-01"), { $type: ["string", 9] }, true],
  [TYPE, "a missing field has no type", missing, { $type: "null" }, false],
  [TYPE, "MinKey is -1", new MinKey(), { $type: -1 }, true],
  [TYPE, "an object id", id("a"), { $type: "objectId" }, true],
  [TYPE, "a timestamp", new Timestamp({ t: 1, i: 1 }), { $type: "timestamp" }, true],
  [TYPE, "a binary", new UUID(), { $type: "binData" }, true],
  [TYPE, "a regular expression", new BSONRegExp("a"), { $type: "regex" }, true],
  [NULL, "null finds null", null, null, true],
  [NULL, "null finds a missing field", missing, null, true],
  [NULL, "null does not find zero", int(0), null, false],
  [NULL, "$exists tells null from missing", null, { $exists: true }, true],
  [NULL, "$type null finds no missing field", missing, { $type: 10 }, false],
  [ARRAYS, "a value finds an element", [int(1), long(5)], int(5), true],
  [ARRAYS, "an array finds the same array", [int(1), int(2)], [int(1), int(2)], true],
  [ARRAYS, "an array finds an array in it", [[int(1), int(2)]], [int(1), int(2)], true],
  [ARRAYS, "an array in other order is another", [int(2), int(1)], [int(1), int(2)], false],
  [ARRAYS, "two conditions may be met by two elements", [int(1), int(9)], { $gt: int(5), $lt: int(3) }, true],
  [
    "operator/query/elemMatch",
    "one element meets all conditions",
    [int(1), int(9)],
    { $elemMatch: { $gt: 5, $lt: 3 } },
    false,
  ],
  [
    "operator/query/elemMatch",
    "longs are compared",
    [long(7)],
    { $elemMatch: { $gt: int(5), $lt: decimal("7.5") } },
    true,
  ],
  ["operator/query/elemMatch", "documents are matched", [{ a: long(1), b: 2 }], { $elemMatch: { a: 1, b: 2 } }, true],
  ["operator/query/elemMatch", "no array, no match", { a: 1 }, { $elemMatch: { a: 1 } }, false],
  ["operator/query/all", "$all finds all by worth", [long(1), decimal("2")], { $all: [int(1), double(2)] }, true],
  ["operator/query/all", "$all finds a single value", long(1), { $all: [int(1)] }, true],
  ["operator/query/all", "$all of nothing finds nothing", [int(1)], { $all: [] }, false],
  ["operator/query/size", "$size counts elements", [int(1), int(2)], { $size: long(2) }, true],
  ["operator/query/size", "$size is for arrays only", int(1), { $size: 1 }, false],
  ["operator/query/mod", "$mod divides longs", long("9007199254740993"), { $mod: [2, 1] }, true],
  ["operator/query/mod", "$mod cuts doubles", double(5.9), { $mod: [4, 1] }, true],
  ["operator/query/mod", "$mod keeps the sign", int(-5), { $mod: [4, -1] }, true],
  ["operator/query/not", "$not finds a missing field", missing, { $not: { $gt: 1 } }, true],
  ["operator/query/bitsAllSet", "bits of a long", long("4294967296"), { $bitsAllSet: [32] }, true],
  ["operator/query/bitsAnyClear", "bits of a binary", new Binary(Buffer.from([1])), { $bitsAnyClear: [1] }, true],
  ["operator/query/regex", "$options i", "ABC", { $regex: "abc", $options: "i" }, true],
  [
    "operator/query/regex",
    "$options x leaves out blanks and comments",
    "abc",
    { $regex: "a b c # text", $options: "x" },
    true,
  ],
  ["operator/query/regex", "$options m anchors at lines", "x\nabc", { $regex: "^abc", $options: "m" }, true],
  ["operator/query/regex", "without s a point is no line end", "a\nb", { $regex: "a.b" }, false],
  ["operator/query/expr", "types compare in $expr", "a", { $expr: { $gt: ["$x", 9] } }, true],
  ["operator/query/expr", "a missing field is less than a number", missing, { $expr: { $lt: ["$x", 9] } }, true],
  ["operator/query/expr", "longs are compared by worth", long(10), { $expr: { $gt: ["$x", decimal("9.5")] } }, true],
];

test.each(matches)("%s: %s", async (_page, _says, value, condition, isMatch) => {
  const collection = await collectionOf([value === missing ? {} : { x: value }]);
  const isWhole = condition !== null && typeof condition === "object" && "$expr" in condition;
  const filter = (isWhole ? condition : { x: condition }) as Document;
  expect(Number(await collection.countDocuments(filter))).toBe(isMatch ? 1 : 0);
  if (isWhole) return;
  // An index must not change what is found.
  await collection.createIndex({ x: 1 });
  expect(await collection.find(filter).hint({ x: 1 }).toArray()).toHaveLength(isMatch ? 1 : 0);
});

const paths: readonly (readonly [page: string, says: string, doc: Document, filter: Document, isMatch: boolean])[] = [
  ["tutorial/query-embedded-documents", "a path enters documents", { a: { b: long(1) } }, { "a.b": 1 }, true],
  ["tutorial/query-array-of-documents", "a path enters arrays", { a: [{ b: 1 }, { b: 2 }] }, { "a.b": 2 }, true],
  ["tutorial/query-array-of-documents", "a number names an element", { a: [{ b: 1 }, { b: 2 }] }, { "a.1.b": 2 }, true],
  [
    "tutorial/query-array-of-documents",
    "arrays in arrays are not entered twice",
    { a: { b: [[1]] } },
    { "a.b": 1 },
    false,
  ],
  [NULL, "null finds an element without the field", { a: [{ b: 1 }, {}] }, { "a.b": null }, true],
  [NULL, "an empty array holds no null", { a: [] }, { "a.b": null }, false],
  ["bson-types", "a path does not enter a long", { x: long(5) }, { "x.low": 5 }, false],
  ["bson-types", "a path does not enter a binary", { x: new Binary(Buffer.alloc(1)) }, { "x.sub_type": 0 }, false],
  ["operator/query/and", "both conditions", { a: long(1), b: 2 }, { $and: [{ a: 1 }, { b: long(2) }] }, true],
  ["operator/query/nor", "none of the conditions", { a: 1 }, { $nor: [{ a: long(1) }, { b: 1 }] }, false],
];

test.each(paths)("%s: %s", async (_page, _says, doc, filter, isMatch) => {
  const collection = await collectionOf([doc]);
  expect(Number(await collection.countDocuments(filter))).toBe(isMatch ? 1 : 0);
});

const sorts: readonly (readonly [page: string, says: string, sorted: readonly unknown[]])[] = [
  [
    ORDER,
    "types stand in this order",
    [
      new MinKey(),
      [],
      null,
      int(1),
      "a",
      { a: 1 },
      new Binary(Buffer.from([1])),
      id("a"),
      false,
      date("2020-01-01"),
      new Timestamp({ t: 1, i: 1 }),
      new BSONRegExp("a"),
      new MaxKey(),
    ],
  ],
  [
    ORDER,
    "the four number types sort among each other",
    [double(Number.NaN), double(-1.5), decimal("-1"), int(0), double(0.5), long(1), decimal("1.5"), long(10), int(11)],
  ],
  [
    ORDER,
    "great longs sort exactly beside doubles",
    [double(9007199254740992), long("9007199254740993"), decimal("9007199254740993.5"), double(9007199254740994)],
  ],
  [ORDER, "text sorts by UTF-8 bytes", ["", "A", "a", "é", "\uFFFD", "\u{1F600}"]],
  [ORDER, "documents sort by the type, the name and the value of each field", [{}, { b: 1 }, { a: "x" }, { a: "y" }]],
  [
    "method/cursor.sort",
    "ascending, an array sorts by its least element",
    [int(0), [int(5), int(1)], int(2), [int(3), int(9)]],
  ],
];

test.each(sorts)("%s: %s", async (_page, _says, sorted) => {
  const collection = await collectionOf([...sorted.keys()].map((index) => ({ x: sorted[sorted.length - 1 - index] })));
  const expected = sorted.map(typed);
  const readAll = async (sort: 1 | -1): Promise<string[]> =>
    (await collection.find().sort({ x: sort }).toArray()).map((doc) => typed(doc["x"]));
  expect(await readAll(1)).toEqual(expected);
  await collection.createIndex({ x: 1 });
  expect(await readAll(1)).toEqual(expected);
});

test("method/cursor.sort: descending, an array sorts by its greatest element", async () => {
  const collection = await collectionOf([{ x: [int(5), int(9)] }, { x: int(6) }, { x: [int(1), int(10)] }]);
  const sorted = await collection.find().sort({ x: -1 }).toArray();
  expect(sorted.map((doc) => typed(doc["x"]))).toEqual([[int(1), int(10)], [int(5), int(9)], int(6)].map(typed));
});

type UpdateRow = readonly [
  page: string,
  says: string,
  before: Document,
  update: Document | Document[],
  after: Document | number,
  options?: Document,
];

const INC = "operator/update/inc";
const MUL = "operator/update/mul";
const PUSH = "operator/update/push";
const POSITIONAL = "operator/update/positional";
const FILTERED = "operator/update/positional-filtered";

const updates: readonly UpdateRow[] = [
  [INC, "a long stays a long", { x: long(5) }, { $inc: { x: int(1) } }, { x: long(6) }],
  [
    INC,
    "a great long is exact",
    { x: long("9007199254740993") },
    { $inc: { x: long(2) } },
    { x: long("9007199254740995") },
  ],
  [
    INC,
    "an int past its range becomes a long",
    { x: int(2147483647) },
    { $inc: { x: int(1) } },
    { x: long(2147483648) },
  ],
  [INC, "a long past its range is refused", { x: long("9223372036854775807") }, { $inc: { x: int(1) } }, 2],
  [INC, "a whole double stays a double", { x: double(5) }, { $inc: { x: int(1) } }, { x: double(6) }],
  [INC, "an int and a double make a double", { x: int(5) }, { $inc: { x: double(0.5) } }, { x: double(5.5) }],
  [INC, "decimals add exactly", { x: decimal("0.1") }, { $inc: { x: decimal("0.2") } }, { x: decimal("0.3") }],
  [INC, "a decimal wins over a long", { x: long(1) }, { $inc: { x: decimal("0.5") } }, { x: decimal("1.5") }],
  [INC, "a missing field takes the amount with its type", {}, { $inc: { x: long(3) } }, { x: long(3) }],
  [INC, "text cannot be raised", { x: "5" }, { $inc: { x: 1 } }, 14],
  [INC, "null cannot be raised", { x: null }, { $inc: { x: 1 } }, 14],
  [INC, "text is no amount", { x: int(1) }, { $inc: { x: "1" } }, 14],
  [INC, "nothing changes when one operator fails", { a: 1, b: "x" }, { $inc: { a: 1 }, $push: { b: 1 } }, 2],
  [MUL, "a long stays a long", { x: long(5) }, { $mul: { x: int(2) } }, { x: long(10) }],
  [
    MUL,
    "an int past its range becomes a long",
    { x: int(65536) },
    { $mul: { x: int(65536) } },
    { x: long(4294967296) },
  ],
  [MUL, "a decimal keeps its digits", { x: decimal("1.10") }, { $mul: { x: int(3) } }, { x: decimal("3.30") }],
  [MUL, "a missing field becomes a zero of the type", {}, { $mul: { x: long(3) } }, { x: long(0) }],
  ["operator/update/min", "numbers compare by worth", { x: long(5) }, { $min: { x: double(4.5) } }, { x: double(4.5) }],
  ["operator/update/min", "an equal number changes nothing", { x: long(5) }, { $min: { x: int(5) } }, { x: long(5) }],
  ["operator/update/max", "types compare in their order", { x: int(5) }, { $max: { x: "a" } }, { x: "a" }],
  ["operator/update/max", "a missing field is set", {}, { $max: { x: long(1) } }, { x: long(1) }],
  ["operator/update/bit", "and, or, xor", { x: int(13) }, { $bit: { x: { and: int(10) } } }, { x: int(8) }],
  ["operator/update/bit", "a long makes a long", { x: int(1) }, { $bit: { x: { or: long(4) } } }, { x: long(5) }],
  ["operator/update/bit", "a double has no bits", { x: double(1) }, { $bit: { x: { or: int(4) } } }, 2],
  ["operator/update/set", "a type is replaced too", { x: int(5) }, { $set: { x: long(5) } }, { x: long(5) }],
  ["operator/update/set", "a path makes documents", {}, { $set: { "a.b.c": int(1) } }, { a: { b: { c: int(1) } } }],
  ["operator/update/set", "a path cannot enter a number", { a: int(5) }, { $set: { "a.c": 1 } }, 28],
  [
    "operator/update/set",
    "a far element fills with null",
    { a: [] },
    { $set: { "a.2": int(1) } },
    { a: [null, null, int(1)] },
  ],
  [
    "operator/update/set",
    "new fields come in the order of their names",
    {},
    { $set: { z: int(1), a: int(1) } },
    { a: int(1), z: int(1) },
  ],
  [
    "operator/update/set",
    "a document of $literal is a plain value",
    {},
    { $set: { y: { $literal: "bar" } } },
    { y: { $literal: "bar" } },
  ],
  [
    "operator/update/unset",
    "an element becomes null",
    { a: [int(1), int(2)] },
    { $unset: { "a.0": "" } },
    { a: [null, int(2)] },
  ],
  ["operator/update/rename", "the value moves with its type", { a: long(1) }, { $rename: { a: "b" } }, { b: long(1) }],
  [
    "operator/update/rename",
    "a missing source changes nothing",
    { b: long(1) },
    { $rename: { a: "b" } },
    { b: long(1) },
  ],
  ["operator/update/rename", "a missing source makes no documents", {}, { $rename: { a: "b.c" } }, {}],
  [
    "operator/update/rename",
    "a path into another document",
    { a: { b: long(1) } },
    { $rename: { "a.b": "c.d" } },
    { a: {}, c: { d: long(1) } },
  ],
  [PUSH, "a value is appended with its type", { x: [int(1)] }, { $push: { x: long(1) } }, { x: [int(1), long(1)] }],
  [PUSH, "a missing field becomes an array", {}, { $push: { x: long(1) } }, { x: [long(1)] }],
  [PUSH, "a number takes no elements", { x: int(1) }, { $push: { x: 1 } }, 2],
  [
    PUSH,
    "$each, $sort and $slice in this order",
    { x: [long(5), int(3)] },
    { $push: { x: { $each: [decimal("4"), double(1)], $sort: 1, $slice: -3 } } },
    { x: [int(3), decimal("4"), long(5)] },
  ],
  [PUSH, "$slice on a missing field", {}, { $push: { x: { $each: [int(1), int(2)], $slice: 1 } } }, { x: [int(1)] }],
  [
    PUSH,
    "$position counts from the end too",
    { x: [int(1), int(3)] },
    { $push: { x: { $each: [int(2)], $position: -1 } } },
    { x: [int(1), int(2), int(3)] },
  ],
  [
    PUSH,
    "$sort by two fields",
    { x: [{ a: int(1), b: int(2) }] },
    { $push: { x: { $each: [{ a: int(1), b: int(1) }], $sort: { a: 1, b: 1 } } } },
    {
      x: [
        { a: int(1), b: int(1) },
        { a: int(1), b: int(2) },
      ],
    },
  ],
  [
    "operator/update/addToSet",
    "an equal number is there already",
    { x: [long(5)] },
    { $addToSet: { x: int(5) } },
    { x: [long(5)] },
  ],
  [
    "operator/update/addToSet",
    "documents with other field order differ",
    { x: [{ a: int(1), b: int(2) }] },
    { $addToSet: { x: { b: int(2), a: int(1) } } },
    {
      x: [
        { a: int(1), b: int(2) },
        { b: int(2), a: int(1) },
      ],
    },
  ],
  [
    "operator/update/pull",
    "numbers are found by worth",
    { x: [long(5), int(6)] },
    { $pull: { x: double(5) } },
    { x: [int(6)] },
  ],
  [
    "operator/update/pull",
    "a condition is met by an element",
    { x: [long(5), decimal("9.5")] },
    { $pull: { x: { $gte: int(9) } } },
    { x: [long(5)] },
  ],
  [
    "operator/update/pull",
    "a filter is met by documents",
    { x: [{ a: long(1) }, { a: int(2) }] },
    { $pull: { x: { a: 1 } } },
    { x: [{ a: int(2) }] },
  ],
  [
    "operator/update/pullAll",
    "numbers are found by worth",
    { x: [long(5), int(6)] },
    { $pullAll: { x: [double(5)] } },
    { x: [int(6)] },
  ],
  ["operator/update/pop", "the first element", { x: [int(1), int(2)] }, { $pop: { x: -1 } }, { x: [int(2)] }],
  ["operator/update/currentDate", "an unknown type is refused", {}, { $currentDate: { x: { $type: "time" } } }, 2],
  [
    POSITIONAL,
    "the element that the filter found",
    { x: [int(1), long(5)] },
    { $inc: { "x.$": int(1) } },
    { x: [int(1), long(6)] },
    { filter: { x: 5 } },
  ],
  [
    POSITIONAL,
    "found within $and",
    { x: [int(1), int(5)] },
    { $set: { "x.$": int(0) } },
    { x: [int(1), int(0)] },
    { filter: { $and: [{ x: 5 }] } },
  ],
  [
    POSITIONAL,
    "found by $elemMatch",
    { x: [{ a: int(1) }, { a: int(2) }] },
    { $set: { "x.$.a": int(9) } },
    { x: [{ a: int(1) }, { a: int(9) }] },
    { filter: { x: { $elemMatch: { a: 2 } } } },
  ],
  [
    POSITIONAL,
    "below a document",
    { o: { a: [int(1), int(5)] } },
    { $set: { "o.a.$": int(0) } },
    { o: { a: [int(1), int(0)] } },
    { filter: { "o.a": 5 } },
  ],
  [POSITIONAL, "nothing found is refused", { x: [int(1)] }, { $set: { "x.$": 0 } }, 2],
  [
    "operator/update/positional-all",
    "every element",
    { x: [int(1), long(2)] },
    { $inc: { "x.$[]": int(1) } },
    { x: [int(2), long(3)] },
  ],
  [
    FILTERED,
    "the elements that pass",
    { x: [int(1), long(5)] },
    { $inc: { "x.$[e]": int(1) } },
    { x: [int(1), long(6)] },
    { arrayFilters: [{ e: { $gt: 4 } }] },
  ],
  [
    FILTERED,
    "two paths by one filter",
    { x: [{ i: int(1) }, { i: int(2) }] },
    { $inc: { "x.$[e].v": int(5) }, $set: { "x.$[e].w": int(6) } },
    { x: [{ i: int(1) }, { i: int(2), v: int(5), w: int(6) }] },
    { arrayFilters: [{ "e.i": 2 }] },
  ],
  [
    FILTERED,
    "a filter with $or",
    { x: [{ i: int(1) }, { i: int(2) }] },
    { $set: { "x.$[e].w": int(6) } },
    { x: [{ i: int(1) }, { i: int(2), w: int(6) }] },
    { arrayFilters: [{ $or: [{ "e.i": 2 }] }] },
  ],
  ["command/update", "two operators on one path conflict", { x: int(1) }, { $inc: { x: 1 }, $set: { x: 1 } }, 40],
  ["command/update", "a path and its parent conflict", { x: {} }, { $set: { x: 1, "x.y": 1 } }, 40],
  ["command/update", "the same _id may be set", { a: int(1) }, { $set: { _id: int(0), a: int(2) } }, { a: int(2) }],
  ["command/update", "another _id is refused", { a: int(1) }, { $set: { _id: int(7) } }, 66],
  [
    "command/update",
    "a pipeline reads the document",
    { a: long(2) },
    [{ $set: { b: { $multiply: ["$a", 3] } } }],
    { a: long(2), b: long(6) },
  ],
  ["command/update", "a pipeline evaluates $literal", {}, [{ $set: { y: { $literal: "bar" } } }], { y: "bar" }],
  ["command/update", "$literal keeps dollars in a pipeline", {}, [{ $set: { y: { $literal: "$a" } } }], { y: "$a" }],
  [
    "command/update",
    "$replaceWith with $mergeObjects",
    { a: int(1) },
    [{ $replaceWith: { $mergeObjects: ["$$ROOT", { z: int(1) }] } }],
    { a: int(1), z: int(1) },
  ],
  ["command/update", "$unset in a pipeline", { a: int(1), b: int(2) }, [{ $unset: "a" }], { b: int(2) }],
];

const completed = updates.map(
  ([page, says, before, update, after, options = {}]) => [page, says, before, update, after, options] as const,
);

test.each(completed)("%s: %s", async (_page, _says, before, update, after, options) => {
  const collection = await collectionOf([before]);
  const { filter = {}, ...rest } = options;
  const work = collection.updateOne({ _id: int(0), ...filter }, update as Document, rest);
  if (typeof after === "number") {
    expect(Number((await errorOf(work))["code"])).toBe(after);
    expect(typed(await collection.findOne())).toBe(typed({ _id: int(0), ...before }));
  } else {
    await work;
    expect(typed(await collection.findOne())).toBe(typed({ _id: int(0), ...after }));
  }
});

type ExpressionRow = readonly [page: string, says: string, expression: unknown, result: unknown];

const page = (operator: string): string => `operator/aggregation/${operator}`;
/** What expressions read: one field of each number type, and one of some others. */
const numbers = {
  i: int(7),
  l: long(5),
  d: double(2.5),
  m: decimal("1.10"),
  s: "text",
  n: null,
  t: date("2020-03-01T12:30:00Z"),
};
const MAX_LONG = long("9223372036854775807");

const expressions: readonly ExpressionRow[] = [
  [page("add"), "int and int", { $add: ["$i", "$i"] }, int(14)],
  [page("add"), "ints past their range make a long", { $add: [int(2147483647), int(1)] }, long(2147483648)],
  [page("add"), "int and long make a long", { $add: ["$i", "$l"] }, long(12)],
  [page("add"), "longs past their range make a double", { $add: [MAX_LONG, long(1)] }, double(9223372036854775808)],
  [page("add"), "a double wins over a long", { $add: ["$l", "$d"] }, double(7.5)],
  [page("add"), "a decimal wins over all", { $add: ["$l", "$m"] }, decimal("6.10")],
  [page("add"), "longs add exactly", { $add: [long("9007199254740993"), long(1)] }, long("9007199254740994")],
  [page("add"), "a date takes milliseconds", { $add: ["$t", long(1000)] }, date("2020-03-01T12:30:01Z")],
  [page("add"), "null makes null", { $add: ["$i", "$n"] }, null],
  [page("add"), "a missing field makes null", { $add: ["$i", "$zzz"] }, null],
  [page("subtract"), "two dates give a long", { $subtract: ["$t", date("2020-03-01T12:29:59Z")] }, long(1000)],
  [page("subtract"), "decimals subtract exactly", { $subtract: ["$m", decimal("0.1")] }, decimal("1.00")],
  [page("multiply"), "int and long make a long", { $multiply: ["$i", "$l"] }, long(35)],
  [page("multiply"), "ints past their range make a long", { $multiply: [int(65536), int(65536)] }, long(4294967296)],
  [page("multiply"), "decimals keep their digits", { $multiply: ["$m", int(2)] }, decimal("2.20")],
  [page("divide"), "ints make a double", { $divide: ["$i", int(2)] }, double(3.5)],
  [page("divide"), "ints that divide evenly make a double", { $divide: [int(6), int(2)] }, double(3)],
  [page("divide"), "a decimal stays one", { $divide: [decimal("1"), int(8)] }, decimal("0.125")],
  [page("mod"), "the type of the greater operand", { $mod: ["$i", "$l"] }, long(2)],
  [page("mod"), "the sign of the dividend", { $mod: [int(-7), int(5)] }, int(-2)],
  [page("mod"), "doubles", { $mod: [double(7.5), int(2)] }, double(1.5)],
  [page("abs"), "a long stays a long", { $abs: long(-5) }, long(5)],
  [page("abs"), "the least int makes a long", { $abs: int(-2147483648) }, long(2147483648)],
  [page("ceil"), "a double stays one", { $ceil: "$d" }, double(3)],
  [page("floor"), "a decimal stays one", { $floor: "$m" }, decimal("1")],
  [page("round"), "halves go to the even neighbour", { $round: [double(2.5), 0] }, double(2)],
  [page("round"), "places before the point", { $round: [long(1850), -2] }, long(1800)],
  [page("trunc"), "places after the point", { $trunc: [decimal("1.999"), 2] }, decimal("1.99")],
  [page("pow"), "ints stay ints", { $pow: [int(2), int(10)] }, int(1024)],
  [page("pow"), "ints past their range make a long", { $pow: [int(2), int(40)] }, long(1099511627776)],
  [page("pow"), "a negative exponent makes a double", { $pow: [int(2), int(-1)] }, double(0.5)],
  [page("sqrt"), "a double", { $sqrt: int(16) }, double(4)],
  [page("exp"), "a double", { $exp: int(0) }, double(1)],
  [page("ln"), "a double", { $ln: int(1) }, double(0)],
  [page("log"), "a base", { $log: [int(100), int(10)] }, double(2)],
  [page("log10"), "a double", { $log10: int(1000) }, double(3)],
  [page("sin"), "a double", { $sin: int(0) }, double(0)],
  [page("atan2"), "a double", { $atan2: [int(0), int(1)] }, double(0)],
  [page("degreesToRadians"), "a double", { $degreesToRadians: int(180) }, double(Math.PI)],
  [page("bitAnd"), "int and long make a long", { $bitAnd: [int(6), long(3)] }, long(2)],
  [page("cmp"), "numbers compare by worth", { $cmp: [long(10), double(9)] }, int(1)],
  [page("cmp"), "types compare in their order", { $cmp: ["a", int(9)] }, int(1)],
  [page("eq"), "a long and a decimal", { $eq: [long(1), decimal("1.0")] }, true],
  [page("eq"), "null is not missing", { $eq: ["$n", "$zzz"] }, false],
  [page("gt"), "missing is less than all", { $gt: ["$zzz", null] }, false],
  [page("max"), "of a list, by worth and with its type", { $max: [int(9), long(10), double(9.5)] }, long(10)],
  [page("min"), "null is left out", { $min: [null, decimal("2")] }, decimal("2")],
  [page("sum"), "of a list: text is left out", { $sum: ["$i", "$l", "$s"] }, long(12)],
  [page("avg"), "of a list: a double", { $avg: [int(1), long(2)] }, double(1.5)],
  [page("avg"), "of a list with a decimal", { $avg: [decimal("1"), int(2)] }, decimal("1.5")],
  [page("type"), "int", { $type: "$i" }, "int"],
  [page("type"), "long", { $type: "$l" }, "long"],
  [page("type"), "a whole double", { $type: double(5) }, "double"],
  [page("type"), "missing", { $type: "$zzz" }, "missing"],
  [page("isNumber"), "a decimal", { $isNumber: "$m" }, true],
  [page("toInt"), "cuts a double", { $toInt: double(5.9) }, int(5)],
  [page("toLong"), "from text", { $toLong: "9007199254740993" }, long("9007199254740993")],
  [page("toLong"), "from a date", { $toLong: date("1970-01-01T00:00:01Z") }, long(1000)],
  [page("toDouble"), "from a decimal", { $toDouble: "$m" }, double(1.1)],
  [page("toDecimal"), "from a long", { $toDecimal: long("9007199254740993") }, decimal("9007199254740993")],
  [page("toString"), "of a long", { $toString: long(5) }, "5"],
  [page("toString"), "of a decimal", { $toString: "$m" }, "1.10"],
  [page("toString"), "of an object id", { $toString: id("a") }, "a".repeat(24)],
  [page("toObjectId"), "from text", { $toObjectId: "a".repeat(24) }, id("a")],
  [page("toDate"), "from a long", { $toDate: long(1000) }, date("1970-01-01T00:00:01Z")],
  [page("convert"), "onError", { $convert: { input: "x", to: "int", onError: long(0) } }, long(0)],
  [page("convert"), "onNull", { $convert: { input: "$n", to: "int", onNull: "none" } }, "none"],
  [page("literal"), "dollars are plain text", { $literal: "$i" }, "$i"],
  [page("cond"), "zero of every type is false", { $cond: [decimal("0.0"), 1, "no"] }, "no"],
  [page("ifNull"), "the first that is there", { $ifNull: ["$zzz", "$n", "$l"] }, long(5)],
  [
    page("switch"),
    "the first case that holds",
    { $switch: { branches: [choice({ $gt: ["$l", double(4.5)] }, "more")], default: "less" } },
    "more",
  ],
  [page("in"), "by worth", { $in: [int(5), ["$l"]] }, true],
  [page("indexOfArray"), "by worth", { $indexOfArray: [[double(1), long(5)], int(5)] }, int(1)],
  [page("setUnion"), "by worth", { $size: { $setUnion: [[int(1), long(1)], [decimal("1")]] } }, int(1)],
  [page("setEquals"), "by worth", { $setEquals: [[long(1)], [double(1)]] }, true],
  [
    page("sortArray"),
    "by worth",
    { $sortArray: { input: [long(10), double(9.5), int(9)], sortBy: 1 } },
    [int(9), double(9.5), long(10)],
  ],
  [
    page("reduce"),
    "keeps types",
    { $reduce: { input: [long(1), long(2)], initialValue: int(0), in: { $add: ["$$value", "$$this"] } } },
    long(3),
  ],
  [page("map"), "keeps types", { $map: { input: [long(1)], in: { $add: ["$$this", int(1)] } } }, [long(2)]],
  [
    page("filter"),
    "compares by worth",
    { $filter: { input: [long(1), decimal("9")], cond: { $gt: ["$$this", double(8.5)] } } },
    [decimal("9")],
  ],
  [
    page("median"),
    "of a list",
    { $median: { input: [long(5), int(9), "x", int(7)], method: "approximate" } },
    double(7),
  ],
  [page("range"), "ints", { $range: [0, 3] }, [int(0), int(1), int(2)]],
  [page("size"), "an int", { $size: [["a", "b"]] }, int(2)],
  [page("strLenCP"), "an int", { $strLenCP: "\u{1F600}a" }, int(2)],
  [page("year"), "an int", { $year: "$t" }, int(2020)],
  [page("isoWeekYear"), "a long", { $isoWeekYear: "$t" }, long(2020)],
  [page("dateDiff"), "a long", { $dateDiff: { startDate: date("2020-01-31"), endDate: "$t", unit: "month" } }, long(2)],
  [
    page("dateAdd"),
    "the last day of a shorter month",
    { $dateAdd: { startDate: date("2020-01-31"), unit: "month", amount: int(1) } },
    date("2020-02-29"),
  ],
  [
    page("dateFromString"),
    "a format",
    { $dateFromString: { dateString: "31/12/2020", format: "%d/%m/%Y" } },
    date("2020-12-31"),
  ],
  [page("getField"), "a path does not enter a long", "$l.low", undefined],
];

test.each(expressions)("%s: %s", async (_page, _says, expression, result) => {
  const collection = await collectionOf([numbers]);
  const [found] = await collection.aggregate([{ $project: { _id: 0, result: expression } }]).toArray();
  expect(typed(found)).toBe(typed(result === undefined ? {} : { result }));
});

const refusals: readonly (readonly [page: string, says: string, expression: unknown, code: number])[] = [
  [page("divide"), "by zero", { $divide: ["$i", int(0)] }, 2],
  [page("add"), "text", { $add: ["$i", "$s"] }, 14],
  [page("toInt"), "out of range", { $toInt: long("9007199254740993") }, 241],
  [page("toInt"), "no number", { $toInt: "x" }, 241],
  [page("toLong"), "a fraction in text", { $toLong: "1.5" }, 241],
];

test.each(refusals)("%s refuses: %s", async (_page, _says, expression, code) => {
  const collection = await collectionOf([numbers]);
  const error = await errorOf(collection.aggregate([{ $project: { result: expression } }]).toArray());
  expect(Number(error["code"])).toBe(code);
});

type GroupRow = readonly [
  page: string,
  says: string,
  values: readonly unknown[],
  accumulator: Document,
  result: unknown,
];

const groups: readonly GroupRow[] = [
  [page("sum"), "longs", [long(5), long(6)], { $sum: "$x" }, long(11)],
  [page("sum"), "exact beyond 2^53", [long("9007199254740993"), int(1)], { $sum: "$x" }, long("9007199254740994")],
  [page("sum"), "ints past their range make a long", [int(2147483647), int(1)], { $sum: "$x" }, long(2147483648)],
  [
    page("sum"),
    "longs past their range make a double",
    [MAX_LONG, long(1)],
    { $sum: "$x" },
    double(9223372036854775808),
  ],
  [page("sum"), "decimals are exact", [decimal("0.1"), decimal("0.2")], { $sum: "$x" }, decimal("0.3")],
  [page("sum"), "text is left out", [long(5), "6", null], { $sum: "$x" }, long(5)],
  [page("sum"), "of no numbers is zero", ["a"], { $sum: "$x" }, int(0)],
  [page("avg"), "of longs is a double", [long(5), long(6)], { $avg: "$x" }, double(5.5)],
  [page("avg"), "of no numbers is null", ["a"], { $avg: "$x" }, null],
  [page("max"), "by worth, with its type", [long(10), int(9), double(9.5)], { $max: "$x" }, long(10)],
  [page("min"), "null is left out", [null, decimal("2"), int(3)], { $min: "$x" }, decimal("2")],
  [page("addToSet"), "equal numbers are one", [int(1), long(1), double(1)], { $addToSet: "$x" }, [int(1)]],
  [page("push"), "types stay", [int(1), long(1)], { $push: "$x" }, [int(1), long(1)]],
  [page("count-accumulator"), "an int", [1, 2], { $count: {} }, int(2)],
  [page("stdDevPop"), "a double", [int(1), long(3)], { $stdDevPop: "$x" }, double(1)],
  [
    page("median"),
    "one of the numbers, as a double",
    [long(3), int(1), "x"],
    { $median: { input: "$x", method: "approximate" } },
    double(1),
  ],
  [
    page("percentile"),
    "several at once",
    [1, 2, 3, 4].map(int),
    { $percentile: { input: "$x", p: [0.5, 1], method: "approximate" } },
    [double(2), double(4)],
  ],
  [
    page("percentile"),
    "of no numbers",
    ["x"],
    { $percentile: { input: "$x", p: [0.5], method: "approximate" } },
    [null],
  ],
  [page("stdDevSamp"), "null for one value", [int(1)], { $stdDevSamp: "$x" }, null],
];

test.each(groups)("%s: %s in $group", async (_page, _says, values, accumulator, result) => {
  const collection = await collectionOf(values.map((x) => ({ x })));
  const found = await collection.aggregate([{ $group: { _id: null, result: accumulator } }]).toArray();
  expect(typed(found)).toBe(typed([{ _id: null, result }]));
});

type StageRow = readonly [
  page: string,
  says: string,
  values: readonly Document[],
  pipeline: Document[],
  result: readonly Document[],
];

const stages: readonly StageRow[] = [
  [
    page("group"),
    "equal numbers are one key, and the first names it",
    [{ k: int(1) }, { k: long(1) }, { k: decimal("1.0") }, { k: "1" }],
    [{ $group: { _id: "$k", n: { $sum: 1 } } }, { $sort: { _id: 1 } }],
    [
      { _id: int(1), n: int(3) },
      { _id: "1", n: int(1) },
    ],
  ],
  [
    page("bucket"),
    "longs fall in their bucket",
    [{ x: long(5) }, { x: decimal("15.5") }],
    [{ $bucket: { groupBy: "$x", boundaries: [int(0), int(10), int(20)] } }],
    [
      { _id: int(0), count: int(1) },
      { _id: int(10), count: int(1) },
    ],
  ],
  [
    page("unwind"),
    "the index is a long",
    [{ x: [long(5)] }],
    [{ $unwind: { path: "$x", includeArrayIndex: "at" } }, { $project: { _id: 0 } }],
    [{ x: long(5), at: long(0) }],
  ],
  [page("count"), "an int", [{}, {}], [{ $count: "n" }], [{ n: int(2) }]],
  [
    page("sortByCount"),
    "the count is an int",
    [{ x: long(1) }, { x: int(1) }, { x: int(2) }],
    [{ $sortByCount: "$x" }],
    [
      { _id: long(1), count: int(2) },
      { _id: int(2), count: int(1) },
    ],
  ],
  [
    page("project"),
    "_id first, then the order of the document",
    [{ b: int(1), a: int(2), c: int(3) }],
    [{ $project: { a: 1, b: 1 } }],
    [{ _id: int(0), b: int(1), a: int(2) }],
  ],
  [
    page("setWindowFields"),
    "a running sum keeps its type",
    [{ x: long(1) }, { x: long("9007199254740992") }],
    [
      {
        $setWindowFields: {
          sortBy: { _id: 1 },
          output: { sum: { $sum: "$x", window: { documents: ["unbounded", "current"] } } },
        },
      },
      { $project: { _id: 0, sum: 1 } },
    ],
    [{ sum: long(1) }, { sum: long("9007199254740993") }],
  ],
];

test.each(stages)("%s: %s", async (_page, _says, docs, pipeline, result) => {
  const collection = await collectionOf(docs);
  expect(typed(await collection.aggregate(pipeline).toArray())).toBe(typed(result));
});

test("operator/aggregation/lookup: numbers join by worth, and a pipeline narrows the join", async () => {
  const foreign = await collectionOf([
    { k: long(1), v: "a" },
    { k: decimal("1.0"), v: "b" },
    { k: "1", v: "c" },
  ]);
  const local = await collectionOf([{ k: int(1) }]);
  const lookup = { from: foreign.collectionName, localField: "k", foreignField: "k", as: "found" };
  const read = async (more: Document): Promise<unknown[]> => {
    const [doc] = await local.aggregate([{ $lookup: { ...lookup, ...more } }]).toArray();
    return (doc?.["found"] as Document[] | undefined)?.map((one) => one["v"]) ?? [];
  };
  expect(await read({})).toEqual(["a", "b"]);
  expect(await read({ pipeline: [{ $match: { v: "b" } }] })).toEqual(["b"]);
});

test("operator/update/setOnInsert: an upsert writes it with its type, and the equalities of the filter", async () => {
  const collection = await collectionOf([]);
  await collection.updateOne(
    { _id: long(7), k: { $eq: decimal("1.10") } } as Document,
    { $setOnInsert: { x: long(1) }, $inc: { n: long(2) } },
    { upsert: true },
  );
  expect(typed(await collection.findOne())).toBe(typed({ _id: long(7), k: decimal("1.10"), n: long(2), x: long(1) }));
});

test("command/bulkWrite: $literal stays a plain document in an operator update and is evaluated in a pipeline", async () => {
  const collection = await collectionOf([{}, {}]);
  await collection.bulkWrite([
    { updateOne: { filter: { _id: int(0) }, update: { $set: { y: { $literal: "bar" } } } } },
    { updateOne: { filter: { _id: int(1) }, update: [{ $set: { y: { $literal: "bar" } } }] } },
  ]);
  const found = await collection.find().sort({ _id: 1 }).toArray();
  expect(found.map((doc) => doc["y"])).toEqual([{ $literal: "bar" }, "bar"]);
});
