import { compileExpression } from "../aggregate/expression";
import { isTruthy } from "../aggregate/truth";
import { lookup } from "../bson/path";
import { typeNameOf } from "../bson/types";
import type { Doc, Value } from "../bson/values";
import { compileFilter } from "../match/compile-filter";
import { isOperatorDoc } from "../match/conditions";
import { compileSchema } from "./compile-schema";
import { entries } from "./rule";

/** Tests a document: undefined when it is valid, else the `details` of the server's errInfo. */
export type Validator = (doc: Doc) => Doc | undefined;

/**
 * Compiles a collection validator: a `$jsonSchema`, an `$expr`, any query operators, or several of them side by side.
 * Throws: what the parts of the validator are refused with when they are malformed.
 */
export function compileValidator(validator: Doc): Validator {
  const clauses = [...validator].flatMap(([name, operand]) => compileClauses(name, operand));
  const [only] = clauses;
  if (only === undefined) return () => undefined;
  if (clauses.length === 1) return only;
  return (doc) => explainAll(clauses, doc);
}

function explainAll(clauses: readonly Validator[], doc: Doc): Doc | undefined {
  let failed: Doc[] | undefined;
  for (const [index, clause] of clauses.entries()) {
    const details = clause(doc);
    if (details !== undefined) (failed ??= []).push(entries({ index, details }));
  }
  return failed === undefined ? undefined : entries({ operatorName: "$and", clausesNotSatisfied: failed });
}

function compileClauses(name: string, operand: Value): Validator[] {
  if (name === "$jsonSchema" && operand instanceof Map) return [schemaClause(operand)];
  if (name === "$expr") return [expressionClause(operand)];
  if (name === "$comment") return [];
  if (name === "$and" && Array.isArray(operand)) {
    compileFilter(new Map([[name, operand]]));
    return operand.map((part) => (part instanceof Map ? compileValidator(part) : () => undefined));
  }
  if (isOperatorDoc(operand) && !name.startsWith("$") && !operand.has("$regex")) {
    return [...operand].map(([operator, value]) => queryClause(name, operator, new Map([[operator, value]])));
  }
  return [queryClause(name, name.startsWith("$") ? name : "$eq", operand)];
}

function schemaClause(operand: Doc): Validator {
  const schema = compileSchema(operand);
  return (doc) =>
    schema.isValid(doc)
      ? undefined
      : new Map<string, Value>([
          ["operatorName", "$jsonSchema"],
          ...schema.annotations,
          ["schemaRulesNotSatisfied", schema.explain(doc)],
        ]);
}

function expressionClause(operand: Value): Validator {
  const evaluate = compileExpression(operand);
  const specifiedAs = entries({ $expr: operand });
  return (doc) => {
    const result = evaluate({ root: doc, variables: new Map([["NOW", new Date()]]) });
    if (isTruthy(result)) return undefined;
    return entries({
      operatorName: "$expr",
      specifiedAs,
      reason: "expression did not match",
      expressionResult: result ?? null,
    });
  };
}

const REASONS: Readonly<Record<string, string>> = {
  $type: "type did not match",
  $in: "no matching value found in array",
  $nin: "matching value found in array",
  $regex: "regular expression did not match",
  $exists: "path does not exist",
  $size: "array length was not equal to given size",
  $mod: "$mod did not evaluate to expected remainder",
};

function queryClause(path: string, operator: string, operand: Value): Validator {
  const clause: Doc = new Map([[path, operand]]);
  const filter = compileFilter(clause);
  return (doc) => {
    if (filter.matches(doc)) return undefined;
    if (path.startsWith("$"))
      return entries({ operatorName: operator, specifiedAs: clause, reason: "clause did not match" });
    const value = lookup(doc, path);
    const isMissing = value === undefined;
    return entries({
      operatorName: operator,
      specifiedAs: clause,
      reason: isMissing && operator !== "$exists" ? "field was missing" : (REASONS[operator] ?? "comparison failed"),
      consideredValue: value,
      consideredType: operator === "$type" && !isMissing ? typeNameOf(value) : undefined,
    });
  };
}
