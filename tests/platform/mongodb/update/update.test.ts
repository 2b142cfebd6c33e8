import { compileFilter } from "../../../../platform/mongodb/match/compile-filter";
import { compileUpdate } from "../../../../platform/mongodb/update/compile-update";
import { isIdentical } from "../../../../platform/mongodb/bson/identical";
import {
  BSONRegExp,
  Decimal128,
  type Doc,
  docOf,
  fromDouble,
  ObjectId,
  plainOf,
  Timestamp,
} from "../../../../platform/mongodb/bson/values";

const now = new Date(1_700_000_000_123);
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);
const long = 2n ** 62n;

interface Options {
  filters?: object[];
  filter?: object;
}

function update(before: object, change: object | object[], { filters, filter }: Options = {}): Doc {
  const doc = docOf(before);
  const compiled = compileUpdate(Array.isArray(change) ? change.map(docOf) : docOf(change), {
    now,
    ...(filters === undefined ? {} : { arrayFilters: filters.map(docOf) }),
  });
  return compiled.apply(doc, {
    arrayIndex: filter === undefined ? undefined : compileFilter(docOf(filter)).arrayIndex(doc),
  });
}

function expectSame(actual: Doc, expected: object): void {
  const wanted = docOf(expected);
  // The message shows both; identity also asks for number types and field order.
  expect([plainOf(actual), isIdentical(actual, wanted)]).toEqual([plainOf(wanted), true]);
}

type Row = [before: object, change: object, after: object];

const values: Row[] = [
  [{ a: 1 }, { $set: { b: 2 } }, { a: 1, b: 2 }],
  [{ a: 1, b: 1 }, { $set: { a: 5n } }, { a: 5n, b: 1 }],
  [{}, { $set: { z: 1, a: 1 } }, { a: 1, z: 1 }],
  [{}, { $set: { "10": 1, "9": 1 } }, docOf({}).set("9", 1).set("10", 1)],
  [{}, { $set: { "a.b.c": 1 } }, { a: { b: { c: 1 } } }],
  [{ a: { x: 1 } }, { $set: { "a.b": 1 } }, { a: { x: 1, b: 1 } }],
  [{ a: [1, 2] }, { $set: { "a.1": 9 } }, { a: [1, 9] }],
  [{ a: [1] }, { $set: { "a.3": 9 } }, { a: [1, null, null, 9] }],
  [{ a: [{ b: 1 }] }, { $set: { "a.0.b": 2 } }, { a: [{ b: 2 }] }],
  [{ a: 1, b: 2 }, { $unset: { a: "" } }, { b: 2 }],
  [{ a: [1, 2] }, { $unset: { "a.0": "" } }, { a: [null, 2] }],
  [{ a: 1 }, { $unset: { "b.c": "", "a.b": "" } }, { a: 1 }],
  [{ x: 5n }, { $inc: { x: 1 } }, { x: 6n }],
  [{ x: 5 }, { $inc: { x: 1 } }, { x: 6 }],
  [{ x: 2147483647 }, { $inc: { x: 1 } }, { x: 2147483648n }],
  [{ x: 5 }, { $inc: { x: fromDouble(1) } }, { x: fromDouble(6) }],
  [{ x: 5 }, { $inc: { x: 1n } }, { x: 6n }],
  [{ x: 0.5 }, { $inc: { x: 0.5 } }, { x: fromDouble(1) }],
  [{ x: decimal("0.10") }, { $inc: { x: decimal("0.2") } }, { x: decimal("0.30") }],
  [{ x: 1n }, { $inc: { x: decimal("0.5") } }, { x: decimal("1.5") }],
  [{}, { $inc: { x: 5n } }, { x: 5n }],
  [{ x: 9007199254740993n }, { $inc: { x: 1 } }, { x: 9007199254740994n }],
  [{ x: 3n }, { $mul: { x: 2 } }, { x: 6n }],
  [{ x: 100000 }, { $mul: { x: 100000 } }, { x: 10000000000n }],
  [{}, { $mul: { x: 2n } }, { x: 0n }],
  [{}, { $mul: { x: 1.5 } }, { x: fromDouble(0) }],
  [{ x: 10n }, { $min: { x: 9n } }, { x: 9n }],
  [{ x: 10n }, { $min: { x: 11 } }, { x: 10n }],
  [{ x: 9n }, { $max: { x: 10 } }, { x: 10 }],
  [{}, { $max: { x: 1 } }, { x: 1 }],
  [{ x: "a" }, { $max: { x: 5 } }, { x: "a" }],
  [{ a: 1, b: 2 }, { $rename: { a: "c" } }, { b: 2, c: 1 }],
  [{ a: 1, c: 2 }, { $rename: { a: "c" } }, { c: 1 }],
  [{ a: { b: 1 } }, { $rename: { "a.b": "x.y" } }, { a: {}, x: { y: 1 } }],
  [{ b: 1 }, { $rename: { a: "c" } }, { b: 1 }],
  [{ a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1 }],
  [
    {},
    { $currentDate: { a: true, b: { $type: "timestamp" } } },
    { a: now, b: new Timestamp({ t: 1_700_000_000, i: 1 }) },
  ],
  [{ x: 13 }, { $bit: { x: { and: 10 } } }, { x: 8 }],
  [{ x: 13 }, { $bit: { x: { or: 2n } } }, { x: 15n }],
  [{}, { $bit: { x: { xor: 5 } } }, { x: 5 }],
  [{ _id: 1, a: 1 }, { $set: { _id: 1, a: 2 } }, { _id: 1, a: 2 }],
  [{ _id: 1n, a: 1 }, { $set: { _id: 1, a: 2 } }, { _id: 1n, a: 2 }],
  [{ a: 1 }, { b: 1 }, { b: 1 }],
  [{ _id: 1, a: 1 }, { b: 1 }, { _id: 1, b: 1 }],
  [
    { _id: 1, a: 1 },
    { b: 1, _id: 1 },
    { _id: 1, b: 1 },
  ],
  [{ _id: 1, a: 1 }, {}, { _id: 1 }],
];

