import { serverError } from "../errors";
import { encodeKey } from "../bson/keystring";
import { isZero, toDecimalParts, toDouble, toWhole } from "../bson/numeric";
import { compare } from "../bson/order";
import { isNumeric, type Numeric } from "../bson/types";
import { Decimal128, type Doc, type Value } from "../bson/values";
import { parseTypeNames } from "../match/predicates";
import { compileRegex } from "../match/regular-expression";
import { entries, leafRule, mistyped, readCount, readNumber, type Rule, typeRule } from "./rule";

type Builder = (operand: Value, schema: Doc) => Rule | undefined;

const JSON_TYPES: Readonly<Record<string, readonly string[]>> = {
  array: ["array"],
  boolean: ["bool"],
  null: ["null"],
  number: ["int", "long", "double", "decimal"],
  object: ["object"],
  string: ["string"],
};

function jsonType(operand: Value): Rule {
  const given = Array.isArray(operand) ? operand : [operand];
  const names = given.flatMap((name) => {
    if (name === "integer")
      throw serverError("FailedToParse", "$jsonSchema type 'integer' is not currently supported.");
    const types = typeof name === "string" && Object.hasOwn(JSON_TYPES, name) ? JSON_TYPES[name] : undefined;
    if (types === undefined) throw serverError("BadValue", `Unknown type name alias: ${String(name)}`);
    return types;
  });
  return typeRule("type", operand, new Set(names));
}

function bound(keyword: "minimum" | "maximum", operand: Value, schema: Doc): Rule {
  const limit = readNumber(keyword, operand);
  const exclusiveKeyword = keyword === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum";
  const exclusive = schema.get(exclusiveKeyword);
  if (exclusive !== undefined && typeof exclusive !== "boolean") throw mistyped(exclusiveKeyword, "a boolean");
  const sign = keyword === "minimum" ? 1 : -1;
  const least = exclusive === true ? 1 : 0;
  const isValid = (value: Value): boolean => !isNumeric(value) || compare(value, limit) * sign >= least;
  const rule = leafRule(keyword, operand, "comparison failed", isValid);
  if (exclusive === undefined) return rule;
  const specifiedAs = entries({ [keyword]: operand, [exclusiveKeyword]: exclusive });
  return { isValid, explain: (value) => rule.explain(value).set("specifiedAs", specifiedAs) };
}

function exclusiveBound(keyword: string, needed: string): Builder {
  return (operand, schema) => {
    if (typeof operand !== "boolean") throw mistyped(keyword, "a boolean");
    if (!schema.has(needed)) {
      throw serverError("FailedToParse", `$jsonSchema keyword '${needed}' must be a present if ${keyword} is present`);
    }
    return undefined;
  };
}

function multipleOf(operand: Value): Rule {
  const divisor = readNumber("multipleOf", operand);
  if (toDouble(divisor) <= 0)
    throw serverError("FailedToParse", "$jsonSchema keyword 'multipleOf' must have a positive value");
  const reason = "considered value is not a multiple of the specified value";
  return leafRule("multipleOf", operand, reason, (value) => !isNumeric(value) || isMultiple(value, divisor));
}

function isMultiple(value: Numeric, divisor: Numeric): boolean {
  if (value instanceof Decimal128 || divisor instanceof Decimal128) {
    const left = toDecimalParts(value);
    const right = toDecimalParts(divisor);
    if (left.special !== undefined || right.special !== undefined || isZero(divisor)) return false;
    const exponent = Math.min(left.exponent, right.exponent);
    const raise = (part: typeof left): bigint => part.coefficient * 10n ** BigInt(part.exponent - exponent);
    return raise(left) % raise(right) === 0n;
  }
  const whole = toWhole(value);
  const step = toWhole(divisor);
  return whole !== undefined && step !== undefined ? whole % step === 0n : toDouble(value) % toDouble(divisor) === 0;
}

/** JSON Schema counts characters, which are code points. */
function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function textLength(keyword: "minLength" | "maxLength", operand: Value): Rule {
  const limit = readCount(keyword, operand);
  const isValid = (value: Value): boolean =>
    typeof value !== "string" || (keyword === "minLength" ? lengthOf(value) >= limit : lengthOf(value) <= limit);
  return leafRule(keyword, operand, "specified string length was not satisfied", isValid);
}

function pattern(operand: Value): Rule {
  if (typeof operand !== "string") throw mistyped("pattern", "a string");
  const regex = compileRegex(operand, "");
  const reason = "regular expression did not match";
  return leafRule("pattern", operand, reason, (value) => typeof value !== "string" || regex.test(value));
}

function enumeration(operand: Value): Rule {
  if (!Array.isArray(operand)) throw mistyped("enum", "an array");
  if (operand.length === 0) throw serverError("FailedToParse", "$jsonSchema keyword 'enum' cannot be an empty array");
  const keys = new Set(operand.map((value) => encodeKey([value], [false])));
  if (keys.size < operand.length) {
    throw serverError("FailedToParse", "$jsonSchema keyword 'enum' array cannot contain duplicate values");
  }
  return leafRule("enum", operand, "value was not found in enum", (value) => keys.has(encodeKey([value], [false])));
}

/** The keywords that look at a value by itself. */
export const SCALAR_KEYWORDS: Readonly<Record<string, Builder>> = {
  type: jsonType,
  bsonType: (operand) => typeRule("bsonType", operand, parseTypeNames(operand, "$jsonSchema keyword 'bsonType'")),
  enum: enumeration,
  minimum: (operand, schema) => bound("minimum", operand, schema),
  maximum: (operand, schema) => bound("maximum", operand, schema),
  exclusiveMinimum: exclusiveBound("exclusiveMinimum", "minimum"),
  exclusiveMaximum: exclusiveBound("exclusiveMaximum", "maximum"),
  multipleOf,
  minLength: (operand) => textLength("minLength", operand),
  maxLength: (operand) => textLength("maxLength", operand),
  pattern,
};
