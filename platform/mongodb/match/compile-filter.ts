import { compileExpression } from "../aggregate/expression";
import { isTruthy } from "../aggregate/truth";
import { serverError } from "../errors";
import type { Doc, Value } from "../bson/values";
import { compileSchema } from "../schema/compile-schema";
import { type Comparator, compileCollation } from "./collation";
import { compileCondition } from "./compile-condition";
import { isOperatorDoc } from "./conditions";
import type { Details, Matcher } from "./walk-path";

/** What a filter may refer to besides the document. */
export interface FilterContext {
  readonly variables?: Doc;
  readonly collation?: Doc;
  readonly now?: Date;
}

/** A compiled filter. */
export interface Filter {
  /** How values compare by the collation of the filter. */
  readonly order: Comparator;
  matches(doc: Doc): boolean;
  /** Gives the index of the array element that made the document match, for the positional `$`; undefined when no array did. */
  arrayIndex(doc: Doc): number | undefined;
}

interface Compilation {
  readonly order: Comparator;
  readonly variables: ReadonlyMap<string, Value>;
}

/**
 * Compiles a query filter to closures.
 * Throws: BadValue for a malformed filter or an unknown operator, NotImplemented for `$where`, `$text` and the geospatial operators.
 */
export function compileFilter(filter: Doc, context: FilterContext = {}): Filter {
  const variables = new Map<string, Value>(context.variables ?? []);
  if (context.now !== undefined) variables.set("NOW", context.now);
  const order = compileCollation(context.collation);
  const matcher = compileDocument(filter, { order, variables });
  return {
    order,
    matches: (doc) => matcher(doc),
    arrayIndex(doc) {
      const details: Details = {};
      return matcher(doc, details) ? details.index : undefined;
    },
  };
}

/** Compiles what `$pull` says about the elements of an array: a value, a regular expression, operators, or a filter for elements that are documents. */
export function compileElementTest(operand: Value, order: Comparator): (element: Value) => boolean {
  const compilation: Compilation = { order, variables: new Map() };
  if (operand instanceof Map && !isOperatorDoc(operand)) {
    const matcher = compileDocument(operand, compilation);
    return (element) => element instanceof Map && matcher(element);
  }
  const context = {
    order: compilation.order,
    compile: (inner: Doc) => compileDocument(inner, compilation),
    isElement: true,
  };
  const matcher = allOf(compileCondition("element", operand, context));
  return (element) => matcher(new Map([["element", element]]));
}

function compileDocument(filter: Doc, compilation: Compilation): Matcher {
  const parts = [...filter].flatMap(([name, operand]) => compileEntry(name, operand, compilation));
  return allOf(parts);
}

/** Joins matchers by "and"; every part runs, so that the last one that went through an array names the element. */
export function allOf(parts: readonly Matcher[]): Matcher {
  const [first, second, third] = parts;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return (doc, details) => first(doc, details) && second(doc, details);
  return (doc, details) => {
    for (const part of parts) if (!part(doc, details)) return false;
    return true;
  };
}

function compileEntry(name: string, operand: Value, compilation: Compilation): Matcher[] {
  if (!name.startsWith("$")) {
    return compileCondition(name, operand, {
      order: compilation.order,
      compile: (inner) => compileDocument(inner, compilation),
    });
  }
  switch (name) {
    case "$and":
      return [allOf(compileList(name, operand, compilation))];
    case "$or": {
      const parts = compileList(name, operand, compilation);
      return [(doc, details) => parts.some((part) => part(doc, details))];
    }
    case "$nor": {
      const parts = compileList(name, operand, compilation);
      return [(doc) => !parts.some((part) => part(doc))];
    }
    case "$comment":
      return [];
    case "$expr":
      return [compileExpr(operand, compilation)];
    case "$jsonSchema": {
      if (!(operand instanceof Map)) throw serverError("TypeMismatch", "$jsonSchema must be an object");
      const schema = compileSchema(operand);
      return [(doc) => schema.isValid(doc)];
    }
    case "$alwaysTrue":
      return [() => true];
    case "$alwaysFalse":
      return [() => false];
    case "$where":
    case "$text":
      throw serverError("NotImplemented", `${name} is not implemented`);
    default:
      throw serverError(
        "BadValue",
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
  }
}

function compileList(name: string, operand: Value, compilation: Compilation): Matcher[] {
  if (!Array.isArray(operand)) throw serverError("BadValue", `${name} must be an array`);
  if (operand.length === 0) throw serverError("BadValue", "$and/$or/$nor must be a nonempty array");
  return operand.map((part) => {
    if (!(part instanceof Map)) throw serverError("BadValue", "$or/$and/$nor entries need to be full objects");
    return compileDocument(part, compilation);
  });
}

function compileExpr(operand: Value, { order, variables }: Compilation): Matcher {
  const evaluate = compileExpression(operand, order);
  return (doc) => isTruthy(evaluate({ root: doc, variables }));
}
