import * as fc from "fast-check";
import { isIdentical } from "../../../../platform/mongodb/bson/identical";
import { type Doc, docOf, plainOf, type Value } from "../../../../platform/mongodb/bson/values";
import { describeChange } from "../../../../platform/mongodb/update/diff";

test.each<[before: object, after: object, change: object]>([
  [{ a: 1 }, { a: 2 }, { updatedFields: { a: 2 }, removedFields: [], truncatedArrays: [] }],
  [{ a: 1, b: 1 }, { a: 1 }, { updatedFields: {}, removedFields: ["b"], truncatedArrays: [] }],
  [
    { a: { b: 1, c: 2 } },
    { a: { b: 3 } },
    { updatedFields: { "a.b": 3 }, removedFields: ["a.c"], truncatedArrays: [] },
  ],
  [
    { a: [1, 2, 3] },
    { a: [1] },
    { updatedFields: {}, removedFields: [], truncatedArrays: [{ field: "a", newSize: 1 }] },
  ],
  [{ a: [1, 2] }, { a: [1, 5, 6] }, { updatedFields: { "a.1": 5, "a.2": 6 }, removedFields: [], truncatedArrays: [] }],
  [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, { updatedFields: { "a.0.b": 2 }, removedFields: [], truncatedArrays: [] }],
  [{ a: 1 }, { a: 1n }, { updatedFields: { a: 1n }, removedFields: [], truncatedArrays: [] }],
  [
    { a: { x: 1, y: 2 } },
    { a: { y: 2, x: 1 } },
    { updatedFields: { a: { y: 2, x: 1 } }, removedFields: [], truncatedArrays: [] },
  ],
])("the change from %j to %j is described as %j", (before, after, change) => {
  expect(plainOf(describeChange(docOf(before), docOf(after)).description)).toEqual(change);
});

test("paths that dots or digits make ambiguous are spelled out", () => {
  const before = docOf({ a: { "0": 1 } }).set("x.y", 1);
  const after = docOf({ a: { "0": 2 } }).set("x.y", 2);
  expect(plainOf(describeChange(before, after).disambiguatedPaths)).toEqual({ "a.0": ["a", "0"], "x.y": ["x.y"] });
});

function setAt(holder: Value | undefined, path: readonly string[], value: Value | undefined): void {
  const [name = "", ...rest] = path;
  if (Array.isArray(holder)) {
    if (rest.length > 0) setAt(holder[Number(name)], rest, value);
    else if (value !== undefined) holder[Number(name)] = value;
  } else if (holder instanceof Map) {
    if (rest.length > 0) setAt(holder.get(name), rest, value);
    else if (value === undefined) holder.delete(name);
    else holder.set(name, value);
  }
}

function clone(value: Value): Value {
  if (value instanceof Map) return new Map([...value].map(([name, inner]) => [name, clone(inner)]));
  return Array.isArray(value) ? value.map(clone) : value;
}

test("a description applied to the document before gives the document after", () => {
  const value = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Value>(1, 2, 1n, "a", null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc
        .uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), tie("value")), { selector: ([name]) => name })
        .map((pairs): Value => new Map(pairs)),
    ),
  })).value;
  // The top level keeps its order in an update, so the two documents have the same field there.
  const doc = value.map((inner): Doc => new Map([["d", inner]]));
  fc.assert(
    fc.property(doc, doc, (before, after) => {
      const change = plainOf(describeChange(before, after).description) as {
        removedFields: string[];
        truncatedArrays: { field: string; newSize: number }[];
      };
      const updated = describeChange(before, after).description.get("updatedFields");
      const result = clone(before);
      for (const path of change.removedFields) setAt(result, path.split("."), undefined);
      for (const { field, newSize } of change.truncatedArrays) {
        const found = field
          .split(".")
          .reduce<Value | undefined>(
            (at, name) => (at instanceof Map ? at.get(name) : Array.isArray(at) ? at[Number(name)] : undefined),
            result,
          );
        if (Array.isArray(found)) found.length = newSize;
      }
      if (updated instanceof Map) for (const [path, inner] of updated) setAt(result, path.split("."), inner);
      expect(isIdentical(result, after)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
