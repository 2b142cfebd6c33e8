import { compileFilter } from "../../../../platform/mongodb/match/compile-filter";
import { conditionsOf } from "../../../../platform/mongodb/match/conditions";
import {
  Binary,
  BSONRegExp,
  Decimal128,
  docOf,
  fromDouble,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "../../../../platform/mongodb/bson/values";

type Row = [filter: object, doc: object, expected: boolean];

const id = new ObjectId("65a000000000000000000001");
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);

const equality: Row[] = [
  [{ x: 5 }, { x: 5n }, true],
  [{ x: 5n }, { x: 5 }, true],
  [{ x: 5 }, { x: fromDouble(5) }, true],
  [{ x: decimal("1.0") }, { x: decimal("1.00") }, true],
  [{ x: 1 }, { x: decimal("1.00") }, true],
  [{ x: 2n ** 53n }, { x: 2n ** 53n + 1n }, false],
  [{ x: NaN }, { x: NaN }, true],
  [{ x: 0 }, { x: fromDouble(-0) }, true],
  [{ x: id }, { x: new ObjectId(id.toHexString()) }, true],
  [{ x: { a: 1, b: 2 } }, { x: { a: 1, b: 2 } }, true],
  [{ x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } }, false],
  [{ x: { a: 1 } }, { x: { a: 1, b: 2 } }, false],
  [{ x: {} }, { x: {} }, true],
  [{ x: [1, 2] }, { x: [1, 2] }, true],
  [{ x: [1, 2] }, { x: [2, 1] }, false],
  [{ x: [1, 2] }, { x: [[1, 2], 3] }, true],
  [{ x: 1 }, { x: [3, 1] }, true],
  [{ x: 1 }, { x: [[1]] }, false],
  [{ "a.b": 1 }, { a: { b: 1 } }, true],
  [{ "a.b": 1 }, { a: [{ b: 2 }, { b: 1 }] }, true],
  [{ "a.b": 1 }, { a: { b: [1, 2] } }, true],
  [{ "a.b": 1 }, { a: { b: [[1]] } }, false],
  [{ "a.b": 1 }, { a: [[{ b: 1 }]] }, false],
  [{ "a.0": 1 }, { a: [1, 2] }, true],
  [{ "a.1": 1 }, { a: [1, 2] }, false],
  [{ "a.0.b": 1 }, { a: [{ b: 1 }] }, true],
  [{ "a.0": 1 }, { a: { "0": 1 } }, true],
  [{ "a.0": 1 }, { a: [[1, 2]] }, true],
  [{ "x.low": 5 }, { x: 5n }, false],
  [{ "x.sub_type": 0 }, { x: new Binary(Buffer.from("a")) }, false],
  [{ x: null }, { x: null }, true],
  [{ x: null }, {}, true],
  [{ x: null }, { x: 1 }, false],
  [{ x: null }, { x: [1, null] }, true],
  [{ x: null }, { x: [] }, false],
  [{ "a.b": null }, { a: [{ b: 1 }, {}] }, true],
  [{ "a.b": null }, { a: [{ b: 1 }] }, false],
  [{ "a.b": null }, { a: 4 }, true],
  [{ "a.b": null }, { a: [] }, false],
  [{ x: new Binary(Buffer.from("a"), 0) }, { x: new Binary(Buffer.from("a"), 4) }, false],
  [{ x: new BSONRegExp("^a") }, { x: "abc" }, true],
  [{ x: new BSONRegExp("^a") }, { x: ["b", "ab"] }, true],
  [{ x: new BSONRegExp("^A", "i") }, { x: "abc" }, true],
  [{ x: new BSONRegExp("a b", "x") }, { x: "ab" }, true],
  [{ x: new BSONRegExp("^a") }, { x: new BSONRegExp("^a") }, true],
  [{ x: { $eq: new BSONRegExp("^a") } }, { x: "abc" }, false],
  [{ x: { $ne: 1 } }, { x: [1, 2] }, false],
  [{ x: { $ne: 1 } }, {}, true],
  [{ x: { $ne: null } }, {}, false],
  [{ x: { $eq: [1] } }, { x: [1] }, true],
  [{ x: { $ref: "c", $id: 1 } }, { x: { $ref: "c", $id: 1 } }, true],
];

