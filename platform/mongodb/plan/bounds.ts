import { encodeKey } from "../bson/keystring";
import { classOf } from "../bson/types";
import { Binary, Decimal128, Double, ObjectId, Timestamp, type Doc, type Value } from "../bson/values";
import { afterPrefix } from "../store/tree";

/** A stretch of tree keys. Shape: low is inside, high is outside. */
export interface KeyRange {
  readonly low: string;
  readonly high: string;
}

/** One condition a filter puts on a field, as far as an index can use it. */
export interface FieldCondition {
  readonly path: string;
  readonly operator: string;
  readonly operand: Value;
}

/** The stretches one field allows. `isPoint` when it is exactly one value, so that what follows keeps its order. */
export interface FieldBounds {
  readonly kind: "points" | "range";
  readonly points: readonly string[];
  readonly range?: KeyRange;
  /** Conditions used, for explain. */
  readonly shown: string;
}

const maxPoints = 1_000;

/** Works out the bounds one index field gets from the conditions on it; undefined when none can be used. */
export function boundsOf(
  conditions: readonly FieldCondition[],
  field: { isDescending: boolean; isMultikey: boolean; isSimpleCollation: boolean },
): FieldBounds | undefined {
  const encodeOne = (value: Value): string => encodeKey([value], [field.isDescending]);
  const usable = conditions.filter(({ operand }) => field.isSimpleCollation || !dependsOnCollation(operand));
  for (const { operator, operand } of usable) {
    const points = pointsOf(operator, operand, field.isMultikey);
    if (points !== undefined) {
      return { kind: "points", points: [...new Set(points.map(encodeOne))].toSorted(), shown: operator };
    }
  }
  let range: KeyRange | undefined;
  for (const { operator, operand } of usable) {
    if (!isOrderable(operand)) continue;
    const next = rangeOf(operator, operand, field.isDescending);
    if (next === undefined) continue;
    // A multikey field may satisfy each condition by another element, so only one of them may bound the scan.
    if (range !== undefined && field.isMultikey) continue;
    range = range === undefined ? next : intersect(range, next);
  }
  return range === undefined ? undefined : { kind: "range", points: [], range, shown: "range" };
}

function pointsOf(operator: string, operand: Value, isMultikey: boolean): readonly Value[] | undefined {
  if (operator === "$eq") return isPoint(operand, isMultikey) ? [operand] : undefined;
  if (operator !== "$in" || !Array.isArray(operand) || operand.length > maxPoints) return undefined;
  return operand.every((value) => isPoint(value, isMultikey)) ? operand : undefined;
}

/** Null also finds missing fields, whose multikey entries differ; arrays are not entries as a whole. */
function isPoint(value: Value, isMultikey: boolean): boolean {
  if (value === null) return !isMultikey;
  return isOrderable(value) || value instanceof Map;
}

function isOrderable(value: Value): boolean {
  if (value === null) return false;
  if (typeof value !== "object") return true;
  return (
    value instanceof Date ||
    value instanceof ObjectId ||
    value instanceof Timestamp ||
    value instanceof Binary ||
    value instanceof Decimal128 ||
    value instanceof Double
  );
}

function dependsOnCollation(operand: Value): boolean {
  if (typeof operand === "string") return true;
  if (Array.isArray(operand)) return operand.some(dependsOnCollation);
  return operand instanceof Map;
}

function rangeOf(operator: string, operand: Value, isDescending: boolean): KeyRange | undefined {
  const key = encodeKey([operand], [isDescending]);
  const bracket = String.fromCharCode(isDescending ? 255 - classOf(operand) : classOf(operand));
  const bracketEnd = bracket + afterPrefix;
  const isUpper = operator === "$lt" || operator === "$lte";
  if (!isUpper && operator !== "$gt" && operator !== "$gte") return undefined;
  const isInclusive = operator === "$gte" || operator === "$lte";
  // Descending fields are stored complemented, so an upper bound of the value is a lower bound of the key.
  if (isUpper === isDescending) return { low: isInclusive ? key : key + afterPrefix, high: bracketEnd };
  return { low: bracket, high: isInclusive ? key + afterPrefix : key };
}

function intersect(a: KeyRange, b: KeyRange): KeyRange {
  return { low: a.low > b.low ? a.low : b.low, high: a.high < b.high ? a.high : b.high };
}

/** The stretches of a compound key from the bounds of its leading fields; equal and `$in` fields multiply, a range ends the list. */
export function combine(bounds: readonly FieldBounds[]): KeyRange[] {
  let prefixes = [""];
  for (const { kind, points, range } of bounds) {
    if (kind === "range" && range !== undefined) {
      return prefixes.map((prefix) => ({ low: prefix + range.low, high: prefix + range.high }));
    }
    if (prefixes.length * points.length > maxPoints) break;
    prefixes = prefixes.flatMap((prefix) => points.map((point) => prefix + point));
  }
  return prefixes.map((prefix) => ({ low: prefix, high: prefix + afterPrefix }));
}

/** Tells whether every document that meets the conditions also passes a partial index's filter. */
export function implies(conditions: readonly FieldCondition[], partialFilter: Doc): boolean {
  return [...partialFilter].every(([path, wanted]) => {
    if (path.startsWith("$")) return false;
    const on = conditions.filter((condition) => condition.path === path);
    if (!(wanted instanceof Map) || ![...wanted.keys()].some((name) => name.startsWith("$"))) {
      return on.some(({ operator, operand }) => operator === "$eq" && sameKey(operand, wanted));
    }
    return [...wanted].every(([operator, operand]) => on.some((condition) => impliesOne(condition, operator, operand)));
  });
}

function impliesOne(condition: FieldCondition, operator: string, operand: Value): boolean {
  if (operator === "$exists") return operand === true && excludesMissing(condition);
  if (condition.operator === operator && sameKey(condition.operand, operand)) return true;
  if (!isOrderable(condition.operand) || !isOrderable(operand)) return false;
  if (classOf(condition.operand) !== classOf(operand)) return false;
  const given = encodeKey([condition.operand], [false]);
  const wanted = encodeKey([operand], [false]);
  const isEqual = condition.operator === "$eq";
  if (operator === "$gt")
    return isEqual || condition.operator === "$gte" ? given > wanted : condition.operator === "$gt" && given >= wanted;
  if (operator === "$gte")
    return (isEqual || condition.operator === "$gte" || condition.operator === "$gt") && given >= wanted;
  if (operator === "$lt")
    return isEqual || condition.operator === "$lte" ? given < wanted : condition.operator === "$lt" && given <= wanted;
  if (operator === "$lte")
    return (isEqual || condition.operator === "$lte" || condition.operator === "$lt") && given <= wanted;
  return operator === "$eq" && isEqual && given === wanted;
}

function sameKey(a: Value, b: Value): boolean {
  return encodeKey([a], [false]) === encodeKey([b], [false]);
}

/** Tells whether a document without the field can never meet the condition: what a sparse index needs to know. */
export function excludesMissing({ operator, operand }: FieldCondition): boolean {
  if (operator === "$exists") return operand === true;
  if (operator === "$in") return Array.isArray(operand) && operand.every((value) => isOrderable(value));
  return ["$eq", "$gt", "$gte", "$lt", "$lte"].includes(operator) && isOrderable(operand);
}