const arrays: Row[] = [
  [{}, { $push: { a: 1 } }, { a: [1] }],
  [{ a: [1] }, { $push: { a: [2] } }, { a: [1, [2]] }],
  [{ a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  [{ a: [1, 4] }, { $push: { a: { $each: [2, 3], $position: 1 } } }, { a: [1, 2, 3, 4] }],
  [{ a: [1, 4] }, { $push: { a: { $each: [2], $position: -1 } } }, { a: [1, 2, 4] }],
  [{ a: [3] }, { $push: { a: { $each: [1n, 2], $sort: -1 } } }, { a: [3, 2, 1n] }],
  [{ a: [1, 2] }, { $push: { a: { $each: [3], $slice: -2 } } }, { a: [2, 3] }],
  [{ a: [1, 2] }, { $push: { a: { $each: [3], $slice: 1 } } }, { a: [1] }],
  [{}, { $push: { a: { $each: [1, 2, 3], $slice: 2 } } }, { a: [1, 2] }],
  [
    { a: [{ x: 1, y: 2 }] },
    {
      $push: {
        a: {
          $each: [
            { x: 1, y: 1 },
            { x: 0, y: 9 },
          ],
          $sort: { x: 1, y: 1 },
        },
      },
    },
    {
      a: [
        { x: 0, y: 9 },
        { x: 1, y: 1 },
        { x: 1, y: 2 },
      ],
    },
  ],
  [{ a: [1] }, { $addToSet: { a: 1n } }, { a: [1] }],
  [{ a: [1] }, { $addToSet: { a: { $each: [2, 2, 1] } } }, { a: [1, 2] }],
  [
    { a: [{ x: 1, y: 2 }] },
    { $addToSet: { a: { y: 2, x: 1 } } },
    {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
  ],
  [{}, { $addToSet: { a: [1] } }, { a: [[1]] }],
  [{ a: [1, 2, 3] }, { $pop: { a: 1 } }, { a: [1, 2] }],
  [{ a: [1, 2, 3] }, { $pop: { a: -1 } }, { a: [2, 3] }],
  [{}, { $pop: { a: 1 } }, {}],
  [{ a: [1, 2n, 3, 2] }, { $pull: { a: 2 } }, { a: [1, 3] }],
  [{ a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  [{ a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }, { a: [{ x: 2 }] }],
  [
    { a: [{ r: [{ q: 1, s: 5 }] }, { r: [{ q: 2, s: 5 }] }] },
    { $pull: { a: { r: { $elemMatch: { q: 1 } } } } },
    { a: [{ r: [{ q: 2, s: 5 }] }] },
  ],
  [{ a: ["ab", "b"] }, { $pull: { a: new BSONRegExp("^a") } }, { a: ["b"] }],
  [{ a: [[1, 2], [1]] }, { $pull: { a: [1, 2] } }, { a: [[1]] }],
  [{ a: [1, 2, 1, 3] }, { $pullAll: { a: [1, 3n] } }, { a: [2] }],
  [{ a: [1, 2] }, { $inc: { "a.$[]": 10n } }, { a: [11n, 12n] }],
  [{ a: [{ b: [1] }, { b: [2, 3] }] }, { $mul: { "a.$[].b.$[]": 2 } }, { a: [{ b: [2] }, { b: [4, 6] }] }],
];

describe("an update", () => {
  test.each([...values, ...arrays])("turns %j by %j into %j", (before, change, after) => {
    expectSame(update(before, change), after);
  });

  test.each<[before: object, change: object | object[], options: Options, after: object]>([
    [
      {
        a: [
          { i: 1, v: 1 },
          { i: 2, v: 1 },
        ],
      },
      { $inc: { "a.$[e].v": 5 }, $set: { "a.$[e].w": 6 } },
      { filters: [{ "e.i": 2 }] },
      {
        a: [
          { i: 1, v: 1 },
          { i: 2, v: 6, w: 6 },
        ],
      },
    ],
    [{ a: [1, 5, 9] }, { $set: { "a.$[e]": 0 } }, { filters: [{ e: { $gte: 5 } }] }, { a: [1, 0, 0] }],
    [
      { a: [{ i: 1 }, { i: 2 }] },
      { $set: { "a.$[e].x": 1 } },
      { filters: [{ $or: [{ "e.i": 2 }] }] },
      { a: [{ i: 1 }, { i: 2, x: 1 }] },
    ],
    [
      {
        y: [
          { b: 3, c: [{ d: 1 }, { d: 2 }] },
          { b: 1, c: [{ d: 1 }] },
        ],
      },
      { $set: { "y.$[i].c.$[j].d": 0 } },
      { filters: [{ "i.b": 3 }, { "j.d": 1 }] },
      {
        y: [
          { b: 3, c: [{ d: 0 }, { d: 2 }] },
          { b: 1, c: [{ d: 1 }] },
        ],
      },
    ],
    [{ a: [1, 2, 3] }, { $set: { "a.$": 9 } }, { filter: { a: 2 } }, { a: [1, 9, 3] }],
    [{ a: [1, 2, 3] }, { $set: { "a.$": 9 } }, { filter: { $and: [{ a: { $gt: 1 } }] } }, { a: [1, 9, 3] }],
    [{ o: { a: [1, 2] } }, { $set: { "o.a.$": 9 } }, { filter: { "o.a": 2 } }, { o: { a: [1, 9] } }],
    [
      { a: [{ b: 1 }, { b: 2 }] },
      { $inc: { "a.$.b": 1n } },
      { filter: { a: { $elemMatch: { b: 2 } } } },
      { a: [{ b: 1 }, { b: 3n }] },
    ],
  ])("reaches array elements: %j by %j", (before, change, options, after) => {
    expectSame(update(before, change, options), after);
  });

  test.each<[before: object, change: object[], after: object]>([
    [{ _id: 1, a: 1 }, [{ $set: { b: { $add: ["$a", 1n] } } }], { _id: 1, a: 1, b: 2n }],
    [{ _id: 1, a: 1 }, [{ $replaceWith: { $mergeObjects: ["$$ROOT", { z: 1 }] } }], { _id: 1, a: 1, z: 1 }],
    [{ _id: 1, a: 1, b: 2 }, [{ $unset: ["a"] }, { $addFields: { "c.d": "$b" } }], { _id: 1, b: 2, c: { d: 2 } }],
    [{ _id: 1, a: 1 }, [{ $replaceRoot: { newRoot: { x: "$a" } } }], { _id: 1, x: 1 }],
    [{ _id: 1, a: 1, b: 1 }, [{ $project: { a: 1 } }], { _id: 1, a: 1 }],
    [{ _id: 1 }, [{ $set: { at: "$$NOW" } }], { _id: 1, at: now }],
    [
      { _id: 1 },
      [{ $replaceWith: { $setField: { field: { $literal: "$a.b" }, input: "$$ROOT", value: 1 } } }],
      docOf({ _id: 1 }).set("$a.b", 1),
    ],
  ])("runs a pipeline: %j by %j", (before, change, after) => {
    expectSame(update(before, change), after);
  });

  test.each<[before: object, change: object | object[], error: object, options?: Options]>([
    [
      { _id: 1, x: "a" },
      { $inc: { x: 1 } },
      {
        code: 14,
        message:
          "Cannot apply $inc to a value of non-numeric type. {_id: 1} has the field 'x' of non-numeric type string",
      },
    ],
    [{ x: null }, { $inc: { x: 1 } }, { code: 14 }],
    [{}, { $inc: { x: "a" } }, { code: 14, message: 'Cannot increment with non-numeric argument: {x: "a"}' }],
    [{ x: long }, { $mul: { x: 4 } }, { code: 2 }],
    [{ x: 2n ** 63n - 1n }, { $inc: { x: 1 } }, { code: 2 }],
    [{ x: 1 }, { $push: { x: 1 } }, { code: 2 }],
    [{ x: 1 }, { $addToSet: { x: 1 } }, { code: 2 }],
    [{ x: 1 }, { $pop: { x: 1 } }, { code: 14 }],
    [{ x: 1 }, { $pull: { x: 1 } }, { code: 2, message: "Cannot apply $pull to a non-array value" }],
    [{ x: [1] }, { $pop: { x: 2 } }, { code: 9 }],
    [{ a: 5 }, { $set: { "a.c": 1 } }, { code: 28, message: "Cannot create field 'c' in element {a: 5}" }],
    [{ a: null }, { $set: { "a.c": 1 } }, { code: 28 }],
    [{ a: [1] }, { $set: { "a.c": 1 } }, { code: 28 }],
    [{}, { $set: { a: 1 }, $inc: { a: 1 } }, { code: 40, codeName: "ConflictingUpdateOperators" }],
    [{}, { $set: { a: 1, "a.b": 1 } }, { code: 40 }],
    [{}, { $set: { "a.b": 1 }, $unset: { a: 1 } }, { code: 40 }],
    [{ a: 1 }, { $rename: { a: "b" }, $set: { b: 1 } }, { code: 40 }],
    [{ a: [1] }, { $set: { "a.$[]": 1, "a.0": 1 } }, { code: 40 }],
    [{ _id: 1 }, { $set: { _id: 2 } }, { code: 66, codeName: "ImmutableField" }],
    [{ _id: 1 }, { $unset: { _id: 1 } }, { code: 66 }],
    [{ _id: 1 }, { _id: 2 }, { code: 66 }],
    [{ _id: 1 }, [{ $set: { _id: 2 } }], { code: 66 }],
    [{}, { $foo: { a: 1 } }, { code: 9 }],
    [{}, { $set: 5 }, { code: 9 }],
    [{}, { $set: { "a..b": 1 } }, { code: 56 }],
    [{}, { $set: { "": 1 } }, { code: 56 }],
    [{}, { $set: { $x: 1 } }, { code: 52 }],
    [{}, { a: 1, $set: { b: 1 } }, { code: 52 }],
    [
      { a: [1] },
      { $set: { "a.$": 1 } },
      { code: 2, message: "The positional operator did not find the match needed from the query." },
    ],
    [{ a: 1 }, { $set: { "a.$[]": 1 } }, { code: 2 }],
    [{}, { $set: { "a.$[]": 1 } }, { code: 2 }],
    [{ a: [1] }, { $set: { "a.$[e]": 1 } }, { code: 2 }],
    [{ a: [1] }, { $set: { a: 1 } }, { code: 9 }, { filters: [{ e: 1 }] }],
    [{ a: [1] }, { $set: { "a.$[e]": 1 } }, { code: 9 }, { filters: [{ e: 1, f: 1 }] }],
    [{ a: [1] }, { $set: { "a.$[e]": 1 } }, { code: 9 }, { filters: [{ e: 1 }, { e: 2 }] }],
    [{ x: 1.5 }, { $bit: { x: { and: 1 } } }, { code: 2 }],
    [{}, { $rename: { a: "a" } }, { code: 2 }],
    [{ a: [{ b: 1 }] }, { $rename: { "a.0.b": "c" } }, { code: 2 }],
    [{}, [{ $match: {} }], { code: 72 }],
  ])("of %j by %j is refused", (before, change, error, ...[options]) => {
    expect(() => update(before, change, options)).toThrow(expect.objectContaining(error));
  });

  test("leaves its input as it was, also when it fails half way", () => {
    const before = docOf({ _id: 1, a: 1, b: "text", list: [{ n: 1n }] });
    const copy = docOf({ _id: 1, a: 1, b: "text", list: [{ n: 1n }] });
    const failing = compileUpdate(docOf({ $inc: { a: 1 }, $push: { b: 1 } }), { now });
    expect(() => failing.apply(before)).toThrow("must be an array");
    const working = compileUpdate(docOf({ $inc: { "list.$[].n": 1n }, $set: { c: 1 } }), { now });
    expect(working.apply(before)).not.toBe(before);
    expect(isIdentical(before, copy)).toBe(true);
  });

  test("gives back the very same document when nothing changes", () => {
    const before = docOf({ _id: 1, a: 1, list: [1] });
    for (const change of [
      { $set: { a: 1 } },
      { $max: { a: 0 } },
      { $addToSet: { list: 1 } },
      { $unset: { x: 1 } },
      { a: 1, list: [1] },
    ]) {
      expect(compileUpdate(docOf(change), { now }).apply(before)).toBe(before);
    }
    expect(compileUpdate(docOf({ $set: { a: 1n } }), { now }).apply(before)).not.toBe(before);
  });
});

describe("an upsert", () => {
  test.each<[filter: object, change: object | object[], inserted: object]>([
    [{ _id: 1, x: 2 }, { $set: { y: 3 } }, { _id: 1, x: 2, y: 3 }],
    [{ x: 2, _id: 1 }, { $inc: { n: 5n } }, { _id: 1, x: 2, n: 5n }],
    [{ _id: 1, "a.b": 2 }, { $setOnInsert: { z: 1 } }, { _id: 1, a: { b: 2 }, z: 1 }],
    [{ $and: [{ _id: 1 }, { y: { $eq: 2 } }], z: { $gt: 5 } }, { $set: { a: 1 } }, { _id: 1, y: 2, a: 1 }],
    [{ _id: 1, x: 2 }, { y: 3 }, { _id: 1, y: 3 }],
    [{ _id: 1, x: 2 }, [{ $set: { y: "$x" } }], { _id: 1, x: 2, y: 2 }],
    [{ _id: 1, x: { $in: [1, 2] }, y: /a/ }, { $set: { z: 1 } }, { _id: 1, z: 1 }],
    [{ x: 2 }, { $setOnInsert: { _id: 7 } }, { _id: 7, x: 2 }],
  ])("by %j with %j inserts %j", (filter, change, inserted) => {
    const compiled = compileUpdate(Array.isArray(change) ? change.map(docOf) : docOf(change), { now });
    expectSame(compiled.insert(docOf(filter)), inserted);
  });

  test("makes an _id in front when neither filter nor update names one", () => {
    const doc = compileUpdate(docOf({ $set: { a: 1 } }), { now }).insert(new Map());
    expect([...doc.keys()]).toEqual(["_id", "a"]);
    expect(doc.get("_id")).toBeInstanceOf(ObjectId);
  });

  test("refuses a filter that gives a path twice, and an _id other than the filter's", () => {
    const compiled = compileUpdate(docOf({ $set: { _id: 2 } }), { now });
    expect(() => compiled.insert(docOf({ $and: [{ a: 1 }, { a: 2 }] }))).toThrow(expect.objectContaining({ code: 54 }));
    expect(() => compiled.insert(docOf({ _id: 1 }))).toThrow(expect.objectContaining({ code: 66 }));
  });
});