const ranges: Row[] = [
  [{ x: { $gt: 9n } }, { x: 10n }, true],
  [{ x: { $gt: decimal("9") } }, { x: decimal("10") }, true],
  [{ x: { $gt: 2n ** 53n } }, { x: 2n ** 53n + 1n }, true],
  [{ x: { $gte: 5 } }, { x: "9" }, false],
  [{ x: { $gt: 1 } }, { x: null }, false],
  [{ x: { $gt: 1 } }, {}, false],
  [{ x: { $lt: 5 } }, { x: NaN }, false],
  [{ x: { $gte: NaN } }, { x: NaN }, true],
  [{ x: { $gte: null } }, { x: null }, true],
  [{ x: { $gte: null } }, {}, true],
  [{ x: { $gt: null } }, { x: null }, false],
  [{ x: { $gte: null } }, { x: 1 }, false],
  [{ x: { $gt: new MinKey() } }, { x: 1 }, true],
  [{ x: { $gt: new MinKey() } }, {}, false],
  [{ x: { $lt: new MaxKey() } }, { x: "a" }, true],
  [{ x: { $gt: [1, 2] } }, { x: [1, 3] }, true],
  [{ x: { $gt: [1, 4] } }, { x: [1, 3] }, false],
  [{ x: { $gt: 4, $lt: 6 } }, { x: [3, 7] }, true],
  [{ x: { $gt: "\uFFFD" } }, { x: "😀" }, true],
  [{ x: { $gt: { a: 1 } } }, { x: { a: 2 } }, true],
  [{ x: { $lt: new Date(5) } }, { x: new Date(4) }, true],
  [{ x: { $lt: new Date(5) } }, { x: 4 }, false],
  [{ x: { $gt: new Timestamp({ t: 0, i: 9 }) } }, { x: new Timestamp({ t: 0, i: 10 }) }, true],
  [{ x: { $gt: false } }, { x: true }, true],
];

const lists: Row[] = [
  [{ x: { $in: [1, 2] } }, { x: 2n }, true],
  [{ x: { $in: [decimal("2.0")] } }, { x: 2 }, true],
  [{ x: { $in: [[1, 2]] } }, { x: [1, 2] }, true],
  [{ x: { $in: [1] } }, { x: [5, 1] }, true],
  [{ x: { $in: [null] } }, {}, true],
  [{ x: { $in: [] } }, { x: 1 }, false],
  [{ x: { $in: [new BSONRegExp("^a"), 1] } }, { x: "ab" }, true],
  [{ x: { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9, "a"] } }, { x: 7n }, true],
  [{ x: { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9, null] } }, {}, true],
  [{ x: { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9, "a"] } }, {}, false],
  [{ x: { $nin: [1, 2] } }, { x: 3 }, true],
  [{ x: { $nin: [1, 2] } }, { x: [3, 1] }, false],
  [{ x: { $nin: [null] } }, {}, false],
  [{ x: { $all: [1, 2] } }, { x: [2, 1, 3] }, true],
  [{ x: { $all: [1, 4] } }, { x: [2, 1, 3] }, false],
  [{ x: { $all: [1] } }, { x: 1 }, true],
  [{ x: { $all: [] } }, { x: [] }, false],
  [{ x: { $all: [[1, 2]] } }, { x: [1, 2] }, true],
  [{ x: { $all: [{ $elemMatch: { a: 1 } }, { $elemMatch: { a: 2 } }] } }, { x: [{ a: 1 }, { a: 2 }] }, true],
  [{ x: { $size: 2 } }, { x: [1, 2] }, true],
  [{ x: { $size: 2 } }, { x: [[1, 2]] }, false],
  [{ x: { $size: 0 } }, {}, false],
  [{ x: { $elemMatch: { $gt: 4, $lt: 6 } } }, { x: [3, 7] }, false],
  [{ x: { $elemMatch: { $gt: 4n, $lt: 6n } } }, { x: [3n, 5n] }, true],
  [{ x: { $elemMatch: { $gt: 4 } } }, { x: [[5]] }, false],
  [{ x: { $elemMatch: { $gt: 4 } } }, { x: 5 }, false],
  [{ x: { $elemMatch: { a: 1, b: 2 } } }, { x: [{ a: 1 }, { b: 2 }] }, false],
  [{ x: { $elemMatch: { a: 1, b: 2 } } }, { x: [{ a: 1, b: 2 }] }, true],
  [{ x: { $elemMatch: { $or: [{ a: 1 }, { a: 2 }] } } }, { x: [{ a: 2 }] }, true],
  [{ x: { $elemMatch: { $nin: [1, 2] } } }, { x: [1, 3] }, true],
  [{ "a.x": { $elemMatch: { b: 1 } } }, { a: [{ x: [{ b: 1 }] }] }, true],
];

