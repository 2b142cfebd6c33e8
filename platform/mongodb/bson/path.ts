import { serverError } from "../errors";
import { BSON_UNDEFINED, type Doc, type Value } from "./values";

const INDEX = /^(?:0|[1-9]\d*)$/;

/** Tells whether a path component can name an array element. */
export function isArrayIndex(component: string): boolean {
  return INDEX.test(component);
}

/** Follows a dotted path through documents, and into arrays by number only; `undefined` when the path leads nowhere. */
export function lookup(doc: Doc, path: string): Value | undefined {
  if (!path.includes(".")) return doc.get(path);
  let current: Value | undefined = doc;
  for (const component of path.split(".")) {
    if (current instanceof Map) current = current.get(component);
    else if (Array.isArray(current) && isArrayIndex(component)) current = current[Number(component)];
    else return undefined;
  }
  return current;
}

/** What an index holds for one document; `multikey` once an array was expanded. */
export interface IndexKeys {
  readonly keys: (Value | undefined)[][];
  readonly multikey: boolean;
}

interface Pending {
  /** What the path has reached: a value when `rest` is undefined, else an array that still has to be expanded. */
  readonly value: Value | undefined;
  readonly rest?: readonly string[];
}

/**
 * Lists the index keys of a document: one, or one per element of the array that the indexed paths go through. An empty array gives the type `undefined`, a missing
 * field gives `undefined` (a missing value). Keys may repeat.
 * Throws: CannotIndexParallelArrays when two paths go through different arrays.
 */
export function indexKeys(doc: Doc, fields: readonly string[]): IndexKeys {
  const keys: (Value | undefined)[][] = [];
  const start = fields.map((field) => (field.includes(".") ? advance(doc, field.split(".")) : leaf(doc.get(field))));
  const multikey = expand(start, fields, keys);
  return { keys, multikey };
}

function leaf(value: Value | undefined): Pending {
  return Array.isArray(value) ? { value, rest: [] } : { value };
}

/** Walks a path until it ends or meets an array that has to be expanded. */
function advance(from: Value | undefined, path: readonly string[]): Pending {
  let current = from;
  for (let index = 0; index < path.length; index++) {
    const component = path[index] ?? "";
    if (current instanceof Map) current = current.get(component);
    else if (!Array.isArray(current)) return { value: undefined };
    else if (isArrayIndex(component) && Number(component) < current.length) current = current[Number(component)];
    else return { value: current, rest: path.slice(index) };
  }
  return leaf(current);
}

function expand(pending: readonly Pending[], fields: readonly string[], keys: (Value | undefined)[][]): boolean {
  const through = pending.filter((one) => one.rest !== undefined);
  const [first] = through;
  if (first === undefined) {
    keys.push(pending.map((one) => one.value));
    return false;
  }
  const array = first.value;
  const parallel = pending.findIndex((one) => one.rest !== undefined && one.value !== array);
  if (parallel >= 0) {
    const name = fields[pending.indexOf(first)];
    throw serverError("CannotIndexParallelArrays", `cannot index parallel arrays [${fields[parallel]}] [${name}]`);
  }
  const items = Array.isArray(array) ? array : [];
  if (items.length === 0) expand(pending.map(emptied), fields, keys);
  for (const item of items)
    expand(
      pending.map((one) => stepped(one, item)),
      fields,
      keys,
    );
  return true;
}

function emptied(one: Pending): Pending {
  if (one.rest === undefined) return one;
  return { value: one.rest.length === 0 ? BSON_UNDEFINED : undefined };
}

/** Arrays directly inside arrays are not expanded again: they are values at the end of a path, and dead ends before it. */
function stepped(one: Pending, item: Value): Pending {
  if (one.rest === undefined) return one;
  if (one.rest.length === 0) return { value: item };
  return item instanceof Map ? advance(item, one.rest) : { value: undefined };
}
