import { serverError } from "../errors";
import { BSONRegExp, type Doc, type Value } from "../bson/values";
import { isOperatorDoc } from "../match/conditions";

/**
 * Lists the equalities that every matching document fulfils, by path: what an upsert puts into the new document.
 * Throws: NotSingleValueField when a path is given two values, or one path lies inside another.
 */
export function equalitiesOf(filter: Doc): Map<string, Value> {
  const found = new Map<string, Value>();
  collect(filter, found);
  for (const path of found.keys()) {
    for (const other of found.keys()) {
      if (other.startsWith(`${path}.`)) throw ambiguous(other);
    }
  }
  return found;
}

function ambiguous(path: string): Error {
  return serverError("NotSingleValueField", `cannot infer query fields to set, path '${path}' is matched twice`);
}

function collect(filter: Doc, found: Map<string, Value>): void {
  for (const [path, operand] of filter) {
    if (path === "$and" || path === "$or") {
      const parts = Array.isArray(operand) ? operand : [];
      // Of several alternatives none is certain.
      if (path === "$or" && parts.length > 1) continue;
      for (const part of parts) if (part instanceof Map) collect(part, found);
    } else if (!path.startsWith("$")) {
      for (const value of valuesOf(operand)) {
        if (found.has(path)) throw ambiguous(path);
        found.set(path, value);
      }
    }
  }
}

function valuesOf(operand: Value): Value[] {
  if (operand instanceof BSONRegExp) return [];
  if (!isOperatorDoc(operand)) return [operand];
  const equal = operand.get("$eq");
  const all = operand.get("$all");
  const [only] = Array.isArray(all) && all.length === 1 ? all : [];
  const values = equal === undefined ? [] : [equal];
  if (only !== undefined && !(only instanceof BSONRegExp) && !isOperatorDoc(only)) values.push(only);
  return values;
}

/** Builds the document an upsert starts from; dotted paths become documents. */
export function seedOf(filter: Doc): Doc {
  const seed: Doc = new Map();
  for (const [path, value] of equalitiesOf(filter)) setPath(seed, path.split("."), value);
  return seed;
}

function setPath(doc: Doc, parts: readonly string[], value: Value): void {
  let at = doc;
  for (const part of parts.slice(0, -1)) {
    const known = at.get(part);
    const next: Doc = known instanceof Map ? known : new Map();
    at.set(part, next);
    at = next;
  }
  at.set(parts.at(-1) ?? "", value);
}