const others: Row[] = [
  [{ x: { $exists: true } }, { x: null }, true],
  [{ x: { $exists: true } }, {}, false],
  [{ x: { $exists: false } }, {}, true],
  [{ x: { $exists: 0 } }, { x: 1 }, false],
  [{ "a.b": { $exists: false } }, { a: [1, 2] }, true],
  [{ "a.b": { $exists: true } }, { a: [{}, { b: 1 }] }, true],
  [{ x: { $type: "string" } }, { x: ["a"] }, true],
  [{ x: { $type: "array" } }, { x: ["a"] }, true],
  [{ x: { $type: "int" } }, { x: 1 }, true],
  [{ x: { $type: "int" } }, { x: fromDouble(1) }, false],
  [{ x: { $type: "double" } }, { x: fromDouble(1) }, true],
  [{ x: { $type: "long" } }, { x: 1n }, true],
  [{ x: { $type: "number" } }, { x: decimal("1") }, true],
  [{ x: { $type: 18 } }, { x: 1n }, true],
  [{ x: { $type: ["string", "null"] } }, { x: null }, true],
  [{ x: { $type: "objectId" } }, { x: id }, true],
  [{ x: { $type: -1 } }, { x: new MinKey() }, true],
  [{ x: { $type: "null" } }, {}, false],
  [{ x: { $mod: [4, 1] } }, { x: 9n }, true],
  [{ x: { $mod: [4, 1] } }, { x: 9.7 }, true],
  [{ x: { $mod: [4, 0] } }, { x: "8" }, false],
  [{ x: { $regex: "^a", $options: "i" } }, { x: "Abc" }, true],
  [{ x: { $regex: "a$", $options: "m" } }, { x: "a\nb" }, true],
  [{ x: { $not: { $gt: 5 } } }, { x: 5 }, true],
  [{ x: { $not: { $gt: 5 } } }, {}, true],
  [{ x: { $not: new BSONRegExp("^a") } }, { x: "ab" }, false],
  [{ x: { $not: { $gt: 5, $lt: 9 } } }, { x: 10 }, true],
  [{ $or: [{ x: 1 }, { y: 1 }] }, { y: 1 }, true],
  [{ $and: [{ x: 1 }, { y: 1 }] }, { y: 1 }, false],
  [{ $nor: [{ x: 1 }, { y: 1 }] }, { x: 2 }, true],
  [{ $comment: "any", x: 1 }, { x: 1 }, true],
  [{ x: { $bitsAllSet: [0, 2] } }, { x: 5 }, true],
  [{ x: { $bitsAllSet: 6 } }, { x: 5n }, false],
  [{ x: { $bitsAnyClear: 4 } }, { x: 3 }, true],
  [{ x: { $bitsAllSet: [200] } }, { x: -1 }, true],
  [{ x: { $bitsAnySet: new Binary(Buffer.from([2])) } }, { x: new Binary(Buffer.from([3])) }, true],
  [{ $expr: { $lt: ["$missing", 9] } }, {}, true],
  [{ $expr: { $gt: ["a", 9] } }, {}, true],
  [{ $expr: { $gte: ["$limit", "$used"] } }, { limit: 5n, used: 5 }, true],
  [{ $jsonSchema: { required: ["x"], properties: { x: { bsonType: "long" } } } }, { x: 1n }, true],
  [{ $jsonSchema: { properties: { x: { bsonType: "long" } } } }, { x: 1 }, false],
  [{}, { x: 1 }, true],
];

