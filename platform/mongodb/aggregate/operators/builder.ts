import { numberedError, serverError } from "../../errors";
import { isAbsent } from "../../bson/types";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";

/** What an expression is evaluated against: `current` is what a bare `$field` reads, the root unless an operator narrows it. */
export interface Scope {
  readonly root: Doc;
  readonly current?: Value;
  readonly variables: ReadonlyMap<string, Value | undefined>;
}

/** A compiled expression; `undefined` means missing. */
export type Evaluator = (scope: Scope) => Value | undefined;

/** Compiles a nested expression: handed down, so that operator files need not import the compiler. */
export interface Compile {
  (expression: Value): Evaluator;
  /** How values compare: in BSON order, or by the collation of the command. */
  readonly order: Comparator;
}

/** Compiles one operator from its operand. */
export type Builder = (operand: Value, compile: Compile) => Evaluator;

/** The evaluated arguments of an operator, in order. */
export type Arguments = readonly (Value | undefined)[];

/** Tells whether a value is null or missing. */
export function isNullish(value: Value | undefined): value is null | undefined {
  return value === null || isAbsent(value);
}

/** Builds an operator of `min` to `max` positional arguments; a single argument need not stand in an array. */
export function fixed(name: string, min: number, max: number, run: (args: Arguments) => Value | undefined): Builder {
  return (operand, compile) => {
    const given = Array.isArray(operand) ? operand : [operand];
    if (given.length < min || given.length > max) throw wrongCount(name, min, max, given.length);
    const parts = given.map(compile);
    const [first, second] = parts;
    if (first !== undefined && parts.length === 1) return (scope) => run([first(scope)]);
    if (first !== undefined && second !== undefined && parts.length === 2)
      return (scope) => run([first(scope), second(scope)]);
    return (scope) => run(parts.map((part) => part(scope)));
  };
}

function wrongCount(name: string, min: number, max: number, given: number): Error {
  if (min === max)
    return numberedError(16020, `Expression ${name} takes exactly ${min} arguments. ${given} were passed in.`);
  return numberedError(
    28667,
    `Expression ${name} takes at least ${min} arguments, and at most ${max}, but ${given} were passed in.`,
  );
}

/** Builds an operator that compares values, and so depends on the collation. */
export function comparing(build: (order: Comparator) => Builder): Builder {
  return (operand, compile) => build(compile.order)(operand, compile);
}

/** Builds an operator of any number of arguments. */
export function variadic(run: (args: Arguments) => Value | undefined): Builder {
  return (operand, compile) => {
    const parts = (Array.isArray(operand) ? operand : [operand]).map(compile);
    return (scope) => run(parts.map((part) => part(scope)));
  };
}

/** Builds an operator whose operand is a document of named arguments; a missing optional one is undefined. */
export function named(
  name: string,
  required: readonly string[],
  optional: readonly string[],
  run: (args: Readonly<Record<string, Value | undefined>>, has: ReadonlySet<string>) => Value | undefined,
): Builder {
  return (operand, compile) => {
    if (!(operand instanceof Map)) throw serverError("FailedToParse", `${name} requires an object as an argument`);
    checkNames(name, operand, required, optional);
    const parts = [...operand].map(([key, value]) => [key, compile(value)] as const);
    const has = new Set(operand.keys());
    return (scope) => run(Object.fromEntries(parts.map(([key, part]) => [key, part(scope)])), has);
  };
}

/** Refuses arguments an operator does not know, and the absence of those it needs. */
export function checkNames(name: string, operand: Doc, required: readonly string[], optional: readonly string[]): void {
  for (const key of operand.keys()) {
    if (!required.includes(key) && !optional.includes(key)) {
      throw serverError("FailedToParse", `Unrecognized argument to ${name}: ${key}`);
    }
  }
  for (const key of required) {
    if (!operand.has(key)) throw serverError("FailedToParse", `Missing '${key}' parameter to ${name}`);
  }
}

/** Evaluates with further variables. */
export function withVariables(scope: Scope, more: Iterable<readonly [string, Value | undefined]>): Scope {
  return { ...scope, variables: new Map([...scope.variables, ...more]) };
}
