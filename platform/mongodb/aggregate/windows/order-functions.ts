import { numberedError, serverError } from "../../errors";
import { add, divide, multiply, subtract, toWhole } from "../../bson/numeric";
import { isNumeric, type Numeric } from "../../bson/types";
import { Decimal128, fromDouble, type Doc, type Value } from "../../bson/values";
import { toDouble } from "../../bson/numeric";
import type { Comparator } from "../../match/collation";
import { compileExpression, type Evaluator } from "../expression";
import { checkNames, isNullish } from "../operators/builder";
import type { Partition, WindowFunction, WindowOrder } from "./window-function";

type OrderFunction = (operand: Value, order: Comparator) => WindowFunction;

function requireEmpty(operator: string, operand: Value): void {
  if (!(operand instanceof Map) || operand.size > 0)
    throw numberedError(5371603, `${operator} must be specified with '{}' as the value`);
}

/** Numbers the documents; level ones share the number that `next` gives to the first of them. */
function ranking(operator: string, next: (last: number, place: number) => number): OrderFunction {
  return (operand) => {
    requireEmpty(operator, operand);
    return (partition) => {
      let rank = 0;
      return partition.scopes.map((_, place) => {
        if (place === 0 || !partition.isTied(place)) rank = next(rank, place);
        return BigInt(rank);
      });
    };
  };
}

const documentNumber: OrderFunction = (operand) => {
  requireEmpty("$documentNumber", operand);
  return ({ scopes }) => scopes.map((_, place) => BigInt(place + 1));
};

const shift: OrderFunction = (operand, order) => {
  if (!(operand instanceof Map)) throw serverError("FailedToParse", "Argument to $shift must be an object");
  checkNames("$shift", operand, ["output", "by"], ["default"]);
  const by = toWhole(operand.get("by"));
  if (by === undefined) throw serverError("FailedToParse", "'$shift:by' field must be an integer");
  const output = compileExpression(operand.get("output") ?? null, order);
  const fallback = compileExpression(operand.get("default") ?? null, order);
  return ({ scopes }) =>
    scopes.map((own, place) => {
      const other = scopes[place + Number(by)];
      return (other === undefined ? fallback(own) : output(other)) ?? null;
    });
};

const DECIMAL_ONE = Decimal128.fromString("1");

/** Reads the weight of the newest value: `alpha` itself, or 2 / (N + 1). */
function readWeight(operand: Doc): Numeric {
  const alpha = operand.get("alpha");
  const count = operand.get("N");
  if ((alpha === undefined) === (count === undefined))
    throw serverError("FailedToParse", "$expMovingAvg requires exactly one of 'N' and 'alpha'");
  if (count !== undefined) {
    const whole = toWhole(count);
    if (whole === undefined || whole < 1n)
      throw serverError("FailedToParse", "'N' field must be an integer greater than zero");
    return divide(Decimal128.fromString("2"), Decimal128.fromString(String(whole + 1n)));
  }
  if (!isNumeric(alpha) || !(toDouble(alpha) > 0 && toDouble(alpha) < 1))
    throw serverError("FailedToParse", "'alpha' must be between 0 and 1 (exclusive)");
  return multiply(DECIMAL_ONE, alpha);
}

const movingAverage: OrderFunction = (operand, order) => {
  if (!(operand instanceof Map)) throw serverError("FailedToParse", "$expMovingAvg must have an object");
  checkNames("$expMovingAvg", operand, ["input"], ["N", "alpha"]);
  const weight = readWeight(operand);
  const rest = subtract(DECIMAL_ONE, weight);
  const input = compileExpression(operand.get("input") ?? null, order);
  return ({ scopes }) => {
    let last: Numeric | undefined;
    let isDecimal = false;
    return scopes.map((scope) => {
      const value = input(scope);
      if (!isNumeric(value)) return null;
      isDecimal ||= value instanceof Decimal128;
      // Reckoned in decimals, so that the rounding of doubles does not add up along the way.
      last = last === undefined ? value : add(multiply(value, weight), multiply(last, rest));
      return isDecimal ? last : fromDouble(toDouble(last));
    });
  };
};

const lastKnown: OrderFunction = (operand, order) => {
  const input = compileExpression(operand, order);
  return ({ scopes }) => {
    let known: Value = null;
    return scopes.map((scope) => {
      const value = input(scope);
      if (!isNullish(value)) known = value;
      return known;
    });
  };
};

/** Fills gaps on the straight line between the known values around them, along the value that the documents are sorted by. */
const linear: OrderFunction = (operand, order) => {
  const input = compileExpression(operand, order);
  return (partition) => {
    const values = readAll(partition, input);
    const known = values.flatMap((value, place) => (isNumeric(value) ? [place] : []));
    return values.map((value, place) => {
      if (!isNullish(value)) return value;
      const left = known.findLast((one) => one < place);
      const right = known.find((one) => one > place);
      if (left === undefined || right === undefined) return null;
      return between(partition, values, { left, place, right });
    });
  };
};

function readAll({ scopes }: Partition, input: Evaluator): (Value | undefined)[] {
  return scopes.map((scope) => {
    const value = input(scope);
    if (!isNullish(value) && !isNumeric(value))
      throw serverError("TypeMismatch", "Value to be filled must be numeric or nullish");
    return value;
  });
}

function between(
  { sortValues }: Partition,
  values: readonly (Value | undefined)[],
  at: { readonly left: number; readonly place: number; readonly right: number },
): Value {
  const [x1, x, x2] = [at.left, at.place, at.right].map((place) => position(sortValues[place]));
  const [y1, y2] = [values[at.left], values[at.right]];
  if (x1 === undefined || x === undefined || x2 === undefined || !isNumeric(y1) || !isNumeric(y2)) return null;
  const share = divide(subtract(x, x1), subtract(x2, x1));
  return add(y1, multiply(subtract(y2, y1), share));
}

function position(value: Value | undefined): Numeric {
  if (value instanceof Date) return BigInt(value.getTime());
  if (isNumeric(value)) return value;
  throw serverError("TypeMismatch", "Sort values for $linearFill must be numbers or dates");
}

/** The window functions that look at the order of the partition and take no window. */
export const ORDER_FUNCTIONS: Readonly<Record<string, OrderFunction>> = {
  $rank: ranking("$rank", (_, place) => place + 1),
  $denseRank: ranking("$denseRank", (last) => last + 1),
  $documentNumber: documentNumber,
  $shift: shift,
  $expMovingAvg: movingAverage,
  $locf: lastKnown,
  $linearFill: linear,
};

const ONE_KEY = new Set(["$rank", "$denseRank", "$linearFill"]);

/** Compiles one of them. Throws: 5371602 or 5371801 without the order that it needs. */
export function compileOrderFunction(operator: string, operand: Value, { sortBy, order }: WindowOrder): WindowFunction {
  if (sortBy === undefined)
    throw numberedError(5371602, `${operator} must be specified with a top level sortBy expression`);
  if (ONE_KEY.has(operator) && sortBy.size !== 1)
    throw numberedError(
      5371801,
      `${operator} must be specified with a top level sortBy expression with exactly one element`,
    );
  const build = ORDER_FUNCTIONS[operator];
  if (build === undefined) throw serverError("FailedToParse", `Unrecognized window function, ${operator}`);
  return build(operand, order);
}
