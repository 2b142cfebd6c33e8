import { serverError } from "../../errors";
import { indexKeys } from "../../bson/path";
import { BSONRegExp, type Doc, type Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { ValueMap } from "../../match/value-map";
import { readPath } from "../expression";

/** Finds the places of the documents whose field holds one of the values, in the order of the documents. */
export type ForeignIndex = (values: readonly Value[]) => number[];

/** Indexes documents by one field, as an index of the collection would. */
export function indexForeign(foreign: readonly Doc[], field: string, order: Comparator): ForeignIndex {
  const places = new ValueMap<number[]>(order);
  for (const [place, doc] of foreign.entries()) {
    for (const [value] of indexKeys(doc, [field]).keys) {
      const key = value ?? null;
      const known = places.get(key);
      if (known === undefined) places.add(key, [place]);
      else if (known.at(-1) !== place) known.push(place);
    }
  }
  return (values) => {
    const found = new Set<number>();
    for (const value of values) {
      if (value instanceof BSONRegExp)
        throw serverError("NotImplemented", "Joining by a regular expression is not implemented");
      for (const place of places.get(value) ?? []) found.add(place);
    }
    return [...found].sort((a, b) => a - b);
  };
}

/** Reads what a document is joined by: an array stands for its elements, a missing field for null. */
export function joinValues(doc: Doc, path: readonly string[]): readonly Value[] {
  return joinable(readPath(doc, path, 0));
}

/** Lists the values that a value is joined by. */
export function joinable(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value.flatMap((item) => (Array.isArray(item) ? item : [item]));
  return [value ?? null];
}
