import { numberedError, serverError } from "../../errors";
import { add, divide, multiply, subtract, toDouble } from "../../bson/numeric";
import { isNumeric, type Numeric, typeNameOf } from "../../bson/types";
import { fromDouble, type Value } from "../../bson/values";
import { compileExpression } from "../expression";
import { checkNames, isNullish } from "../operators/builder";
import { MILLIS_OF_UNIT } from "../operators/date-math";
import type { Frame } from "./window-frame";
import type { WindowFunction, WindowOrder } from "./window-function";

interface Point {
  readonly x: Numeric;
  readonly y: Numeric;
}

/** Computes one value of the points in a window. */
type Series = (points: readonly Point[]) => Value;

/** How much the input rises for each step of the order, from the first to the last document of the window. */
const derivative: Series = (points) => {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  const run = subtract(last.x, first.x);
  return toDouble(run) === 0 ? null : divide(subtract(last.y, first.y), run);
};

/** The area below the input, by trapezoids. */
const integral: Series = (points) => {
  let area: Numeric = 0;
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before === undefined) continue;
    area = add(area, divide(multiply(add(before.y, point.y), subtract(point.x, before.x)), 2));
  }
  return area;
};

function covariance(isSample: boolean): Series {
  return (points) => {
    const divisor = isSample ? points.length - 1 : points.length;
    if (divisor < 1) return null;
    const mean = (read: (point: Point) => Numeric): number =>
      points.reduce((sum, point) => sum + toDouble(read(point)), 0) / points.length;
    const [meanX, meanY] = [mean((point) => point.x), mean((point) => point.y)];
    const sum = points.reduce((all, { x, y }) => all + (toDouble(x) - meanX) * (toDouble(y) - meanY), 0);
    return fromDouble(sum / divisor);
  };
}

/** The window functions that reckon with pairs of numbers. */
export const SERIES_FUNCTIONS: Readonly<Record<string, Series>> = {
  $derivative: derivative,
  $integral: integral,
  $covariancePop: covariance(false),
  $covarianceSamp: covariance(true),
};

/** Compiles one of them. Throws: FailedToParse for a malformed operand, 5624900 for values that are no numbers or dates. */
export function compileSeriesFunction(operator: string, operand: Value, frame: Frame, by: WindowOrder): WindowFunction {
  const series = SERIES_FUNCTIONS[operator];
  if (series === undefined) throw serverError("FailedToParse", `Unrecognized window function, ${operator}`);
  const isPair = operator.startsWith("$covariance");
  const read = isPair ? readPair(operator, operand, by) : readAlongOrder(operator, operand, by);
  return (partition) =>
    frame.spans(partition.sortValues).map(({ start, end }) => {
      const points: Point[] = [];
      for (let place = start; place < end; place += 1) {
        const point = read(partition, place);
        if (point !== undefined) points.push(point);
      }
      return series(points);
    });
}

type ReadPoint = (partition: Parameters<WindowFunction>[0], place: number) => Point | undefined;

function readPair(operator: string, operand: Value, { order }: WindowOrder): ReadPoint {
  const [left, right] =
    Array.isArray(operand) && operand.length === 2 ? operand.map((one) => compileExpression(one, order)) : [];
  if (left === undefined || right === undefined)
    throw serverError("FailedToParse", `${operator} expects an array of two expressions`);
  return ({ scopes }, place) => {
    const scope = scopes[place];
    const [x, y] = scope === undefined ? [] : [left(scope), right(scope)];
    return isNumeric(x) && isNumeric(y) ? { x, y } : undefined;
  };
}

function readAlongOrder(operator: string, operand: Value, { sortBy, order }: WindowOrder): ReadPoint {
  if (!(operand instanceof Map)) throw serverError("FailedToParse", `${operator} expects an object`);
  checkNames(operator, operand, ["input"], ["unit"]);
  if (sortBy?.size !== 1) throw serverError("FailedToParse", `${operator} requires a sortBy of exactly one field`);
  const unit = operand.get("unit");
  const unitMs = typeof unit === "string" ? MILLIS_OF_UNIT[unit] : undefined;
  if (unit !== undefined && unitMs === undefined)
    throw numberedError(5490704, `${operator}: the unit must be one of 'week' and shorter`);
  const input = compileExpression(operand.get("input") ?? null, order);
  return ({ scopes, sortValues }, place) => {
    const scope = scopes[place];
    const y = scope === undefined ? undefined : input(scope);
    const at = sortValues[place];
    if (isNullish(y)) return undefined;
    if (!isNumeric(y)) throw numberedError(5624900, `${operator} expects numeric input, got ${typeNameOf(y)}`);
    if (unitMs === undefined && isNumeric(at)) return { x: at, y };
    if (unitMs !== undefined && at instanceof Date) return { x: divide(BigInt(at.getTime()), unitMs), y };
    throw numberedError(
      5624901,
      `${operator} ${unitMs === undefined ? "without" : "with"} a unit cannot sort by ${typeNameOf(at)}`,
    );
  };
}
