import { numberedError, serverError } from "../../errors";
import type { Doc, Value } from "../../bson/values";
import { checkNames } from "../operators/builder";
import { requireSpec, type StageBuilder } from "./stage";

const METHODS: Readonly<Record<string, string>> = { linear: "$linearFill", locf: "$locf" };

/** Fills missing and null fields: as the server does, by window functions for the methods and by `$ifNull` for the values. */
const fill: StageBuilder = (spec, { context, run }) => {
  const doc = requireSpec("$fill", spec);
  checkNames("$fill", doc, ["output"], ["partitionBy", "partitionByFields", "sortBy"]);
  if (doc.has("partitionBy") && doc.has("partitionByFields"))
    throw numberedError(6050204, "Maximum one of 'partitionBy' and 'partitionByFields can be specified in '$fill'");
  const values: Doc = new Map();
  const windows: Doc = new Map();
  for (const [name, rule] of requireSpec("$fill 'output'", doc.get("output"))) {
    const [kind, given] = readRule(name, rule);
    if (kind === "value") values.set(name, new Map([["$ifNull", [`$${name}`, given]]]));
    else windows.set(name, new Map([[methodOf(given), `$${name}`]]));
  }
  const pipeline: Doc[] = [];
  if (windows.size > 0) pipeline.push(new Map([["$setWindowFields", windowSpec(doc, windows)]]));
  if (values.size > 0) pipeline.push(new Map([["$addFields", values]]));
  return (input) => run(pipeline, input, context);
};

function readRule(name: string, rule: Value): readonly [string, Value] {
  const [kind, given] = rule instanceof Map ? (rule.entries().next().value ?? []) : [];
  if (!(rule instanceof Map) || rule.size !== 1 || given === undefined || (kind !== "value" && kind !== "method")) {
    throw serverError("FailedToParse", `$fill: '${name}' must be an object with exactly one of 'value' and 'method'`);
  }
  return [kind, given];
}

function methodOf(given: Value): string {
  const method = typeof given === "string" && Object.hasOwn(METHODS, given) ? METHODS[given] : undefined;
  if (method === undefined) throw numberedError(6050202, "Method must be either 'locf' or 'linear'");
  return method;
}

function windowSpec(doc: Doc, output: Doc): Doc {
  const spec: Doc = new Map([["output", output]]);
  const sortBy = doc.get("sortBy");
  if (sortBy !== undefined) spec.set("sortBy", sortBy);
  const fields = doc.get("partitionByFields");
  const partition = Array.isArray(fields) ? partitionOf(fields) : doc.get("partitionBy");
  if (partition !== undefined) spec.set("partitionBy", partition);
  return spec;
}

function partitionOf(fields: readonly Value[]): Doc {
  return new Map(
    fields.map((field, index): [string, Value] => {
      if (typeof field !== "string") throw serverError("TypeMismatch", "$fill: 'partitionByFields' must hold strings");
      // A path cannot be a field's name, and the names do not show.
      return [`f${index}`, `$${field}`];
    }),
  );
}

/** The stage that fills gaps. */
export const FILL_STAGES: Readonly<Record<string, StageBuilder>> = { $fill: fill };
