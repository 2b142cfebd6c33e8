import { numberedError, serverError } from "../errors";
import { compare } from "../bson/order";
import type { Doc, Value } from "../bson/values";
import type { Comparator } from "../match/collation";
import { ARITHMETIC } from "./operators/arithmetic";
import { ARRAYS } from "./operators/arrays";
import type { Builder, Compile, Evaluator, Scope } from "./operators/builder";
import { COMPARISON } from "./operators/comparison";
import { CONVERSION } from "./operators/conversion";
import { DATE_MATH } from "./operators/date-math";
import { DATES } from "./operators/dates";
import { ITERATION } from "./operators/iteration";
import { OBJECTS } from "./operators/objects";
import { REAL_FUNCTIONS } from "./operators/real-functions";
import { STRINGS } from "./operators/strings";

export type { Evaluator, Scope } from "./operators/builder";

const OPERATORS: ReadonlyMap<string, Builder> = new Map(
  Object.entries({
    ...ARITHMETIC,
    ...REAL_FUNCTIONS,
    ...COMPARISON,
    ...ARRAYS,
    ...ITERATION,
    ...OBJECTS,
    ...CONVERSION,
    ...STRINGS,
    ...DATES,
    ...DATE_MATH,
  }),
);

/**
 * Compiles an aggregation expression to a closure; a result of `undefined` means missing. Values compare in the given order.
 * Throws: InvalidPipelineOperator for an operator that is not known, and the server's error for malformed arguments.
 */
export function compileExpression(expression: Value, order: Comparator = compare): Evaluator {
  return (order === compare ? PLAIN : compilerOf(order))(expression);
}

function compilerOf(order: Comparator): Compile {
  const compile: Compile = Object.assign((expression: Value) => compileAny(expression, compile), { order });
  return compile;
}

const PLAIN = compilerOf(compare);

function compileAny(expression: Value, compile: Compile): Evaluator {
  if (typeof expression === "string") return compileText(expression);
  if (Array.isArray(expression)) return compileArray(expression, compile);
  if (expression instanceof Map) return compileDocument(expression, compile);
  return () => expression;
}

function compileText(text: string): Evaluator {
  if (text.startsWith("$$")) return compileVariable(text.slice(2));
  if (text.startsWith("$")) return compileFieldPath(text.slice(1));
  return () => text;
}

function compileArray(items: readonly Value[], compile: Compile): Evaluator {
  const parts = items.map((item) => compile(item));
  return (scope) => parts.map((part) => part(scope) ?? null);
}

function compileDocument(expression: Doc, compile: Compile): Evaluator {
  const first: string | undefined = expression.keys().next().value;
  if (first?.startsWith("$") !== true) return compileFields(expression, compile);
  if (expression.size > 1) {
    throw numberedError(15983, "an object representing an expression must have exactly one field");
  }
  const build = OPERATORS.get(first);
  if (build === undefined) throw serverError("InvalidPipelineOperator", `Unrecognized expression '${first}'`);
  return build(expression.get(first) ?? null, compile);
}

function compileFields(expression: Doc, compile: Compile): Evaluator {
  const fields = [...expression].map(([name, value]) => {
    if (name.startsWith("$"))
      throw numberedError(16410, `FieldPath field names may not start with '$'. Given '${name}'`);
    if (name.includes(".")) throw numberedError(16412, `FieldPath field names may not contain '.'. Given '${name}'`);
    return [name, compile(value)] as const;
  });
  return (scope) => {
    const doc: Doc = new Map();
    for (const [name, part] of fields) {
      const value = part(scope);
      if (value !== undefined) doc.set(name, value);
    }
    return doc;
  };
}

function splitPath(path: string): string[] {
  const parts = path.split(".");
  for (const part of parts) {
    if (part === "") throw numberedError(15998, "FieldPath field names may not be empty strings.");
    if (part.startsWith("$"))
      throw numberedError(16410, `FieldPath field names may not start with '$'. Given '${part}'`);
  }
  return parts;
}

function compileFieldPath(path: string): Evaluator {
  if (path === "") throw numberedError(16872, "'$' by itself is not a valid FieldPath");
  const parts = splitPath(path);
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    return ({ current, root }) => {
      const from = current ?? root;
      return from instanceof Map ? from.get(only) : readPath(from, parts, 0);
    };
  }
  return ({ current, root }) => readPath(current ?? root, parts, 0);
}

function compileVariable(text: string): Evaluator {
  const [name = "", ...rest] = text.split(".");
  if (name === "") throw numberedError(16869, "empty variable names are not allowed");
  const read = variableReader(name);
  if (rest.length === 0) return read;
  const path = splitPath(rest.join("."));
  return (scope) => readPath(read(scope), path, 0);
}

function variableReader(name: string): Evaluator {
  switch (name) {
    case "ROOT":
      return (scope) => scope.root;
    case "CURRENT":
      return (scope) => scope.current ?? scope.root;
    case "REMOVE":
      return () => undefined;
    default:
      return (scope: Scope) => {
        if (!scope.variables.has(name)) throw numberedError(17276, `Use of undefined variable: ${name}`);
        return scope.variables.get(name);
      };
  }
}

/** Reads a path as expressions do: an array on the way gives the array of what its documents hold, and numbers are names. */
export function readPath(from: Value | undefined, path: readonly string[], at: number): Value | undefined {
  let value = from;
  for (let index = at; index < path.length; index++) {
    if (value instanceof Map) value = value.get(path[index] ?? "");
    else if (Array.isArray(value)) return value.flatMap((item) => readElement(item, path, index));
    else return undefined;
  }
  return value;
}

function readElement(item: Value, path: readonly string[], at: number): Value[] {
  if (!(item instanceof Map)) return [];
  const found = readPath(item, path, at);
  return found === undefined ? [] : [found];
}
