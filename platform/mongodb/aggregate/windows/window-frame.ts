import { numberedError, serverError } from "../../errors";
import { add, toWhole } from "../../bson/numeric";
import { compare } from "../../bson/order";
import { isNumeric, typeNameOf } from "../../bson/types";
import type { Doc, Value } from "../../bson/values";
import { checkNames } from "../operators/builder";
import { readTimeUnit, shiftDate } from "../operators/date-math";

/** Which documents of a sorted partition one document's window holds: the places from `start` up to, and without, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Computes windows over one partition. `grows` says that every window begins where the partition does and only gets longer. */
export interface Frame {
  readonly grows: boolean;
  /** The windows of all documents, by the values they are sorted by. */
  spans(sortValues: readonly Value[]): Span[];
}

/** "unbounded", "current" or a number. */
type Bound = Value;

/** Without a window, all documents of the partition are in it. */
const WHOLE: Frame = {
  grows: true,
  spans: (sortValues) => sortValues.map(() => ({ start: 0, end: sortValues.length })),
};

/** Compiles the `window` of a window function; `sortBy` is that of the stage. */
export function compileFrame(window: Value | undefined, sortBy: Doc | undefined): Frame {
  if (window === undefined) return WHOLE;
  if (!(window instanceof Map)) throw serverError("FailedToParse", "'window' field must be an object");
  checkNames("'window'", window, [], ["documents", "range", "unit"]);
  const documents = window.get("documents");
  const range = window.get("range");
  if (documents !== undefined && range !== undefined) {
    throw serverError("FailedToParse", "'window' field that specifies 'documents' cannot specify 'range'");
  }
  if (documents !== undefined) return documentFrame(readBounds("documents", documents), sortBy);
  if (range !== undefined) return rangeFrame(readBounds("range", range), window.get("unit"), sortBy);
  return WHOLE;
}

function readBounds(kind: string, given: Value): readonly [Bound, Bound] {
  const [lower, upper] = Array.isArray(given) ? given : [];
  if (!Array.isArray(given) || given.length !== 2 || lower === undefined || upper === undefined) {
    throw serverError("FailedToParse", `Window bounds must be a 2-element array: ${kind}`);
  }
  return [lower, upper];
}

function documentFrame(bounds: readonly [Bound, Bound], sortBy: Doc | undefined): Frame {
  const [lower, upper] = bounds;
  if (sortBy === undefined && !bounds.every((bound) => bound === "unbounded")) {
    throw numberedError(5339901, "Document-based bounds require a sortBy");
  }
  const from = readOffset(lower, -Infinity);
  const to = readOffset(upper, Infinity);
  if (from > to) throw numberedError(5339900, "Lower bound must not exceed upper bound");
  return {
    grows: from === -Infinity,
    spans: ({ length }) =>
      Array.from({ length }, (_, place) => {
        const start = Math.min(Math.max(place + from, 0), length);
        return { start, end: Math.max(start, Math.min(Math.max(place + to + 1, 0), length)) };
      }),
  };
}

function readOffset(bound: Bound, unbounded: number): number {
  if (bound === "unbounded") return unbounded;
  if (bound === "current") return 0;
  const whole = toWhole(bound);
  if (whole === undefined) {
    throw serverError("FailedToParse", "Numeric document-based bounds must be an integer, 'unbounded' or 'current'");
  }
  return Number(whole);
}

function rangeFrame([lower, upper]: readonly [Bound, Bound], unit: Value | undefined, sortBy: Doc | undefined): Frame {
  if (sortBy?.size !== 1 || toWhole(sortBy.values().next().value) !== 1n) {
    throw numberedError(5339902, "Range-based bounds require a sortBy of a single ascending field");
  }
  const time = unit === undefined ? undefined : readTimeUnit("window", unit);
  for (const bound of [lower, upper]) {
    if (bound !== "unbounded" && bound !== "current" && !isNumeric(bound))
      throw serverError("FailedToParse", "Range-based bounds expression must be a number");
  }
  const edge = (bound: Bound, value: Value): Value => {
    if (bound === "current" || !isNumeric(bound)) return requireSortable(value, time);
    return shifted(requireSortable(value, time), bound, time);
  };
  return {
    grows: lower === "unbounded",
    spans: (sortValues) =>
      sortValues.map((value) => {
        const start = lower === "unbounded" ? 0 : placeOf(sortValues, edge(lower, value), (order) => order >= 0);
        const end =
          upper === "unbounded" ? sortValues.length : placeOf(sortValues, edge(upper, value), (order) => order > 0);
        return { start, end: Math.max(start, end) };
      }),
  };
}

function requireSortable(value: Value, time: string | undefined): Value {
  const isFit = time === undefined ? isNumeric(value) : value instanceof Date;
  if (isFit) return value;
  const wanted = time === undefined ? "a number" : "a date";
  throw numberedError(5429414, `Expected the sortBy field to be ${wanted}, but it was ${typeNameOf(value)}`);
}

function shifted(value: Value, amount: Value, time: string | undefined): Value {
  if (value instanceof Date && time !== undefined) return shiftDate(value, time, Number(toWhole(amount) ?? 0n), "UTC");
  return isNumeric(value) && isNumeric(amount) ? add(value, amount) : value;
}

/** Finds the first place whose value passes, in values that are sorted. */
function placeOf(sorted: readonly Value[], edge: Value, passes: (order: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(compare(sorted[middle], edge))) high = middle;
    else low = middle + 1;
  }
  return low;
}
