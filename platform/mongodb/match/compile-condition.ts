import { serverError } from "../errors";
import { BSONRegExp, type Doc, type Value } from "../bson/values";
import { bitPredicate } from "./bit-test";
import type { Comparator } from "./collation";
import { isOperatorDoc, isTrue } from "./conditions";
import { equalPredicate, inPredicate, modPredicate, rangePredicate, sizePredicate, typePredicate } from "./predicates";
import { parseRegexOperand, regexPredicate } from "./regular-expression";
import { type Details, matchAtPath, type Matcher, type Predicate } from "./walk-path";

/** What conditions need from the filter around them. */
export interface ConditionContext {
  readonly order: Comparator;
  compile(filter: Doc): Matcher;
  /** Inside `$elemMatch` an element is tested as it is: an array within the array is not entered. */
  readonly isElement?: boolean;
}

const GEO = new Set([
  "$geoWithin",
  "$geoIntersects",
  "$near",
  "$nearSphere",
  "$within",
  "$maxDistance",
  "$minDistance",
]);
const LOGICAL = new Set(["$and", "$or", "$nor", "$expr", "$jsonSchema", "$comment", "$where", "$text"]);

/** Compiles what a filter says about one field: a value, a regular expression or a document of operators. */
export function compileCondition(path: string, operand: Value, context: ConditionContext): Matcher[] {
  const expand = context.isElement !== true;
  if (operand instanceof BSONRegExp)
    return [matchAtPath(path, regexPredicate(operand.pattern, operand.options), expand)];
  if (!isOperatorDoc(operand)) return [matchAtPath(path, equalPredicate(operand, context.order), expand)];
  return [...operand].flatMap(([operator, value]) => compileOperator(path, operator, value, operand, context));
}

function negate(matcher: Matcher): Matcher {
  return (doc) => !matcher(doc);
}

function compileOperator(
  path: string,
  operator: string,
  operand: Value,
  all: Doc,
  context: ConditionContext,
): Matcher[] {
  const { order } = context;
  const onEach = (predicate: Predicate): Matcher[] => [matchAtPath(path, predicate, context.isElement !== true)];
  const onWhole = (predicate: Predicate): Matcher[] => [matchAtPath(path, predicate, false)];
  switch (operator) {
    case "$eq":
      return onEach(equalPredicate(operand, order));
    case "$ne":
      if (operand instanceof BSONRegExp) throw serverError("BadValue", "Can't have regex as arg to $ne.");
      return onEach(equalPredicate(operand, order)).map(negate);
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return onEach(rangePredicate(operator, operand, order));
    case "$in":
      return onEach(inPredicate(operand, order));
    case "$nin":
      return onEach(inPredicate(operand, order, "$nin")).map(negate);
    case "$exists": {
      const exists = matchAtPath(path, (value) => value !== undefined, false);
      return [isTrue(operand) ? exists : negate(exists)];
    }
    case "$type":
      return onEach(typePredicate(operand));
    case "$mod":
      return onEach(modPredicate(operand));
    case "$size":
      return onWhole(sizePredicate(operand));
    case "$elemMatch":
      return onWhole(elemMatchPredicate(operand, context));
    default:
      return compileRareOperator(path, operator, operand, all, context);
  }
}

function compileRareOperator(
  path: string,
  operator: string,
  operand: Value,
  all: Doc,
  context: ConditionContext,
): Matcher[] {
  switch (operator) {
    case "$regex":
      return [matchAtPath(path, parseRegexOperand(operand, all.get("$options")), context.isElement !== true)];
    case "$options":
      if (!all.has("$regex")) throw serverError("BadValue", "$options needs a $regex");
      return [];
    case "$comment":
      return [];
    case "$not":
      return [compileNot(path, operand, context)];
    case "$all":
      return compileAll(path, operand, context);
    case "$bitsAllSet":
    case "$bitsAllClear":
    case "$bitsAnySet":
    case "$bitsAnyClear":
      return [matchAtPath(path, bitPredicate(operator, operand), context.isElement !== true)];
    default:
      if (GEO.has(operator)) throw serverError("NotImplemented", `${operator} is not implemented`);
      throw serverError("BadValue", `unknown operator: ${operator}`);
  }
}

function compileNot(path: string, operand: Value, context: ConditionContext): Matcher {
  if (operand instanceof BSONRegExp) return allPass(compileCondition(path, operand, context), false);
  if (!(operand instanceof Map)) throw serverError("BadValue", "$not needs a regex or a document");
  if (operand.size === 0) throw serverError("BadValue", "$not cannot be empty");
  if (!isOperatorDoc(operand)) throw serverError("BadValue", "$not needs a document of operators");
  return allPass(compileCondition(path, operand, context), false);
}

function allPass(parts: readonly Matcher[], wanted: boolean): Matcher {
  return (doc) => parts.every((part) => part(doc)) === wanted;
}

function compileAll(path: string, operand: Value, context: ConditionContext): Matcher[] {
  if (!Array.isArray(operand)) throw serverError("BadValue", "$all needs an array");
  if (operand.length === 0) return [() => false];
  return operand.flatMap((one) => {
    if (one instanceof Map && one.has("$elemMatch")) return compileCondition(path, one, context);
    if (isOperatorDoc(one)) throw serverError("BadValue", "no $ expressions in $all");
    if (one instanceof BSONRegExp) return compileCondition(path, one, context);
    return [matchAtPath(path, equalPredicate(one, context.order), context.isElement !== true)];
  });
}

/** The two forms of `$elemMatch`: operators on each element, or a filter on each element that is a document. */
function elemMatchPredicate(operand: Value, context: ConditionContext): Predicate {
  if (!(operand instanceof Map)) throw serverError("BadValue", "$elemMatch needs an Object");
  const test =
    isOperatorDoc(operand) && ![...operand.keys()].some((name) => LOGICAL.has(name))
      ? elementCondition(operand, context)
      : elementFilter(operand, context);
  return (value, details) => Array.isArray(value) && hasMatch(value, test, details);
}

function hasMatch(items: readonly Value[], test: (item: Value) => boolean, details: Details | undefined): boolean {
  const index = items.findIndex(test);
  if (index >= 0 && details !== undefined) details.index = index;
  return index >= 0;
}

const ELEMENT = "element";

function elementCondition(operand: Doc, context: ConditionContext): (item: Value) => boolean {
  const parts = compileCondition(ELEMENT, operand, { ...context, isElement: true });
  return (item) => {
    const holder: Doc = new Map([[ELEMENT, item]]);
    return parts.every((part) => part(holder));
  };
}

function elementFilter(operand: Doc, context: ConditionContext): (item: Value) => boolean {
  const matcher = context.compile(operand);
  return (item) => {
    if (item instanceof Map) return matcher(item);
    return Array.isArray(item) && matcher(new Map(item.map((value, index) => [String(index), value])));
  };
}
