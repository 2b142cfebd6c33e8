import { numberedError } from "../../errors";
import { toWhole, Total } from "../../bson/numeric";
import { compare } from "../../bson/order";
import { typeNameOf } from "../../bson/types";
import type { Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { compileSortBy } from "../../match/sort";
import { Deviation } from "../deviation";
import { readPercentile } from "../percentile";
import { isTruthy } from "../truth";
import {
  type Builder,
  checkNames,
  comparing,
  type Compile,
  type Evaluator,
  fixed,
  isNullish,
  type Scope,
  withVariables,
} from "./builder";
import { assertVariableName } from "./comparison";

interface Loop {
  readonly input: Evaluator;
  readonly name: string;
  part(key: string): Evaluator | undefined;
}

function readLoop(
  operator: string,
  operand: Value,
  required: readonly string[],
  optional: readonly string[],
  compile: Compile,
): Loop {
  if (!(operand instanceof Map)) throw numberedError(16878, `${operator} only supports an object as its argument`);
  checkNames(operator, operand, ["input", ...required], optional);
  const name = operand.get("as") ?? "this";
  if (typeof name !== "string") throw numberedError(16866, `${operator}: 'as' must be a string`);
  assertVariableName(name);
  const part = (key: string): Evaluator | undefined => {
    const value = operand.get(key);
    return value === undefined ? undefined : compile(value);
  };
  return { input: compile(operand.get("input") ?? null), name, part };
}

function itemsOf(operator: string, code: number, value: Value | undefined): readonly Value[] | undefined {
  if (isNullish(value)) return undefined;
  if (!Array.isArray(value))
    throw numberedError(code, `input to ${operator} must be an array not ${typeNameOf(value)}`);
  return value;
}

const absent: Evaluator = () => undefined;

const buildMap: Builder = (operand, compile) => {
  const loop = readLoop("$map", operand, ["in"], ["as"], compile);
  const inner = loop.part("in") ?? absent;
  return (scope) => {
    const items = itemsOf("$map", 16883, loop.input(scope));
    if (items === undefined) return null;
    return items.map((item) => inner(withVariables(scope, [[loop.name, item]])) ?? null);
  };
};

const buildFilter: Builder = (operand, compile) => {
  const loop = readLoop("$filter", operand, ["cond"], ["as", "limit"], compile);
  const condition = loop.part("cond") ?? absent;
  const limit = loop.part("limit");
  return (scope) => {
    const items = itemsOf("$filter", 28651, loop.input(scope));
    if (items === undefined) return null;
    const most = readLimit(limit?.(scope));
    const kept: Value[] = [];
    for (const item of items) {
      if (kept.length >= most) break;
      if (isTruthy(condition(withVariables(scope, [[loop.name, item]])))) kept.push(item);
    }
    return kept;
  };
};

function readLimit(value: Value | undefined): number {
  if (isNullish(value)) return Infinity;
  const whole = toWhole(value);
  if (whole === undefined || whole < 1n) throw numberedError(327391, "$filter: limit must be greater than 0");
  return Number(whole);
}

const buildReduce: Builder = (operand, compile) => {
  const loop = readLoop("$reduce", operand, ["initialValue", "in"], [], compile);
  const start = loop.part("initialValue") ?? absent;
  const inner = loop.part("in") ?? absent;
  return (scope) => {
    const items = itemsOf("$reduce", 40080, loop.input(scope));
    if (items === undefined) return null;
    let value = start(scope);
    for (const item of items)
      value = inner(
        withVariables(scope, [
          ["this", item],
          ["value", value],
        ]),
      );
    return value;
  };
};

const buildSortArray: Builder = (operand, compile) => {
  const loop = readLoop("$sortArray", operand, ["sortBy"], [], compile);
  const sortBy = operand instanceof Map ? operand.get("sortBy") : undefined;
  const order = elementOrder(sortBy, compile.order);
  return (scope) => {
    const items = itemsOf("$sortArray", 2942504, loop.input(scope));
    return items === undefined ? null : items.toSorted(order);
  };
};

/** Builds the order of array elements from a direction, or from a sort document for elements that are documents. */
export function elementOrder(sortBy: Value | undefined, order: Comparator = compare): (a: Value, b: Value) => number {
  if (sortBy instanceof Map) {
    const compareDocs = compileSortBy(sortBy, order);
    const empty = new Map<string, Value>();
    return (a, b) => compareDocs(a instanceof Map ? a : empty, b instanceof Map ? b : empty);
  }
  const direction = toWhole(sortBy);
  if (direction !== 1n && direction !== -1n) throw numberedError(2942507, "The sort direction must be 1 or -1");
  const sign = Number(direction);
  return (a, b) => sign * order(a, b);
}

/** A fold may be given one array, or its values as arguments. */
function folding(fold: (values: readonly (Value | undefined)[]) => Value): Builder {
  return (operand, compile) => {
    const parts = (Array.isArray(operand) ? operand : [operand]).map(compile);
    const [only] = parts;
    if (only === undefined || parts.length > 1) return (scope: Scope) => fold(parts.map((part) => part(scope)));
    return (scope) => {
      const value = only(scope);
      return fold(Array.isArray(value) ? value : [value]);
    };
  };
}

function total(values: readonly (Value | undefined)[]): Total {
  const sum = new Total();
  for (const value of values) sum.add(value);
  return sum;
}

function extreme(values: readonly (Value | undefined)[], sign: 1 | -1, order: Comparator): Value {
  let best: Value | undefined;
  for (const value of values) {
    if (!isNullish(value) && (best === undefined || sign * order(value, best) > 0)) best = value;
  }
  return best ?? null;
}

function deviation(values: readonly (Value | undefined)[], isSample: boolean): Value {
  const gathered = new Deviation(isSample);
  for (const value of values) gathered.add(value);
  return gathered.result();
}

function percentile(name: string): Builder {
  return (operand, compile) => {
    const { input, create } = readPercentile(name, operand);
    const evaluate = compile(input);
    return (scope) => {
      const gathered = create();
      const value = evaluate(scope);
      for (const one of Array.isArray(value) ? value : [value]) gathered.add(one);
      return gathered.result();
    };
  };
}

/** Loops over arrays, and folds. */
export const ITERATION: Readonly<Record<string, Builder>> = {
  $map: buildMap,
  $filter: buildFilter,
  $reduce: buildReduce,
  $sortArray: buildSortArray,
  $sum: folding((values) => total(values).result()),
  $avg: folding((values) => total(values).average()),
  $stdDevPop: folding((values) => deviation(values, false)),
  $stdDevSamp: folding((values) => deviation(values, true)),
  $min: comparing((order) => folding((values) => extreme(values, -1, order))),
  $max: comparing((order) => folding((values) => extreme(values, 1, order))),
  $percentile: percentile("$percentile"),
  $median: percentile("$median"),
  $isNumber: fixed("$isNumber", 1, 1, ([value]) => ["int", "long", "double", "decimal"].includes(typeNameOf(value))),
  $type: fixed("$type", 1, 1, ([value]) => typeNameOf(value)),
};
