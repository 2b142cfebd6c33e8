import { numberedError, serverError } from "../errors";
import type { Doc, Value } from "../bson/values";
import { compileCollation } from "../match/collation";
import { BASIC_STAGES } from "./stages/basic";
import { DENSIFY_STAGES } from "./stages/densify";
import { FILL_STAGES } from "./stages/fill";
import { GRAPH_STAGES } from "./stages/graph-lookup";
import { GROUP_STAGES } from "./stages/group";
import { JOIN_STAGES } from "./stages/joins";
import { REDACT_STAGES } from "./stages/redact";
import { lazily, type PipelineContext, type Stage, type StageBuilder, type StageTools } from "./stages/stage";
import { WINDOW_STAGES } from "./windows/set-window-fields";
import { compileTransform } from "./transform";

export type { PipelineContext } from "./stages/stage";

const STAGES: ReadonlyMap<string, StageBuilder> = new Map(
  Object.entries({
    ...BASIC_STAGES,
    ...GROUP_STAGES,
    ...JOIN_STAGES,
    ...WINDOW_STAGES,
    ...GRAPH_STAGES,
    ...REDACT_STAGES,
    ...DENSIFY_STAGES,
    ...FILL_STAGES,
  }),
);

/** Stages of the real server that are known by name and not built. */
const MISSING = new Set([
  "$changeStream",
  "$collStats",
  "$currentOp",
  "$geoNear",
  "$indexStats",
  "$listLocalSessions",
  "$listSessions",
  "$merge",
  "$out",
  "$planCacheStats",
  "$search",
]);

/**
 * Runs an aggregation pipeline lazily: documents are pulled through the stages one by one, save where a stage needs them all. The whole pipeline is compiled, and
 * so checked, before the first document is read.
 * Throws: 40324 for an unknown stage, NotImplemented for a known one that is not built, and what the stages refuse.
 */
export function runPipeline(pipeline: readonly Doc[], input: Iterable<Doc>, context: PipelineContext): Iterable<Doc> {
  const variables = new Map<string, Value>([["NOW", context.now], ...(context.variables ?? [])]);
  const order = compileCollation(context.collation);
  const tools: StageTools = { context, order, variables, run: runPipeline };
  const stages = pipeline.map((stage) => compileStage(stage, tools));
  return stages.reduce((docs, stage) => stage(docs), input);
}

function compileStage(stage: Doc, tools: StageTools): Stage {
  const [name, spec] = stage.entries().next().value ?? ["", null];
  if (stage.size !== 1) {
    throw numberedError(40323, "A pipeline stage specification object must contain exactly one field.");
  }
  const build = STAGES.get(name);
  if (build !== undefined) return build(spec, tools);
  const transform = compileTransform(name, spec, tools.order);
  if (transform === undefined) throw unknownStage(name);
  return lazily(function* (input) {
    for (const doc of input) yield transform(doc, tools.variables);
  });
}

function unknownStage(name: string): Error {
  if (MISSING.has(name)) return serverError("NotImplemented", `The pipeline stage ${name} is not implemented here`);
  return numberedError(40324, `Unrecognized pipeline stage name: '${name}'`);
}
