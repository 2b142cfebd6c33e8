import { numberedError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import type { Doc, Value } from "../../bson/values";
import { compileFilter, type Filter } from "../../match/compile-filter";
import { compileExpression, readPath, type Evaluator } from "../expression";
import { checkNames } from "../operators/builder";
import { withPath } from "./basic";
import { indexForeign, joinable, type ForeignIndex } from "./foreign-index";
import { lazily, requireSpec, type StageBuilder, type StageTools } from "./stage";

interface GraphLookup {
  readonly from: string;
  readonly start: Evaluator;
  readonly fromField: readonly string[];
  readonly toField: string;
  readonly as: readonly string[];
  readonly maxDepth: number;
  readonly depthField: readonly string[] | undefined;
  readonly filter: Filter | undefined;
}

function requireText(doc: Doc, name: string): string {
  const value = doc.get(name);
  if (typeof value === "string") return value;
  throw numberedError(40103, `expected string as argument for ${name}`);
}

function readSpec(spec: Value, { context, order, variables }: StageTools): GraphLookup {
  const doc = requireSpec("$graphLookup", spec);
  const required = ["from", "startWith", "connectFromField", "connectToField", "as"];
  checkNames("$graphLookup", doc, required, ["maxDepth", "depthField", "restrictSearchWithMatch"]);
  const depth = toWhole(doc.get("maxDepth"));
  if (doc.has("maxDepth") && (depth === undefined || depth < 0n))
    throw numberedError(40101, "maxDepth requires a nonnegative argument");
  const restriction = doc.get("restrictSearchWithMatch");
  if (restriction !== undefined && !(restriction instanceof Map))
    throw numberedError(40185, "restrictSearchWithMatch must be an object");
  const { collation } = context;
  const options = {
    variables: new Map(variables),
    now: context.now,
    ...(collation === undefined ? {} : { collation }),
  };
  return {
    from: requireText(doc, "from"),
    start: compileExpression(doc.get("startWith") ?? null, order),
    fromField: requireText(doc, "connectFromField").split("."),
    toField: requireText(doc, "connectToField"),
    as: requireText(doc, "as").split("."),
    maxDepth: depth === undefined ? Infinity : Number(depth),
    depthField: doc.has("depthField") ? requireText(doc, "depthField").split(".") : undefined,
    filter: restriction === undefined ? undefined : compileFilter(restriction, options),
  };
}

const graphLookup: StageBuilder = (spec, tools) => {
  const plan = readSpec(spec, tools);
  return lazily(function* (input) {
    const all = [...tools.context.collection(plan.from)];
    const { filter } = plan;
    const foreign = filter === undefined ? all : all.filter((doc) => filter.matches(doc));
    const find = indexForeign(foreign, plan.toField, tools.order);
    for (const doc of input) {
      const first = joinable(plan.start({ root: doc, variables: tools.variables }));
      yield withPath(doc, plan.as, reached(first, foreign, find, plan));
    }
  });
};

/** Walks from level to level; a document is reached once, at its least depth. */
function reached(
  first: readonly Value[],
  foreign: readonly Doc[],
  find: ForeignIndex,
  { maxDepth, fromField, depthField }: GraphLookup,
): Doc[] {
  const depths = new Map<number, number>();
  let level = first;
  for (let depth = 0; depth <= maxDepth && level.length > 0; depth += 1) {
    const fresh = find(level).filter((place) => !depths.has(place));
    for (const place of fresh) depths.set(place, depth);
    level = fresh.flatMap((place) => {
      const value = readPath(foreign[place], fromField, 0);
      // A document that names no next one ends the walk; it does not lead to those whose field is null.
      return value === undefined ? [] : joinable(value);
    });
  }
  return [...depths].flatMap(([place, depth]) => {
    const doc = foreign[place];
    if (doc === undefined) return [];
    return [depthField === undefined ? doc : withPath(doc, depthField, BigInt(depth))];
  });
}

/** The stage that follows references from document to document. */
export const GRAPH_STAGES: Readonly<Record<string, StageBuilder>> = { $graphLookup: graphLookup };
