import { serverError } from "../errors";
import { isArrayIndex } from "../bson/path";
import { toWhole } from "../bson/numeric";
import { BSON_UNDEFINED, type Doc, type Value } from "../bson/values";
import { type Comparator, compileCollation } from "./collation";

/** Orders two documents. */
export type DocOrder = (a: Doc, b: Doc) => number;

/**
 * Compiles a sort specification. A field that holds an array sorts by its least element ascending and by its greatest descending; an empty array stands below null,
 * and a missing field with null.
 * Throws: BadValue for a malformed specification, NotImplemented for `$meta`.
 */
export function compileSort(spec: Doc, collation?: Doc): DocOrder {
  return compileSortBy(spec, compileCollation(collation));
}

/** Compiles a sort specification whose values compare in the given order. */
export function compileSortBy(spec: Doc, order: Comparator): DocOrder {
  const parts = [...spec].map(([path, direction]) => compilePart(path, direction, order));
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return (a, b) => {
    for (const part of parts) {
      const result = part(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function compilePart(path: string, direction: Value, order: Comparator): DocOrder {
  if (direction instanceof Map) {
    if (direction.has("$meta")) throw serverError("NotImplemented", "Sorting by $meta is not implemented");
    throw serverError("BadValue", `Illegal key in $sort specification: ${path}`);
  }
  const given = toWhole(direction);
  if (given !== 1n && given !== -1n)
    throw serverError("BadValue", "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
  if (path === "" || path.split(".").includes(""))
    throw serverError("BadValue", "FieldPath field names may not be empty strings.");
  const sign = given === 1n ? 1 : -1;
  const read = sortKeyReader(path, sign, order);
  return (a, b) => sign * order(read(a), read(b));
}

function sortKeyReader(path: string, sign: 1 | -1, order: Comparator): (doc: Doc) => Value {
  if (!path.includes(".")) {
    return (doc) => {
      const value = doc.get(path);
      return Array.isArray(value) ? extreme(value, sign, order) : (value ?? null);
    };
  }
  const parts = path.split(".");
  return (doc) => {
    const found: Value[] = [];
    collect(doc, parts, 0, found);
    return found.length === 0 ? null : extreme(found, sign, order);
  };
}

function extreme(items: readonly Value[], sign: 1 | -1, order: Comparator): Value {
  const [first] = items;
  if (first === undefined) return BSON_UNDEFINED;
  let best = first;
  for (const item of items) if (sign * order(item, best) < 0) best = item;
  return best;
}

/** Collects every key an index on the path would hold for the document. */
function collect(value: Value | undefined, path: readonly string[], at: number, found: Value[]): void {
  if (at === path.length) {
    if (!Array.isArray(value)) found.push(value ?? null);
    else if (value.length === 0) found.push(BSON_UNDEFINED);
    else found.push(...value);
    return;
  }
  const component = path[at] ?? "";
  if (value instanceof Map) collect(value.get(component), path, at + 1, found);
  else if (!Array.isArray(value) || value.length === 0) found.push(null);
  else if (isArrayIndex(component) && Number(component) < value.length)
    collect(value[Number(component)], path, at + 1, found);
  else for (const item of value) collect(item instanceof Map ? item : undefined, path, at, found);
}
