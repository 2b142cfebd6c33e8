import { numberedError, serverError } from "../errors";
import { Total, toWhole } from "../bson/numeric";
import type { Doc, Value } from "../bson/values";
import type { Comparator } from "../match/collation";
import { compileSortBy } from "../match/sort";
import { ValueMap } from "../match/value-map";
import { Deviation } from "./deviation";
import { readPercentile } from "./percentile";
import { compileExpression, type Evaluator, type Scope } from "./expression";
import { isNullish } from "./operators/builder";

/** Gathers the values of one group. */
export interface Accumulator {
  add(value: Value | undefined, scope: Scope): void;
  result(): Value;
}

/** One computed field of `$group`. */
export interface GroupField {
  readonly name: string;
  readonly evaluate: Evaluator;
  create(): Accumulator;
}

class Extreme implements Accumulator {
  private best: Value | undefined;

  constructor(
    private readonly sign: 1 | -1,
    private readonly order: Comparator,
  ) {}

  add(value: Value | undefined): void {
    if (isNullish(value)) return;
    if (this.best === undefined || this.sign * this.order(value, this.best) > 0) this.best = value;
  }

  result(): Value {
    return this.best ?? null;
  }
}

class Pick implements Accumulator {
  private value: Value = null;
  private isSet = false;

  constructor(private readonly keepsFirst: boolean) {}

  add(value: Value | undefined): void {
    if (this.isSet && this.keepsFirst) return;
    this.value = value ?? null;
    this.isSet = true;
  }

  result(): Value {
    return this.value;
  }
}

class SetOfValues implements Accumulator {
  private readonly set: ValueMap<true>;

  constructor(order: Comparator) {
    this.set = new ValueMap(order);
  }

  add(value: Value | undefined): void {
    if (value !== undefined) this.set.add(value, true);
  }

  result(): Value {
    return this.set.values();
  }
}

function collecting(finish: (items: Value[]) => Value, keepsMissing: boolean): Accumulator {
  const items: Value[] = [];
  return {
    add(value) {
      if (value !== undefined) items.push(value);
      else if (keepsMissing) items.push(null);
    },
    result: () => finish(items),
  };
}

function totalling(finish: (total: Total) => Value): Accumulator {
  const total = new Total();
  return { add: (value) => total.add(value), result: () => finish(total) };
}

function merging(): Accumulator {
  const merged: Doc = new Map();
  return {
    add(value) {
      if (isNullish(value)) return;
      if (!(value instanceof Map)) throw numberedError(40400, "$mergeObjects requires object inputs");
      for (const [name, field] of value) merged.set(name, field);
    },
    result: () => merged,
  };
}

const SIMPLE: Readonly<Record<string, (order: Comparator) => Accumulator>> = {
  $sum: () => totalling((total) => total.result()),
  $avg: () => totalling((total) => total.average()),
  $min: (order) => new Extreme(-1, order),
  $max: (order) => new Extreme(1, order),
  $first: () => new Pick(true),
  $last: () => new Pick(false),
  $push: () => collecting((items) => items, false),
  $addToSet: (order) => new SetOfValues(order),
  $mergeObjects: merging,
  $stdDevPop: () => new Deviation(false),
  $stdDevSamp: () => new Deviation(true),
};

/** Compiles one field of `$group` (or of `$bucket`): a name and a document with one accumulator. */
export function compileGroupField(name: string, spec: Value, order: Comparator): GroupField {
  if (name.includes(".")) throw numberedError(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith("$")) throw numberedError(40236, `The field name '${name}' cannot be an operator name`);
  if (!(spec instanceof Map)) throw numberedError(40234, `The field '${name}' must be an accumulator object`);
  const [operator, operand] = spec.entries().next().value ?? ["", null];
  if (spec.size !== 1) throw numberedError(40238, `The field '${name}' must specify one accumulator`);
  const create = Object.hasOwn(SIMPLE, operator) ? SIMPLE[operator] : undefined;
  if (create !== undefined) return { name, evaluate: compileExpression(operand, order), create: () => create(order) };
  return compileRareField(name, operator, operand, order);
}

function compileRareField(name: string, operator: string, operand: Value, order: Comparator): GroupField {
  switch (operator) {
    case "$count":
      if (!(operand instanceof Map) || operand.size > 0)
        throw serverError("TypeMismatch", "$count takes no arguments, i.e. $count:{}");
      return { name, evaluate: () => 1, create: () => totalling((total) => total.result()) };
    case "$percentile":
    case "$median": {
      const { input, create } = readPercentile(operator, operand);
      return { name, evaluate: compileExpression(input, order), create };
    }
    case "$firstN":
    case "$lastN":
    case "$minN":
    case "$maxN":
      return compileSeveral(name, operator, operand, order);
    case "$top":
    case "$bottom":
    case "$topN":
    case "$bottomN":
      return compileTop(name, operator, operand, order);
    default:
      throw numberedError(15952, `unknown group operator '${operator}'`);
  }
}

function readCount(operator: string, value: Value | undefined): number {
  const whole = value === undefined ? undefined : toWhole(value);
  if (whole === undefined || whole < 1n) {
    throw serverError("NotImplemented", `${operator} is implemented for a constant positive 'n' only`);
  }
  return Number(whole);
}

function compileSeveral(name: string, operator: string, operand: Value, order: Comparator): GroupField {
  if (!(operand instanceof Map)) throw numberedError(5787801, `specification must be an object; found ${operator}`);
  const count = readCount(operator, operand.get("n"));
  const finish: Readonly<Record<string, (items: Value[]) => Value[]>> = {
    $firstN: (items) => items.slice(0, count),
    $lastN: (items) => items.slice(-count),
    $minN: (items) =>
      items
        .filter((item) => item !== null)
        .sort(order)
        .slice(0, count),
    $maxN: (items) =>
      items
        .filter((item) => item !== null)
        .sort((a, b) => order(b, a))
        .slice(0, count),
  };
  const end = finish[operator] ?? ((items: Value[]) => items);
  const evaluate = compileExpression(operand.get("input") ?? null, order);
  return { name, evaluate, create: () => collecting(end, true) };
}

/** `$top` and its kin pick outputs by the order of the documents they came from. */
function compileTop(name: string, operator: string, operand: Value, order: Comparator): GroupField {
  const sortBy = operand instanceof Map ? operand.get("sortBy") : undefined;
  if (!(operand instanceof Map) || !(sortBy instanceof Map))
    throw numberedError(5788005, `${operator} needs 'sortBy' and 'output'`);
  const compareDocs = compileSortBy(sortBy, order);
  const isMany = operator.endsWith("N");
  const count = isMany ? readCount(operator, operand.get("n")) : 1;
  const isTop = operator.startsWith("$top");
  const create = (): Accumulator => {
    const rows: { root: Doc; value: Value }[] = [];
    return {
      add: (value, { root }) => void rows.push({ root, value: value ?? null }),
      result() {
        rows.sort((a, b) => compareDocs(a.root, b.root));
        const picked = (isTop ? rows.slice(0, count) : rows.slice(-count)).map((row) => row.value);
        return isMany ? picked : (picked[0] ?? null);
      },
    };
  };
  return { name, evaluate: compileExpression(operand.get("output") ?? null, order), create };
}
