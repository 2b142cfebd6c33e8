import { indexKeys, lookup } from "../../../../platform/mongodb/bson/path";
import { BSON_UNDEFINED, docOf, plainValueOf, type Value } from "../../../../platform/mongodb/bson/values";

const plain = (keys: readonly (readonly (Value | undefined)[])[]): unknown =>
  keys.map((key) => key.map((value) => (value === undefined ? undefined : plainValueOf(value))));

test.each<[doc: object, fields: string[], keys: unknown[][], multikey: boolean]>([
  [{ a: 1, b: "x" }, ["a", "b"], [[1, "x"]], false],
  [{}, ["a"], [[undefined]], false],
  [{ a: { b: 1 } }, ["a.b"], [[1]], false],
  [{ a: 5 }, ["a.b"], [[undefined]], false],
  [
    { a: [1, 2], b: 3 },
    ["a", "b"],
    [
      [1, 3],
      [2, 3],
    ],
    true,
  ],
  [
    { a: [{ b: 1, c: 2 }, { b: 3 }] },
    ["a.b", "a.c"],
    [
      [1, 2],
      [3, undefined],
    ],
    true,
  ],
  [{ a: [[1, 2], 3] }, ["a"], [[[1, 2]], [3]], true],
  [{ a: [] }, ["a"], [[BSON_UNDEFINED]], true],
  [{ a: [] }, ["a.b"], [[undefined]], true],
  [{ a: [1, { b: 2 }] }, ["a.b"], [[undefined], [2]], true],
  [{ a: [{ b: [1, 2] }] }, ["a.b"], [[1], [2]], true],
  [{ a: [7, 8] }, ["a.1"], [[8]], false],
])("the index keys of %j on %j are %j", (doc, fields, keys, multikey) => {
  const result = indexKeys(docOf(doc), fields);
  expect(plain(result.keys)).toEqual(keys);
  expect(result.multikey).toBe(multikey);
});

test("two arrays in one key are refused", () => {
  expect(() => indexKeys(docOf({ a: [1], b: [2] }), ["a", "b"])).toThrow(
    expect.objectContaining({ code: 171, message: "cannot index parallel arrays [b] [a]" }),
  );
});

test("a path is followed through documents, and into arrays by number", () => {
  const doc = docOf({ a: { b: [{ c: 1 }] } });
  expect(lookup(doc, "a.b.0.c")).toBe(1);
  expect(lookup(doc, "a.b.c")).toBeUndefined();
  expect(lookup(doc, "a.b.0.c.d")).toBeUndefined();
});
