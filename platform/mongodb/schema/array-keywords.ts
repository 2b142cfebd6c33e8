import { serverError } from "../errors";
import { encodeKey } from "../bson/keystring";
import type { Doc, Value } from "../bson/values";
import {
  entries,
  leafRule,
  mistyped,
  readCount,
  readDoc,
  type Rule,
  type Schema,
  type SubschemaCompiler,
} from "./rule";

type Builder = (operand: Value, schema: Doc, compile: SubschemaCompiler) => Rule | undefined;

function itemCount(keyword: "minItems" | "maxItems", operand: Value): Rule {
  const limit = readCount(keyword, operand);
  const isValid = (value: Value): boolean =>
    !Array.isArray(value) || (keyword === "minItems" ? value.length >= limit : value.length <= limit);
  return leafRule(keyword, operand, "array did not match specified length", isValid);
}

function findDuplicate(items: readonly Value[]): Value | undefined {
  const seen = new Set<string>();
  return items.find((item) => {
    const key = encodeKey([item], [false]);
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}

function uniqueItems(operand: Value): Rule | undefined {
  if (typeof operand !== "boolean") throw mistyped("uniqueItems", "a boolean");
  if (!operand) return undefined;
  const rule = leafRule("uniqueItems", operand, "found a duplicate item", (value) => {
    return !Array.isArray(value) || findDuplicate(value) === undefined;
  });
  return {
    isValid: (value) => rule.isValid(value),
    explain: (value) =>
      rule.explain(value).set("duplicatedValue", (Array.isArray(value) && findDuplicate(value)) || null),
  };
}

function itemSchemas(operand: Value, _schema: Doc, compile: SubschemaCompiler): Rule {
  if (Array.isArray(operand)) return tuple(operand.map((one) => compile(readDoc("items", one))));
  return everyItem("items", compile(readDoc("items", operand)), 0);
}

function everyItem(keyword: string, schema: Schema, from: number): Rule {
  const failing = (value: Value): number =>
    Array.isArray(value) ? value.findIndex((item, index) => index >= from && !schema.isValid(item)) : -1;
  return {
    isValid: (value) => failing(value) < 0,
    explain: (value) => explainItem(keyword, value, failing(value), schema),
  };
}

function explainItem(keyword: string, value: Value, index: number, schema: Schema | undefined): Doc {
  const item = Array.isArray(value) ? value[index] : undefined;
  return entries({
    operatorName: keyword,
    reason: "At least one item did not match the sub-schema",
    itemIndex: index,
    details: item === undefined || schema === undefined ? [] : schema.explain(item),
  });
}

function tuple(schemas: readonly Schema[]): Rule {
  const failing = (value: Value): number =>
    Array.isArray(value)
      ? schemas.findIndex((schema, index) => index < value.length && !schema.isValid(value[index] ?? null))
      : -1;
  return {
    isValid: (value) => failing(value) < 0,
    explain: (value) => explainItem("items", value, failing(value), schemas[failing(value)]),
  };
}

function additionalItems(operand: Value, schema: Doc, compile: SubschemaCompiler): Rule | undefined {
  const listed = schema.get("items");
  if (typeof operand !== "boolean" && !(operand instanceof Map)) {
    throw serverError("TypeMismatch", "$jsonSchema keyword 'additionalItems' must be either an object or a boolean");
  }
  if (!Array.isArray(listed) || operand === true) return undefined;
  if (operand instanceof Map) return everyItem("additionalItems", compile(operand), listed.length);
  const reason = "found additional items";
  return leafRule(
    "additionalItems",
    operand,
    reason,
    (value) => !Array.isArray(value) || value.length <= listed.length,
  );
}

/** The keywords that look into arrays. */
export const ARRAY_KEYWORDS: Readonly<Record<string, Builder>> = {
  minItems: (operand) => itemCount("minItems", operand),
  maxItems: (operand) => itemCount("maxItems", operand),
  uniqueItems,
  items: itemSchemas,
  additionalItems,
};
