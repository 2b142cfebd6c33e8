import { toDouble } from "../bson/numeric";
import { isNumeric } from "../bson/types";
import { BSONRegExp, type Doc, type Value } from "../bson/values";

/** One simple condition that every matching document fulfils. */
export interface Condition {
  readonly path: string;
  readonly operator: "$eq" | "$in" | "$gt" | "$gte" | "$lt" | "$lte" | "$exists" | "$type";
  readonly operand: Value;
}

const SIMPLE: ReadonlySet<string> = new Set(["$eq", "$in", "$gt", "$gte", "$lt", "$lte", "$exists", "$type"]);

function isSimple(operator: string): operator is Condition["operator"] {
  return SIMPLE.has(operator);
}

/**
 * Lists the simple conditions that a filter joins by "and", those inside `$and` included, for the query planner. What it leaves out only narrows the result
 * further, so a plan made from the list has to check the whole filter again.
 */
export function conditionsOf(filter: Doc): readonly Condition[] {
  const found: Condition[] = [];
  for (const [path, operand] of filter) {
    if (path === "$and" && Array.isArray(operand)) {
      for (const part of operand) if (part instanceof Map) found.push(...conditionsOf(part));
    } else if (!path.startsWith("$")) addConditions(path, operand, found);
  }
  return found;
}

function addConditions(path: string, operand: Value, found: Condition[]): void {
  if (operand instanceof BSONRegExp) return;
  if (!isOperatorDoc(operand)) {
    found.push({ path, operator: "$eq", operand });
    return;
  }
  for (const [operator, value] of operand) {
    if (isSimple(operator) && !(operator === "$in" && hasRegex(value))) found.push({ path, operator, operand: value });
  }
}

function hasRegex(value: Value): boolean {
  return Array.isArray(value) && value.some((one) => one instanceof BSONRegExp);
}

/** Tells a document of operators (`{$gt: 5}`) from a document to be equal to; a DBRef is of the second kind. */
export function isOperatorDoc(value: Value): value is Doc {
  if (!(value instanceof Map)) return false;
  const first: string | undefined = value.keys().next().value;
  return first !== undefined && first.startsWith("$") && !["$ref", "$id", "$db"].includes(first);
}

/** Tells a document that is a value, or a nest of field names, from a document of operators. */
export function isLiteralDoc(value: Value): value is Doc {
  return value instanceof Map && !isOperatorDoc(value);
}

/** Reads a truth value as the server does for `$exists` and the like: false, null and zero are false. */
export function isTrue(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !isNumeric(value) || toDouble(value) !== 0;
}
