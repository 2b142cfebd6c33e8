import { numberedError } from "../../errors";
import { encode } from "../../bson/encode";
import { typeNameOf } from "../../bson/types";
import type { Doc, Value } from "../../bson/values";
import {
  type Arguments,
  type Builder,
  checkNames,
  type Compile,
  type Evaluator,
  fixed,
  isNullish,
  variadic,
} from "./builder";

function mergeObjects(args: Arguments): Value {
  const result: Doc = new Map();
  for (const value of args) {
    if (isNullish(value)) continue;
    if (!(value instanceof Map))
      throw numberedError(40400, `$mergeObjects requires object inputs, but input is of type ${typeNameOf(value)}`);
    for (const [name, field] of value) result.set(name, field);
  }
  return result;
}

function objectToArray([value]: Arguments): Value {
  if (isNullish(value)) return null;
  if (!(value instanceof Map))
    throw numberedError(40390, `$objectToArray requires a document input, found: ${typeNameOf(value)}`);
  return [...value].map(
    ([k, v]): Doc =>
      new Map<string, Value>([
        ["k", k],
        ["v", v],
      ]),
  );
}

function arrayToObject([value]: Arguments): Value {
  if (isNullish(value)) return null;
  if (!Array.isArray(value))
    throw numberedError(40386, `$arrayToObject requires an array input, found: ${typeNameOf(value)}`);
  const result: Doc = new Map();
  for (const pair of value) {
    const [name, field] = Array.isArray(pair) ? pairOfArray(pair) : pairOfDoc(pair);
    if (typeof name !== "string") throw numberedError(40395, "$arrayToObject requires that keys are strings");
    if (name.includes("\0")) throw numberedError(4940400, "Key field cannot contain an embedded null byte");
    result.set(name, field);
  }
  return result;
}

function pairOfArray(pair: readonly Value[]): [Value | undefined, Value] {
  if (pair.length !== 2)
    throw numberedError(
      40397,
      `$arrayToObject requires an array of size 2 arrays, found array of size: ${pair.length}`,
    );
  return [pair[0], pair[1] ?? null];
}

function pairOfDoc(pair: Value): [Value | undefined, Value] {
  if (!(pair instanceof Map))
    throw numberedError(40398, `Unrecognised input type format for $arrayToObject: ${typeNameOf(pair)}`);
  const value = pair.get("v");
  if (pair.size !== 2 || value === undefined || !pair.has("k")) {
    throw numberedError(40393, "$arrayToObject requires an object with keys 'k' and 'v'");
  }
  return [pair.get("k"), value];
}

/** The field name may be any constant string, dots and dollars included, when it stands in `$literal`. */
function fieldName(operator: string, operand: Value | undefined, compile: Compile): Evaluator {
  if (typeof operand === "string" && !operand.startsWith("$")) return () => operand;
  if (operand === undefined) throw numberedError(3041702, `${operator} requires 'field' to be specified`);
  return compile(operand);
}

function nameOf(operator: string, value: Value | undefined): string {
  if (typeof value === "string") return value;
  throw numberedError(3041704, `${operator} requires 'field' to evaluate to type String, but got ${typeNameOf(value)}`);
}

const buildGetField: Builder = (operand, compile) => {
  const isFull = operand instanceof Map && (operand.has("field") || operand.has("input"));
  if (isFull) checkNames("$getField", operand, ["field"], ["input"]);
  const field = fieldName("$getField", isFull ? operand.get("field") : operand, compile);
  const input = compile((isFull ? operand.get("input") : undefined) ?? "$$CURRENT");
  return (scope) => {
    const name = nameOf("$getField", field(scope));
    const doc = input(scope);
    if (doc instanceof Map) return doc.get(name);
    return doc === null ? null : undefined;
  };
};

function buildSet(operator: string, hasValue: boolean): Builder {
  return (operand, compile) => {
    if (!(operand instanceof Map)) throw numberedError(4161100, `${operator} only supports an object as its argument`);
    checkNames(operator, operand, hasValue ? ["field", "input", "value"] : ["field", "input"], []);
    const field = fieldName(operator, operand.get("field"), compile);
    const input = compile(operand.get("input") ?? null);
    const value: Evaluator = hasValue ? compile(operand.get("value") ?? null) : () => undefined;
    return (scope) => {
      const doc = input(scope);
      if (isNullish(doc)) return null;
      if (!(doc instanceof Map))
        throw numberedError(4161105, `${operator} requires 'input' to evaluate to type Object`);
      return withField(doc, nameOf(operator, field(scope)), value(scope));
    };
  };
}

function withField(doc: Doc, name: string, value: Value | undefined): Doc {
  const result = new Map(doc);
  if (value === undefined) result.delete(name);
  else result.set(name, value);
  return result;
}

/** Documents as values. */
export const OBJECTS: Readonly<Record<string, Builder>> = {
  $mergeObjects: (operand, compile) => {
    const merge = variadic(mergeObjects)(operand, compile);
    if (Array.isArray(operand)) return merge;
    // One argument that evaluates to an array stands for its elements.
    const only = compile(operand);
    return (scope) => {
      const value = only(scope);
      return Array.isArray(value) ? mergeObjects(value) : merge(scope);
    };
  },
  $bsonSize: fixed("$bsonSize", 1, 1, ([value]) => {
    if (isNullish(value)) return null;
    if (!(value instanceof Map))
      throw numberedError(31393, `$bsonSize requires a document input, found: ${typeNameOf(value)}`);
    return encode(value).length;
  }),
  $objectToArray: fixed("$objectToArray", 1, 1, objectToArray),
  $arrayToObject: (operand, compile) => {
    // A literal array of pairs is the one argument, not the list of arguments.
    const isArgument = Array.isArray(operand) && operand.length === 1;
    const input = compile(isArgument ? (operand[0] ?? null) : operand);
    return (scope) => arrayToObject([input(scope)]);
  },
  $getField: buildGetField,
  $setField: buildSet("$setField", true),
  $unsetField: buildSet("$unsetField", false),
};
