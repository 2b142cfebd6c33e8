import { serverError } from "../errors";
import type { Doc, Value } from "../bson/values";
import { compileRegex } from "../match/regular-expression";
import {
  entries,
  leafRule,
  mistyped,
  readCount,
  readDoc,
  readNames,
  type Rule,
  type Schema,
  type SubschemaCompiler,
} from "./rule";

type Builder = (operand: Value, schema: Doc, compile: SubschemaCompiler) => Rule | undefined;

function properties(operand: Value, _schema: Doc, compile: SubschemaCompiler): Rule {
  const known = [...readDoc("properties", operand)].map(([name, schema]) => {
    if (!(schema instanceof Map))
      throw serverError("TypeMismatch", `Nested schema for $jsonSchema property '${name}' must be an object`);
    return { name, schema: compile(schema) };
  });
  const isFailing = (doc: Doc, name: string, schema: Schema): boolean => {
    const value = doc.get(name);
    return value !== undefined && !schema.isValid(value);
  };
  return {
    isValid(value) {
      if (!(value instanceof Map)) return true;
      for (const { name, schema } of known) if (isFailing(value, name, schema)) return false;
      return true;
    },
    explain(value) {
      const doc = value instanceof Map ? value : new Map<string, Value>();
      const failing = known.filter(({ name, schema }) => isFailing(doc, name, schema));
      return entries({
        operatorName: "properties",
        propertiesNotSatisfied: failing.map(({ name, schema }) => explainProperty(name, schema, doc.get(name) ?? null)),
      });
    },
  };
}

function explainProperty(name: string, schema: Schema, value: Value): Doc {
  return new Map<string, Value>([["propertyName", name], ...schema.annotations, ["details", schema.explain(value)]]);
}

function required(operand: Value): Rule {
  const names = readNames("required", operand);
  const specifiedAs = entries({ required: operand });
  return {
    isValid: (value) => !(value instanceof Map) || names.every((name) => value.has(name)),
    explain: (value) =>
      entries({
        operatorName: "required",
        specifiedAs,
        missingProperties: names.filter((name) => value instanceof Map && !value.has(name)),
      }),
  };
}

interface PatternSchema {
  readonly pattern: string;
  readonly regex: RegExp;
  readonly schema: Schema;
}

function readPatterns(operand: Value | undefined, compile: SubschemaCompiler): PatternSchema[] {
  if (operand === undefined) return [];
  return [...readDoc("patternProperties", operand)].map(([pattern, schema]) => ({
    pattern,
    regex: compileRegex(pattern, ""),
    schema: compile(readDoc("patternProperties", schema)),
  }));
}

function patternProperties(operand: Value, _schema: Doc, compile: SubschemaCompiler): Rule {
  const patterns = readPatterns(operand, compile);
  const failures = (value: Value): Doc[] => {
    if (!(value instanceof Map)) return [];
    return [...value].flatMap(([name, field]) =>
      patterns
        .filter(({ regex, schema }) => regex.test(name) && !schema.isValid(field))
        .map(({ pattern, schema }) =>
          entries({ propertyName: name, regexMatched: pattern, details: schema.explain(field) }),
        ),
    );
  };
  return {
    isValid: (value) => failures(value).length === 0,
    explain: (value) => entries({ operatorName: "patternProperties", details: failures(value) }),
  };
}

function additionalProperties(operand: Value, schema: Doc, compile: SubschemaCompiler): Rule | undefined {
  if (typeof operand !== "boolean" && !(operand instanceof Map)) {
    throw serverError("TypeMismatch", "$jsonSchema keyword 'additionalProperties' must be an object or a boolean");
  }
  if (operand === true) return undefined;
  const listed = schema.get("properties");
  const known = new Set(listed instanceof Map ? listed.keys() : []);
  const patterns = readPatterns(schema.get("patternProperties"), compile);
  const isExtra = (name: string): boolean => !known.has(name) && !patterns.some(({ regex }) => regex.test(name));
  return operand instanceof Map ? extraSchema(compile(operand), isExtra) : noExtras(operand, isExtra);
}

function noExtras(operand: Value, isExtra: (name: string) => boolean): Rule {
  const specifiedAs = entries({ additionalProperties: operand });
  return {
    isValid(value) {
      if (!(value instanceof Map)) return true;
      for (const name of value.keys()) if (isExtra(name)) return false;
      return true;
    },
    explain: (value) =>
      entries({
        operatorName: "additionalProperties",
        specifiedAs,
        additionalProperties: value instanceof Map ? [...value.keys()].filter(isExtra) : [],
      }),
  };
}

function extraSchema(schema: Schema, isExtra: (name: string) => boolean): Rule {
  const failing = (value: Value): [string, Value] | undefined =>
    value instanceof Map ? [...value].find(([name, field]) => isExtra(name) && !schema.isValid(field)) : undefined;
  return {
    isValid: (value) => failing(value) === undefined,
    explain(value) {
      const found = failing(value);
      return entries({
        operatorName: "additionalProperties",
        reason: "at least one additional property did not match the subschema",
        failingProperty: found?.[0],
        details: found === undefined ? [] : schema.explain(found[1]),
      });
    },
  };
}

function propertyCount(keyword: "minProperties" | "maxProperties", operand: Value): Rule {
  const limit = readCount(keyword, operand);
  const isValid = (value: Value): boolean =>
    !(value instanceof Map) || (keyword === "minProperties" ? value.size >= limit : value.size <= limit);
  const rule = leafRule(keyword, operand, "specified number of properties was not satisfied", isValid);
  return {
    isValid,
    explain: (value) => rule.explain(value).set("numberOfProperties", value instanceof Map ? value.size : 0),
  };
}

function dependencies(operand: Value, _schema: Doc, compile: SubschemaCompiler): Rule {
  const parts = [...readDoc("dependencies", operand)].map(([name, needed]) => {
    if (needed instanceof Map) return { name, schema: compile(needed), names: [] };
    if (!Array.isArray(needed)) throw mistyped("dependencies", "an object of arrays or objects");
    return { name, schema: undefined, names: readNames("dependencies", needed) };
  });
  const failures = (value: Value): Doc[] => {
    if (!(value instanceof Map)) return [];
    return parts.flatMap(({ name, schema, names }) => {
      if (!value.has(name)) return [];
      if (schema !== undefined) {
        return schema.isValid(value) ? [] : [entries({ conditionalProperty: name, details: schema.explain(value) })];
      }
      const missing = names.filter((one) => !value.has(one));
      return missing.length === 0 ? [] : [entries({ conditionalProperty: name, missingProperties: missing })];
    });
  };
  return {
    isValid: (value) => failures(value).length === 0,
    explain: (value) => entries({ operatorName: "dependencies", failingDependencies: failures(value) }),
  };
}

/** The keywords that look into documents. */
export const OBJECT_KEYWORDS: Readonly<Record<string, Builder>> = {
  properties,
  required,
  patternProperties,
  additionalProperties,
  minProperties: (operand) => propertyCount("minProperties", operand),
  maxProperties: (operand) => propertyCount("maxProperties", operand),
  dependencies,
};
