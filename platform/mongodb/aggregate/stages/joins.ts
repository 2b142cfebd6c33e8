import { numberedError, serverError } from "../../errors";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { compileExpression, type Evaluator } from "../expression";
import { checkNames } from "../operators/builder";
import { withPath } from "./basic";
import { indexForeign, joinValues } from "./foreign-index";
import {
  lazily,
  type PipelineContext,
  requirePipeline,
  requireSpec,
  type StageBuilder,
  type StageTools,
} from "./stage";

interface Lookup {
  readonly from: string | undefined;
  readonly as: readonly string[];
  readonly localField: readonly string[] | undefined;
  readonly foreignField: string | undefined;
  readonly bindings: readonly (readonly [string, Evaluator])[];
  readonly pipeline: readonly Doc[];
}

function readText(doc: Doc, name: string): string | undefined {
  const value = doc.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw numberedError(40321, `$lookup argument '${name}' must be a string`);
  return value;
}

function readLookup(spec: Value, order: Comparator): Lookup {
  const doc = requireSpec("$lookup", spec);
  checkNames("$lookup", doc, ["as"], ["from", "localField", "foreignField", "let", "pipeline"]);
  const localField = readText(doc, "localField");
  const foreignField = readText(doc, "foreignField");
  const hasPipeline = doc.has("pipeline");
  if ((localField === undefined) !== (foreignField === undefined) || (localField === undefined && !hasPipeline)) {
    throw serverError(
      "FailedToParse",
      "$lookup requires both or neither of 'localField' and 'foreignField' to be specified",
    );
  }
  const from = readText(doc, "from");
  if (from === undefined && !hasPipeline) throw serverError("FailedToParse", "must specify 'from' field for a $lookup");
  const bindings = doc.get("let");
  return {
    from,
    as: (readText(doc, "as") ?? "").split("."),
    localField: localField?.split("."),
    foreignField,
    bindings:
      bindings instanceof Map
        ? [...bindings].map(([name, value]) => [name, compileExpression(value, order)] as const)
        : [],
    pipeline: hasPipeline ? requirePipeline("$lookup", doc.get("pipeline")) : [],
  };
}

const lookup: StageBuilder = (spec, tools) => {
  const plan = readLookup(spec, tools.order);
  return lazily(function* (input) {
    const foreign = plan.from === undefined ? [] : [...tools.context.collection(plan.from)];
    const find = plan.foreignField === undefined ? undefined : indexForeign(foreign, plan.foreignField, tools.order);
    for (const doc of input) {
      const candidates =
        find === undefined || plan.localField === undefined
          ? foreign
          : find(joinValues(doc, plan.localField)).flatMap((place) => foreign[place] ?? []);
      yield withPath(doc, plan.as, joined(doc, candidates, plan, tools));
    }
  });
};

function joined(doc: Doc, candidates: readonly Doc[], plan: Lookup, { context, variables, run }: StageTools): Value[] {
  if (plan.pipeline.length === 0) return [...candidates];
  const scope = { root: doc, variables };
  const bound = new Map<string, Value>(variables);
  for (const [name, evaluate] of plan.bindings) {
    const value = evaluate(scope);
    if (value === undefined) bound.delete(name);
    else bound.set(name, value);
  }
  const inner: PipelineContext = { ...context, variables: bound };
  return [...run(plan.pipeline, candidates, inner)];
}

const facet: StageBuilder = (spec, { context, run }) => {
  const facets = [...requireSpec("$facet", spec)].map(
    ([name, pipeline]) => [name, requirePipeline("$facet", pipeline)] as const,
  );
  if (facets.length === 0) throw numberedError(40169, "the $facet specification must be a non-empty object");
  return lazily(function* (input) {
    const docs = [...input];
    yield new Map(facets.map(([name, pipeline]): [string, Value] => [name, [...run(pipeline, docs, context)]]));
  });
};

const unionWith: StageBuilder = (spec, { context, run }) => {
  const isShort = typeof spec === "string";
  const doc = isShort ? undefined : requireSpec("$unionWith", spec);
  const name = isShort ? spec : doc?.get("coll");
  const pipeline = doc?.has("pipeline") === true ? requirePipeline("$unionWith", doc.get("pipeline")) : [];
  if (name !== undefined && typeof name !== "string")
    throw serverError("TypeMismatch", "$unionWith 'coll' must be a string");
  return lazily(function* (input) {
    yield* input;
    yield* run(pipeline, name === undefined ? [] : context.collection(name), context);
  });
};

/** The stages that bring several pipelines or collections together. */
export const JOIN_STAGES: Readonly<Record<string, StageBuilder>> = {
  $lookup: lookup,
  $facet: facet,
  $unionWith: unionWith,
};
