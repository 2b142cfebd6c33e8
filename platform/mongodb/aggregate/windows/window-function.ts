import { serverError } from "../../errors";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { compileGroupField } from "../accumulators";
import type { Scope } from "../expression";
import { checkNames } from "../operators/builder";
import { compileOrderFunction, ORDER_FUNCTIONS } from "./order-functions";
import { compileSeriesFunction, SERIES_FUNCTIONS } from "./series-functions";
import { compileFrame } from "./window-frame";

/** The documents of one partition in their order, and the value that each is sorted by when there is just one. */
export interface Partition {
  readonly scopes: readonly Scope[];
  readonly sortValues: readonly Value[];
  /** Tells whether a document stands level with the one before it. */
  isTied(place: number): boolean;
}

/** The order of the documents, and that of values. */
export interface WindowOrder {
  readonly sortBy: Doc | undefined;
  readonly order: Comparator;
}

/** Computes one output of a partition: a value for each of its documents, in order. */
export type WindowFunction = (partition: Partition) => (Value | undefined)[];

const ACCUMULATORS = new Set([
  "$addToSet",
  "$avg",
  "$bottom",
  "$bottomN",
  "$count",
  "$first",
  "$firstN",
  "$last",
  "$lastN",
  "$max",
  "$maxN",
  "$min",
  "$median",
  "$minN",
  "$percentile",
  "$push",
  "$stdDevPop",
  "$stdDevSamp",
  "$sum",
  "$top",
  "$topN",
]);

/** Compiles one output of `$setWindowFields`. Throws: FailedToParse for a function that is not known. */
export function compileWindowFunction(name: string, spec: Value, { sortBy, order }: WindowOrder): WindowFunction {
  if (!(spec instanceof Map)) throw serverError("FailedToParse", `The field '${name}' must be an object`);
  const operator = [...spec.keys()].find((key) => key.startsWith("$"));
  if (operator === undefined) throw serverError("FailedToParse", "Expected a $-prefixed window function");
  checkNames("the window function", spec, [operator], ["window"]);
  const operand = spec.get(operator) ?? null;
  if (Object.hasOwn(ORDER_FUNCTIONS, operator)) {
    if (spec.has("window")) throw serverError("FailedToParse", `${operator} does not accept a 'window' field`);
    return compileOrderFunction(operator, operand, { sortBy, order });
  }
  const frame = compileFrame(spec.get("window"), sortBy);
  if (Object.hasOwn(SERIES_FUNCTIONS, operator))
    return compileSeriesFunction(operator, operand, frame, { sortBy, order });
  if (!ACCUMULATORS.has(operator)) throw serverError("FailedToParse", `Unrecognized window function, ${operator}`);
  // A window function may stand at a path, which the name of a group's field may not.
  const field = compileGroupField("value", new Map([[operator, operand]]), order);
  return ({ scopes, sortValues }) => {
    const spans = frame.spans(sortValues);
    let gathered = field.create();
    let done = 0;
    return spans.map(({ start, end }) => {
      if (!frame.grows) {
        gathered = field.create();
        done = start;
      }
      for (; done < end; done += 1) {
        const scope = scopes[done];
        if (scope !== undefined) gathered.add(field.evaluate(scope), scope);
      }
      const result = gathered.result();
      // The accumulator goes on gathering into the array that it has handed out.
      return Array.isArray(result) ? [...result] : result;
    });
  };
}
