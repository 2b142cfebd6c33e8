import { runPipeline, type PipelineContext } from "../aggregate/run-pipeline";
import { encode } from "../bson/encode";
import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import type { Deadline } from "../plan/deadline";
import { cloneTrees } from "../store/collection";
import { viewOf } from "../store/document";
import type { CommandContext } from "./context";
import { currentOperations } from "./current-op";
import { indexStats } from "./index-stats";
import { collStatsDocument } from "./listings";
import { prepareQuery, type PreparedQuery, type Query } from "./query";
import { localSessions } from "./sessions";
import { filterContextOf } from "./statements";
import { findCollection, treesFor } from "./target";
import { openView } from "./views";

/** Stages that begin a pipeline and ask the server itself. */
const serverStages: Readonly<Record<string, (context: CommandContext) => Doc[]>> = {
  $listLocalSessions: localSessions,
  $currentOp: currentOperations,
};

/** The stages that the server gives, and not the aggregation engine. */
export const SERVER_STAGES: readonly string[] = [
  ...Object.keys(serverStages),
  "$collStats",
  "$indexStats",
  "$changeStream",
  "$out",
  "$merge",
];

/** Runs a pipeline on a collection, a view, or (undefined) on nothing but the server. */
export function runStages(
  context: CommandContext,
  source: string | undefined,
  pipeline: readonly Doc[],
): Iterable<Doc> {
  const { body, args, deadline } = context;
  const options = filterContextOf(context, args);
  const common: PipelineContext = { ...options, collection: (name) => documentsOf(context, name) };
  const first = pipeline[0]?.keys().next().value ?? "";
  if (source === undefined) {
    const ask = serverStages[first];
    return ask === undefined ? runPipeline(pipeline, [], common) : runPipeline(pipeline.slice(1), ask(context), common);
  }
  if (first === "$collStats" || first === "$indexStats") {
    const given = pipeline[0]?.get(first);
    const stage: Doc = given instanceof Map ? given : new Map();
    const shown = first === "$indexStats" ? indexStats(context, source) : [collStatsDocument(context, source, stage)];
    return runPipeline(pipeline.slice(1), shown, common);
  }
  const view = openView(context, source);
  if (view !== undefined) return runStages(context, view.base, [...view.pipeline, ...pipeline]);
  const { query, rest } = splitPipeline(pipeline);
  const prepared = prepareSource(context, source, { ...options, ...query, hint: body.get("hint"), deadline });
  return runPipeline(rest, prepared === undefined ? [] : decoded(prepared.run(), deadline), common);
}

/** Plans the leading part of a pipeline as a query on its collection; undefined when there is no such collection. */
export function prepareSource(context: CommandContext, name: string, query: Query): PreparedQuery | undefined {
  const collection = findCollection(context, name);
  if (collection === undefined) return undefined;
  return prepareQuery(collection, cloneTrees(treesFor(context, collection)), query);
}

/** Takes the leading `$match`, `$sort` and `$limit` off a pipeline, which a query with indexes answers faster. */
export function splitPipeline(pipeline: readonly Doc[]): {
  query: { filter: Doc; sort?: Doc; limit?: number };
  rest: readonly Doc[];
} {
  let filter: Doc = new Map();
  let sort: Doc | undefined;
  let taken = 0;
  const match = pipeline[0]?.get("$match");
  if (match instanceof Map) {
    filter = match;
    taken = 1;
  }
  const order = pipeline[taken]?.get("$sort");
  if (order instanceof Map && [...order.values()].every((direction) => direction === 1 || direction === -1)) {
    sort = order;
    taken += 1;
  }
  const limit = pipeline[taken]?.get("$limit");
  const hasLimit = typeof limit === "number" && limit > 0;
  return {
    query: { filter, ...(sort === undefined ? {} : { sort }), ...(hasLimit ? { limit } : {}) },
    rest: pipeline.slice(hasLimit ? taken + 1 : taken),
  };
}

/** The documents of another collection or view of the database, for stages that join. */
function* documentsOf(context: CommandContext, name: string): Generator<Doc> {
  if (openView(context, name) !== undefined) {
    yield* runStages(context, name, []);
    return;
  }
  const collection = findCollection(context, name);
  if (collection === undefined) return;
  const { documents } = cloneTrees(treesFor(context, collection));
  yield* decoded(documents.values(), context.deadline);
}

function* decoded(documents: Iterable<Buffer>, deadline: Deadline): Generator<Doc> {
  for (const bytes of documents) {
    deadline.step();
    yield viewOf(bytes);
  }
}

/** Encodes the results of a pipeline one by one, as they are asked for. */
export function* encoded(results: Iterable<Doc>, deadline: Deadline): Generator<Buffer> {
  for (const doc of results) {
    deadline.step();
    yield encode(doc);
  }
}

/** Throws: CommandNotSupportedOnView when the collection has no change stream: a view or a time series. */
export function assertStreamable(context: CommandContext, name: string): void {
  const collection = findCollection(context, name);
  if (collection?.options.timeSeries !== undefined) {
    throw serverError("CommandNotSupportedOnView", `Namespace ${collection.namespace} is a timeseries collection`);
  }
}
