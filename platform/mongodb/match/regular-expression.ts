import { numberedError, serverError } from "../errors";
import { BSONRegExp, BSONSymbol, type Value } from "../bson/values";
import { createRegex } from "./bounded-regex";
import type { Predicate } from "./walk-path";

const INLINE = /^\(\?([imsx]+)\)/;

/**
 * Translates a regular expression of the server (PCRE) to one of JavaScript, in code points when the pattern allows it.
 * Throws: a numbered error when the pattern has no JavaScript form.
 */
export function compileRegex(pattern: string, options: string): RegExp {
  const bad = /[^imsxu]/.exec(options);
  if (bad !== null) throw numberedError(51108, `invalid flag in regex options: ${bad[0]}`);
  let source = pattern;
  let flags = options;
  const inline = INLINE.exec(source);
  if (inline !== null) {
    source = source.slice(inline[0].length);
    flags += inline[1] ?? "";
  }
  if (flags.includes("x")) source = withoutLayout(source);
  const kept = [...new Set(flags.replace(/[xu]/g, ""))].join("");
  return tryRegex(source, `${kept}u`) ?? tryRegex(source, kept) ?? refuse(pattern);
}

function tryRegex(source: string, flags: string): RegExp | undefined {
  try {
    return createRegex(source, flags);
  } catch {
    // A pattern may be legal without the code point flag only; whether it is legal at all shows on the second try.
    return undefined;
  }
}

function refuse(pattern: string): never {
  throw numberedError(51091, `Regular expression is invalid: ${pattern}`);
}

/** Removes blanks and comments outside character classes, as option `x` asks. */
function withoutLayout(source: string): string {
  return source.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\s+|#[^\n]*(?:\n|$)/g, (part) =>
    part.startsWith("\\") || part.startsWith("[") ? part : "",
  );
}

/** Builds the predicate of `$regex`: strings that match, and regular expressions that are the same. */
export function regexPredicate(pattern: string, options: string): Predicate {
  const regex = compileRegex(pattern, options);
  const sorted = new BSONRegExp(pattern, options).options;
  return (value) => {
    if (typeof value === "string") return regex.test(value);
    if (value instanceof BSONRegExp) return value.pattern === pattern && value.options === sorted;
    return value instanceof BSONSymbol && regex.test(value.value);
  };
}

/** Reads the operands of `$regex` and `$options` of one condition. */
export function parseRegexOperand(operand: Value, options: Value | undefined): Predicate {
  if (options !== undefined && typeof options !== "string")
    throw serverError("BadValue", "$options has to be a string");
  if (typeof operand === "string") return regexPredicate(operand, options ?? "");
  if (!(operand instanceof BSONRegExp)) throw serverError("BadValue", "$regex has to be a string");
  if (options !== undefined && operand.options !== "") {
    throw numberedError(51075, "options set in both $regex and $options");
  }
  return regexPredicate(operand.pattern, options ?? operand.options);
}
