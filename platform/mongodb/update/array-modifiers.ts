import { elementOrder } from "../aggregate/operators/iteration";
import { serverError } from "../errors";
import { toWhole } from "../bson/numeric";
import { show } from "../bson/show";
import { typeNameOf } from "../bson/types";
import type { Doc, Value } from "../bson/values";
import type { Comparator } from "../match/collation";
import { compileElementTest } from "../match/compile-filter";
import { distinctBy } from "../match/value-map";
import type { ModifierBuilder } from "./modifiers";
import type { Modifier } from "./update-tree";

function simple(build: (operand: Value, path: string, order: Comparator) => Modifier): ModifierBuilder {
  return (path, operand, order) => [{ path, modifier: build(operand, path, order) }];
}

interface PushPlan {
  readonly items: readonly Value[];
  readonly position: number | undefined;
  readonly order: ((a: Value, b: Value) => number) | undefined;
  readonly slice: number | undefined;
}

const PUSH_CLAUSES = new Set(["$each", "$position", "$slice", "$sort"]);

function parsePush(operand: Value, order: Comparator): PushPlan {
  if (!(operand instanceof Map) || !operand.has("$each")) {
    return { items: [operand], position: undefined, order: undefined, slice: undefined };
  }
  for (const name of operand.keys()) {
    if (!PUSH_CLAUSES.has(name)) throw serverError("BadValue", `Unrecognized clause in $push: ${name}`);
  }
  return {
    items: requireEach("$push", operand.get("$each")),
    position: readClause(operand, "$position"),
    order: readOrder(operand.get("$sort"), order),
    slice: readClause(operand, "$slice"),
  };
}

function requireEach(name: string, value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value;
  const code = name === "$push" ? "BadValue" : "TypeMismatch";
  throw serverError(code, `The argument to $each in ${name} must be an array but it was of type ${typeNameOf(value)}`);
}

function readClause(operand: Doc, name: string): number | undefined {
  const value = operand.get(name);
  if (value === undefined) return undefined;
  const whole = toWhole(value);
  if (whole === undefined)
    throw serverError(
      "BadValue",
      `The value for ${name} must be an integer value but was given type: ${typeNameOf(value)}`,
    );
  return Number(whole);
}

function readOrder(sort: Value | undefined, order: Comparator): PushPlan["order"] {
  if (sort === undefined) return undefined;
  if (sort instanceof Map ? sort.size === 0 : toWhole(sort) === undefined) {
    throw serverError(
      "BadValue",
      "The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields",
    );
  }
  return elementOrder(sort, order);
}

const push = simple((operand, _path, order) => {
  const plan = parsePush(operand, order);
  return {
    creates: true,
    apply(current = [], { root }, path) {
      if (!Array.isArray(current)) {
        throw serverError(
          "BadValue",
          `The field '${path}' must be an array but is of type ${typeNameOf(current)} in document {_id: ${show(root.get("_id"))}}`,
        );
      }
      return pushed(current, plan);
    },
  };
});

function pushed(current: readonly Value[], { items, position, order, slice }: PushPlan): Value[] {
  const result = [...current];
  if (position === undefined) result.push(...items);
  else result.splice(position, 0, ...items);
  if (order !== undefined) result.sort(order);
  if (slice === undefined) return result;
  if (slice === 0) return [];
  return slice > 0 ? result.slice(0, slice) : result.slice(slice);
}

const addToSet = simple((operand, _path, order) => {
  const isEach = operand instanceof Map && operand.has("$each");
  if (isEach && operand.size > 1) throw serverError("BadValue", "Found unexpected fields after $each in $addToSet");
  const items = isEach ? requireEach("$addToSet", operand.get("$each")) : [operand];
  return {
    creates: true,
    apply(current = [], _context, path) {
      if (!Array.isArray(current)) {
        throw serverError(
          "BadValue",
          `Cannot apply $addToSet to non-array field. Field named '${path}' has non-array type ${typeNameOf(current)}`,
        );
      }
      return withMissing(current, items, order);
    },
  };
});

function withMissing(current: readonly Value[], items: readonly Value[], order: Comparator): Value[] {
  const known = distinctBy(current, order);
  const result = [...current];
  for (const item of items) {
    if (!known.has(item)) result.push(item);
    known.add(item, true);
  }
  return result;
}

const pop = simple((operand, path) => {
  const end = toWhole(operand);
  if (end !== 1n && end !== -1n) {
    throw serverError("FailedToParse", `$pop expects 1 or -1, found: ${show(operand)} in '${path}'`);
  }
  return {
    creates: false,
    apply(current, _context, at) {
      if (current === undefined) return undefined;
      if (!Array.isArray(current)) {
        throw serverError(
          "TypeMismatch",
          `Path '${at}' contains an element of non-array type '${typeNameOf(current)}'`,
        );
      }
      return end === 1n ? current.slice(0, -1) : current.slice(1);
    },
  };
});

function pulling(name: string, isPulled: (item: Value) => boolean): Modifier {
  return {
    creates: false,
    apply(current) {
      if (current === undefined) return undefined;
      if (!Array.isArray(current)) throw serverError("BadValue", `Cannot apply ${name} to a non-array value`);
      return current.filter((item) => !isPulled(item));
    },
  };
}

const pull = simple((operand, _path, order) => pulling("$pull", compileElementTest(operand, order)));

const pullAll = simple((operand, _path, order) => {
  if (!Array.isArray(operand)) {
    throw serverError("BadValue", `$pullAll requires an array argument but was given a ${typeNameOf(operand)}`);
  }
  return pulling("$pullAll", (item) => operand.some((one) => order(one, item) === 0));
});

/** The operators that change arrays. */
export const ARRAY_MODIFIERS: Readonly<Record<string, ModifierBuilder>> = {
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
};
