import { compileFilter } from "../../../../platform/mongodb/match/compile-filter";
import { compileProjection } from "../../../../platform/mongodb/match/projection";
import { compileSort } from "../../../../platform/mongodb/match/sort";
import { type Doc, docOf, plainOf } from "../../../../platform/mongodb/bson/values";

const text = (doc: Doc): string => JSON.stringify(plainOf(doc));

const doc = { _id: 1, a: 1, b: { c: 2, d: 3 }, list: [{ x: 1, y: 1 }, { x: 2, y: 2 }, 5], n: [1, 2, 3, 4] };

describe("a projection", () => {
  test.each<[object, object]>([
    [
      { b: 1, a: 1 },
      { _id: 1, a: 1, b: { c: 2, d: 3 } },
    ],
    [{ a: 1, _id: 0 }, { a: 1 }],
    [{ _id: 1 }, { _id: 1 }],
    [{ _id: 0, a: 0, list: 0, n: 0 }, { b: { c: 2, d: 3 } }],
    [{ "b.c": 1 }, { _id: 1, b: { c: 2 } }],
    [{ b: { c: 1 } }, { _id: 1, b: { c: 2 } }],
    [
      { "b.c": 0, list: 0, n: 0 },
      { _id: 1, a: 1, b: { d: 3 } },
    ],
    [{ "list.x": 1 }, { _id: 1, list: [{ x: 1 }, { x: 2 }] }],
    [
      { "list.x": 0, a: 0, b: 0, n: 0 },
      { _id: 1, list: [{ y: 1 }, { y: 2 }, 5] },
    ],
    [{ "a.x": 1 }, { _id: 1 }],
    [
      { n: { $slice: 2 }, a: 0, b: 0, list: 0 },
      { _id: 1, n: [1, 2] },
    ],
    [
      { n: { $slice: -1 }, a: 1 },
      { _id: 1, a: 1, n: [4] },
    ],
    [
      { n: { $slice: [1, 2] }, a: 1 },
      { _id: 1, a: 1, n: [2, 3] },
    ],
    [{ list: { $elemMatch: { x: 2 } } }, { _id: 1, list: [{ x: 2, y: 2 }] }],
    [{ list: { $elemMatch: { x: 9 } } }, { _id: 1 }],
    [
      { sum: { $add: ["$a", "$b.c"] }, a: 1 },
      { _id: 1, a: 1, sum: 3 },
    ],
    [
      { "b.e": "$a", a: 1 },
      { _id: 1, a: 1, b: { e: 1 } },
    ],
    [{}, doc],
  ])("%j keeps the document's field order and gives %j", (spec, expected) => {
    expect(text(compileProjection(docOf(spec))(docOf(doc)))).toBe(JSON.stringify(expected));
  });

  test("keeps the element that matched for the positional operator", () => {
    const filter = compileFilter(docOf({ "list.x": 2 }));
    expect(text(compileProjection(docOf({ "list.$": 1 }), filter)(docOf(doc)))).toBe(
      '{"_id":1,"list":[{"x":2,"y":2}]}',
    );
  });

  test.each<[object, number]>([
    [{ a: 1, b: 0 }, 31254],
    [{ a: 0, b: 1 }, 31253],
    [{ a: 1, "a.b": 1 }, 31249],
    [{ "a.b": 1, a: 1 }, 31250],
  ])("%j is refused with code %s", (spec, code) => {
    expect(() => compileProjection(docOf(spec))).toThrow(expect.objectContaining({ code }));
  });
});

describe("a sort", () => {
  const sorted = (spec: object, docs: object[], collation?: Doc): unknown[] =>
    docs
      .map(docOf)
      .sort(compileSort(docOf(spec), collation))
      .map((one) => one.get("_id"));

  test("uses the least element of an array ascending and the greatest descending", () => {
    const docs = [
      { _id: 1, x: [5, 9] },
      { _id: 2, x: 6 },
      { _id: 3, x: [1, 10] },
    ];
    expect(sorted({ x: 1 }, docs)).toEqual([3, 1, 2]);
    expect(sorted({ x: -1 }, docs)).toEqual([3, 1, 2]);
  });

  test("puts an empty array below null, and a missing field with null", () => {
    const docs = [{ _id: 1, x: 0 }, { _id: 2, x: null }, { _id: 3 }, { _id: 4, x: [] }];
    expect(sorted({ x: 1, _id: 1 }, docs)).toEqual([4, 2, 3, 1]);
  });

  test("orders by worth across number types, and by several fields", () => {
    const docs = [
      { _id: 1, x: 10n },
      { _id: 2, x: 9 },
      { _id: 3, x: 9.5 },
      { _id: 4, x: 9n },
    ];
    expect(sorted({ x: 1, _id: -1 }, docs)).toEqual([4, 2, 3, 1]);
  });

  test("goes into documents in arrays", () => {
    const docs = [
      { _id: 1, a: [{ b: 3 }, { b: 8 }] },
      { _id: 2, a: { b: 5 } },
      { _id: 3, a: [] },
    ];
    expect(sorted({ "a.b": 1 }, docs)).toEqual([3, 1, 2]);
    expect(sorted({ "a.b": -1 }, docs)).toEqual([1, 2, 3]);
  });

  test("follows a collation", () => {
    const docs = [
      { _id: 1, x: "b" },
      { _id: 2, x: "A" },
      { _id: 3, x: "a" },
    ];
    expect(sorted({ x: 1, _id: 1 }, docs, docOf({ locale: "en", strength: 2 }))).toEqual([2, 3, 1]);
  });

  test("refuses a direction that is none", () => {
    expect(() => compileSort(docOf({ x: 2 }))).toThrow(expect.objectContaining({ code: 2 }));
    expect(() => compileSort(docOf({ x: { $meta: "textScore" } }))).toThrow("not implemented");
  });
});
