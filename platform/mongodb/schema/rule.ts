import { serverError, type ServerError } from "../errors";
import { toWhole } from "../bson/numeric";
import { type Numeric, isNumeric, typeNameOf } from "../bson/types";
import type { Doc, Value } from "../bson/values";

/** One keyword of a schema, compiled. A rule passes values it does not speak about, such as a number for `minLength`. */
export interface Rule {
  isValid(value: Value): boolean;
  /** Explains a value that is not valid in the words of the server's errInfo. */
  explain(value: Value): Doc;
}

/** A compiled (sub)schema. */
export interface Schema {
  isValid(value: Value): boolean;
  /** Lists the rules that a value does not satisfy; none when it is valid. */
  explain(value: Value): Doc[];
  /** The title and the description, which explanations repeat. */
  readonly annotations: Doc;
}

/** Compiles a nested schema: handed down, so that the keyword files need not import the compiler. */
export type SubschemaCompiler = (schema: Doc) => Schema;

/** Builds a document from its entries, leaving out what is undefined. */
export function entries(fields: Record<string, Value | undefined>): Doc {
  const doc: Doc = new Map();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) doc.set(name, value);
  return doc;
}

/** Builds the rule of a keyword that tests a value by itself. */
export function leafRule(keyword: string, operand: Value, reason: string, isValid: (value: Value) => boolean): Rule {
  const specifiedAs = entries({ [keyword]: operand });
  return {
    isValid,
    explain: (value) => entries({ operatorName: keyword, specifiedAs, reason, consideredValue: value }),
  };
}

/** Builds the rule of a keyword that asks for a type. */
export function typeRule(keyword: string, operand: Value, names: ReadonlySet<string>): Rule {
  const specifiedAs = entries({ [keyword]: operand });
  return {
    isValid: (value) => names.has(typeNameOf(value)),
    explain: (value) =>
      entries({
        operatorName: keyword,
        specifiedAs,
        reason: "type did not match",
        consideredValue: value,
        consideredType: typeNameOf(value),
      }),
  };
}

/** Says what a keyword needed and did not get. */
export function mistyped(keyword: string, expected: string): ServerError {
  return serverError("TypeMismatch", `$jsonSchema keyword '${keyword}' must be ${expected}`);
}

/** Reads a whole number that is not negative. */
export function readCount(keyword: string, operand: Value): number {
  const whole = toWhole(operand);
  if (whole === undefined || whole < 0n) {
    throw serverError("FailedToParse", `$jsonSchema keyword '${keyword}' must be a non-negative integer`);
  }
  return Number(whole);
}

/** Reads a number. */
export function readNumber(keyword: string, operand: Value): Numeric {
  if (!isNumeric(operand)) throw mistyped(keyword, "a number");
  return operand;
}

/** Reads a document. */
export function readDoc(keyword: string, operand: Value): Doc {
  if (!(operand instanceof Map)) throw mistyped(keyword, "an object");
  return operand;
}

/** Reads a list of one or more documents. */
export function readDocs(keyword: string, operand: Value): Doc[] {
  if (!Array.isArray(operand)) throw mistyped(keyword, "an array of objects");
  if (operand.length === 0) throw serverError("BadValue", `$jsonSchema keyword '${keyword}' must be a non-empty array`);
  return operand.map((one) => readDoc(keyword, one));
}

/** Reads a list of one or more different strings. */
export function readNames(keyword: string, operand: Value): string[] {
  if (!Array.isArray(operand)) throw mistyped(keyword, "an array of strings");
  const names = operand.map((one) => {
    if (typeof one !== "string") throw mistyped(keyword, "an array of strings");
    return one;
  });
  if (names.length === 0)
    throw serverError("FailedToParse", `$jsonSchema keyword '${keyword}' cannot be an empty array`);
  if (new Set(names).size < names.length) {
    throw serverError("FailedToParse", `$jsonSchema keyword '${keyword}' array cannot contain duplicate values`);
  }
  return names;
}
