import { numberedError, serverError } from "../../errors";
import type { Value } from "../../bson/values";
import { isTruthy } from "../truth";
import {
  type Arguments,
  type Builder,
  checkNames,
  comparing,
  type Evaluator,
  fixed,
  isNullish,
  withVariables,
} from "./builder";

function comparison(name: string, run: (order: number) => Value): Builder {
  return comparing((order) => fixed(name, 2, 2, ([a, b]: Arguments) => run(Math.sign(order(a, b)))));
}

const list = (operand: Value): readonly Value[] => (Array.isArray(operand) ? operand : [operand]);

const buildAnd: Builder = (operand, compile) => {
  const parts = list(operand).map(compile);
  return (scope) => parts.every((part) => isTruthy(part(scope)));
};

const buildOr: Builder = (operand, compile) => {
  const parts = list(operand).map(compile);
  return (scope) => parts.some((part) => isTruthy(part(scope)));
};

const buildCond: Builder = (operand, compile) => {
  const [condition, yes, no] = operand instanceof Map ? condFields(operand) : list(operand);
  if (
    condition === undefined ||
    yes === undefined ||
    no === undefined ||
    (Array.isArray(operand) && operand.length > 3)
  ) {
    throw numberedError(16020, "Expression $cond takes exactly 3 arguments.");
  }
  const test = compile(condition);
  const then = compile(yes);
  const otherwise = compile(no);
  return (scope) => (isTruthy(test(scope)) ? then(scope) : otherwise(scope));
};

function condFields(operand: Map<string, Value>): (Value | undefined)[] {
  checkNames("$cond", operand, ["if", "then", "else"], []);
  return [operand.get("if"), operand.get("then"), operand.get("else")];
}

const buildIfNull: Builder = (operand, compile) => {
  const parts = list(operand).map(compile);
  if (parts.length < 2) throw numberedError(1257300, `$ifNull needs at least two arguments, had: ${parts.length}`);
  const last = parts.length - 1;
  return (scope) => {
    for (let index = 0; index < last; index++) {
      const value = parts[index]?.(scope);
      if (!isNullish(value)) return value;
    }
    return parts[last]?.(scope);
  };
};

const buildSwitch: Builder = (operand, compile) => {
  if (!(operand instanceof Map)) throw numberedError(40060, "$switch requires an object as an argument");
  checkNames("$switch", operand, ["branches"], ["default"]);
  const given = operand.get("branches");
  if (!Array.isArray(given)) throw numberedError(40061, "$switch expected an array for 'branches'");
  const branches = given.map((branch) => {
    if (!(branch instanceof Map)) throw numberedError(40062, "$switch expected each branch to be an object");
    checkNames("$switch", branch, ["case", "then"], []);
    return { test: compile(branch.get("case") ?? null), result: compile(branch.get("then") ?? null) };
  });
  if (branches.length === 0) throw numberedError(40068, "$switch requires at least one branch.");
  const otherwise: Evaluator = operand.has("default")
    ? compile(operand.get("default") ?? null)
    : () => {
        throw numberedError(
          40066,
          "$switch could not find a matching branch for an input, and no default was specified.",
        );
      };
  return (scope) => (branches.find((branch) => isTruthy(branch.test(scope)))?.result ?? otherwise)(scope);
};

const buildLet: Builder = (operand, compile) => {
  if (!(operand instanceof Map)) throw numberedError(16874, "$let only supports an object as its argument");
  checkNames("$let", operand, ["vars", "in"], []);
  const vars = operand.get("vars");
  if (!(vars instanceof Map)) throw numberedError(16876, "invalid parameter: expected an object (vars)");
  const bindings = [...vars].map(([name, value]) => [name, compile(value)] as const);
  for (const [name] of bindings) assertVariableName(name);
  const inner = compile(operand.get("in") ?? null);
  return (scope) =>
    inner(
      withVariables(
        scope,
        bindings.map(([name, value]) => [name, value(scope)]),
      ),
    );
};

/** Refuses a name that a user variable cannot have. */
export function assertVariableName(name: string): void {
  if (/^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/.test(name) || name === "CURRENT") return;
  throw serverError("FailedToParse", `'${name}' starts with an invalid character for a user variable name`);
}

/** Comparison, logic and choice. */
export const COMPARISON: Readonly<Record<string, Builder>> = {
  $cmp: comparison("$cmp", (order) => order),
  $eq: comparison("$eq", (order) => order === 0),
  $ne: comparison("$ne", (order) => order !== 0),
  $gt: comparison("$gt", (order) => order > 0),
  $gte: comparison("$gte", (order) => order >= 0),
  $lt: comparison("$lt", (order) => order < 0),
  $lte: comparison("$lte", (order) => order <= 0),
  $and: buildAnd,
  $or: buildOr,
  $not: fixed("$not", 1, 1, ([value]) => !isTruthy(value)),
  $cond: buildCond,
  $ifNull: buildIfNull,
  $switch: buildSwitch,
  $let: buildLet,
  $literal: (operand) => () => operand,
};
