import type { Doc, Value } from "../bson/values";
import { entries, readDoc, readDocs, type Rule, type Schema, type SubschemaCompiler } from "./rule";

type Builder = (operand: Value, schema: Doc, compile: SubschemaCompiler) => Rule | undefined;

function explainSchemas(value: Value, schemas: readonly Schema[]): Doc[] {
  return schemas.flatMap((schema, index) =>
    schema.isValid(value) ? [] : [entries({ index, details: schema.explain(value) })],
  );
}

function group(keyword: string, isEnough: (valid: number, all: number) => boolean): Builder {
  return (operand, _schema, compile) => {
    const schemas = readDocs(keyword, operand).map(compile);
    const countValid = (value: Value): number => schemas.filter((schema) => schema.isValid(value)).length;
    return {
      isValid: (value) => isEnough(countValid(value), schemas.length),
      explain: (value) => entries({ operatorName: keyword, schemasNotSatisfied: explainSchemas(value, schemas) }),
    };
  };
}

function oneOf(operand: Value, _schema: Doc, compile: SubschemaCompiler): Rule {
  const schemas = readDocs("oneOf", operand).map(compile);
  const matching = (value: Value): number[] =>
    schemas.flatMap((schema, index) => (schema.isValid(value) ? [index] : []));
  return {
    isValid: (value) => matching(value).length === 1,
    explain(value) {
      const found = matching(value);
      if (found.length === 0)
        return entries({ operatorName: "oneOf", schemasNotSatisfied: explainSchemas(value, schemas) });
      return entries({
        operatorName: "oneOf",
        reason: "more than one subschema matched",
        matchingSchemaIndexes: found,
      });
    },
  };
}

function not(operand: Value, _schema: Doc, compile: SubschemaCompiler): Rule {
  const schema = compile(readDoc("not", operand));
  return {
    isValid: (value) => !schema.isValid(value),
    explain: (value) => entries({ operatorName: "not", reason: "child expression matched", consideredValue: value }),
  };
}

/** The keywords that combine schemas. */
export const LOGICAL_KEYWORDS: Readonly<Record<string, Builder>> = {
  allOf: group("allOf", (valid, all) => valid === all),
  anyOf: group("anyOf", (valid) => valid > 0),
  oneOf,
  not,
};