describe("a filter", () => {
  test.each([...equality, ...ranges, ...lists, ...others])("%j on %j gives %s", (filter, doc, expected) => {
    expect(compileFilter(docOf(filter)).matches(docOf(doc))).toBe(expected);
  });

  test.each<[object, object]>([
    [{ x: { $foo: 1 } }, { code: 2, message: "unknown operator: $foo" }],
    [{ x: { $gt: 1, a: 1 } }, { code: 2, message: "unknown operator: a" }],
    [{ $foo: 1 }, { code: 2 }],
    [{ $or: true }, { code: 2, message: "$or must be an array" }],
    [{ $or: [] }, { code: 2, message: "$and/$or/$nor must be a nonempty array" }],
    [{ $and: [1] }, { code: 2 }],
    [{ x: { $in: 1 } }, { code: 2, message: "$in needs an array" }],
    [{ x: { $in: [{ $gt: 1 }] } }, { code: 2 }],
    [{ x: { $mod: [0, 1] } }, { code: 2, message: "divisor cannot be 0" }],
    [{ x: { $size: -1 } }, { code: 9 }],
    [{ x: { $type: "nothing" } }, { code: 2, message: "Unknown type name alias: nothing" }],
    [{ x: { $not: 1 } }, { code: 2, message: "$not needs a regex or a document" }],
    [{ x: { $regex: "(" } }, { code: 51091 }],
    [{ x: { $options: "i" } }, { code: 2, message: "$options needs a $regex" }],
    [{ $where: "true" }, { code: 238, message: "$where is not implemented" }],
    [{ $text: { $search: "a" } }, { code: 238 }],
    [{ x: { $near: [0, 0] } }, { code: 238 }],
    [{ $expr: { $nothing: 1 } }, { code: 168, codeName: "InvalidPipelineOperator" }],
  ])("%j is refused when it is compiled, by name", (filter, error) => {
    expect(() => compileFilter(docOf(filter))).toThrow(expect.objectContaining(error));
  });

  test.each<[object, object, number | undefined]>([
    [{ x: 5 }, { x: [4, 5] }, 1],
    [{ "x.a": 5 }, { x: [{ a: 1 }, { a: 5 }] }, 1],
    [{ x: { $elemMatch: { a: 1, b: 2 } } }, { x: [{ a: 1 }, { a: 1, b: 2 }] }, 1],
    [{ $and: [{ x: { $gt: 4 } }] }, { x: [1, 9] }, 1],
    [{ "o.x": 2 }, { o: { x: [1, 2] } }, 1],
    [{ $or: [{ x: 9 }, { x: 2 }] }, { x: [1, 2] }, 1],
    [{ y: 1 }, { y: 1, x: [1] }, undefined],
    [{ x: 5 }, { x: [1] }, undefined],
  ])("%j on %j points the positional operator at element %s", (filter, doc, expected) => {
    expect(compileFilter(docOf(filter)).arrayIndex(docOf(doc))).toBe(expected);
  });

  test("compares strings by its collation", () => {
    const second = { collation: docOf({ locale: "en", strength: 2 }) };
    expect(compileFilter(docOf({ x: "PING" }), second).matches(docOf({ x: "ping" }))).toBe(true);
    expect(compileFilter(docOf({ x: { $in: ["PING"] } }), second).matches(docOf({ x: "ping" }))).toBe(true);
    expect(compileFilter(docOf({ x: "a" }), second).matches(docOf({ x: "á" }))).toBe(false);
    const first = { collation: docOf({ locale: "en_US", strength: 1 }) };
    expect(compileFilter(docOf({ x: "a" }), first).matches(docOf({ x: "Á" }))).toBe(true);
    expect(() => compileFilter(new Map(), { collation: docOf({ locale: "de" }) })).toThrow("not implemented");
  });

  test("reads variables and the clock inside $expr only", () => {
    const context = { variables: docOf({ limit: 5 }), now: new Date(7) };
    expect(compileFilter(docOf({ $expr: { $eq: ["$x", "$$limit"] } }), context).matches(docOf({ x: 5n }))).toBe(true);
    expect(
      compileFilter(docOf({ $expr: { $eq: ["$at", "$$NOW"] } }), context).matches(docOf({ at: new Date(7) })),
    ).toBe(true);
    expect(() => compileFilter(docOf({ $expr: "$$other" })).matches(new Map())).toThrow(
      expect.objectContaining({ code: 17276 }),
    );
  });
});

test("the simple conditions of a filter are listed for the planner", () => {
  const filter = docOf({
    a: 1,
    b: { $gt: 1, $ne: 3, $lt: 9 },
    $and: [{ c: { $in: [1] } }],
    $or: [{ d: 1 }],
    e: /x/,
    f: { $in: [/y/] },
  });
  expect(conditionsOf(filter)).toEqual([
    { path: "a", operator: "$eq", operand: 1 },
    { path: "b", operator: "$gt", operand: 1 },
    { path: "b", operator: "$lt", operand: 9 },
    { path: "c", operator: "$in", operand: [1] },
  ]);
});
