import { serverError } from "../errors";
import type { Doc, Value } from "../bson/values";
import { ARRAY_KEYWORDS } from "./array-keywords";
import { LOGICAL_KEYWORDS } from "./logical-keywords";
import { OBJECT_KEYWORDS } from "./object-keywords";
import { mistyped, type Rule, type Schema, type SubschemaCompiler } from "./rule";
import { SCALAR_KEYWORDS } from "./scalar-keywords";

const KEYWORDS: ReadonlyMap<string, (operand: Value, schema: Doc, compile: SubschemaCompiler) => Rule | undefined> =
  new Map(Object.entries({ ...SCALAR_KEYWORDS, ...ARRAY_KEYWORDS, ...OBJECT_KEYWORDS, ...LOGICAL_KEYWORDS }));

const UNSUPPORTED = new Set(["$ref", "$schema", "default", "definitions", "format", "id"]);
const ANNOTATIONS = ["title", "description"];

/**
 * Compiles a `$jsonSchema` document.
 * Throws: FailedToParse or TypeMismatch when a keyword is unknown, not supported by the server either, or has a wrong operand.
 */
export function compileSchema(schema: Doc): Schema {
  if (schema.has("type") && schema.has("bsonType")) {
    throw serverError("FailedToParse", "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  }
  const rules = [...schema].flatMap(([keyword, operand]) => compileKeyword(keyword, operand, schema) ?? []);
  return {
    isValid(value) {
      for (const rule of rules) if (!rule.isValid(value)) return false;
      return true;
    },
    explain: (value) => rules.filter((rule) => !rule.isValid(value)).map((rule) => rule.explain(value)),
    annotations: annotationsOf(schema),
  };
}

function compileKeyword(keyword: string, operand: Value, schema: Doc): Rule | undefined {
  if (ANNOTATIONS.includes(keyword)) {
    if (typeof operand !== "string") throw mistyped(keyword, "a string");
    return undefined;
  }
  const build = KEYWORDS.get(keyword);
  if (build !== undefined) return build(operand, schema, compileSchema);
  if (UNSUPPORTED.has(keyword))
    throw serverError("FailedToParse", `$jsonSchema keyword '${keyword}' is not currently supported`);
  throw serverError("FailedToParse", `Unknown $jsonSchema keyword: ${keyword}`);
}

function annotationsOf(schema: Doc): Doc {
  return new Map(
    ANNOTATIONS.flatMap((name): [string, Value][] => {
      const text = schema.get(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
