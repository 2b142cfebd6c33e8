import { numberedError, serverError } from "../errors";
import { typeNameOf } from "../bson/types";
import type { Doc, Value } from "../bson/values";
import type { Comparator } from "../match/collation";
import { compileAddFields, compileProjection, compileProjectStage, type Projection } from "../match/projection";
import { compileExpression } from "./expression";
import { isNullish } from "./operators/builder";

function requireDoc(stage: string, spec: Value): Doc {
  if (!(spec instanceof Map))
    throw numberedError(40272, `${stage} specification stage must be an object, got ${typeNameOf(spec)}`);
  return spec;
}

function compileUnset(spec: Value): Projection {
  const given = Array.isArray(spec) ? spec : [spec];
  if (given.length === 0)
    throw numberedError(31119, "$unset specification must be a string or an array with at least one field");
  const exclusion: Doc = new Map();
  for (const name of given) {
    if (typeof name !== "string")
      throw numberedError(31120, "$unset specification must be a string or an array containing only string values");
    exclusion.set(name, 0);
  }
  return compileProjection(exclusion);
}

function compileReplace(stage: string, expression: Value, order: Comparator): Projection {
  const evaluate = compileExpression(expression, order);
  return (doc, variables = new Map()) => {
    const result = evaluate({ root: doc, variables });
    if (result instanceof Map) return result;
    const shown = isNullish(result) ? "missing" : typeNameOf(result);
    throw numberedError(
      40228,
      `'newRoot' expression must evaluate to an object, but resulting value was of type ${shown} (${stage})`,
    );
  };
}

/** Compiles a stage that turns each document into one other; undefined when the stage is not of that kind. */
export function compileTransform(stage: string, spec: Value, order: Comparator): Projection | undefined {
  switch (stage) {
    case "$project":
      return compileProjectStage(requireDoc(stage, spec), order);
    case "$addFields":
    case "$set":
      return compileAddFields(requireDoc(stage, spec), order);
    case "$unset":
      return compileUnset(spec);
    case "$replaceWith":
      return compileReplace(stage, spec, order);
    case "$replaceRoot": {
      const newRoot = requireDoc(stage, spec).get("newRoot");
      if (newRoot === undefined) throw serverError("FailedToParse", "no newRoot specified for the $replaceRoot stage");
      return compileReplace(stage, newRoot, order);
    }
    default:
      return undefined;
  }
}
