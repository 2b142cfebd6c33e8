import { runPipeline } from "../aggregate/run-pipeline";
import { encode } from "../bson/encode";
import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import { cloneTrees } from "../store/collection";
import { viewOf } from "../store/document";
import type { Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { IteratorSource } from "./cursor-table";
import { refuseSearchIndexes } from "./diagnostics";
import { openCursor } from "./find";
import { collStatsDocument } from "./listings";
import { writeResults, writerOf, type PipelineWriter } from "./pipeline-writers";
import { prepareQuery, type PreparedQuery, type Query } from "./query";
import { localSessions } from "./sessions";
import { filterContextOf } from "./statements";
import { ChangeStream } from "../streams/change-stream";
import { parseStreamOptions } from "../streams/stream-options";
import { findCollection, treesFor } from "./target";

/** Runs the aggregate command. */
export function aggregate(context: CommandContext): Reply | Promise<Reply> {
  const { args, body } = context;
  if (body.get("explain") === true)
    throw serverError("NotImplemented", "aggregate with explain: true is not implemented; use the explain command");
  const pipeline = pipelineOf(context);
  const cursor = args.doc("cursor");
  if (cursor === undefined)
    throw serverError(
      "FailedToParse",
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  const batchSize = new Arguments(cursor, "aggregate.cursor").count("batchSize");
  if (pipeline[0]?.has("$listSearchIndexes") === true) return refuseSearchIndexes();
  const first = pipeline[0]?.get("$changeStream");
  if (first !== undefined) return openChangeStream(context, pipeline, batchSize);
  const writer = writerOf(pipeline.at(-1));
  const results = runStages(context, writer === undefined ? pipeline : pipeline.slice(0, -1));
  if (writer !== undefined) return runWriter(context, writer, results);
  return openCursor(context, { name: sourceName(context), source: new IteratorSource(encoded(results)), batchSize });
}

function openChangeStream(context: CommandContext, pipeline: readonly Doc[], batchSize: number | undefined): Reply {
  const { server, body, database, session } = context;
  if (session?.transaction !== undefined) {
    throw serverError("OperationNotSupportedInTransaction", "$changeStream cannot be used in a transaction");
  }
  const stage = pipeline[0]?.get("$changeStream");
  const name = body.get("aggregate");
  const scope = { database, collection: typeof name === "string" ? name : undefined };
  const options = parseStreamOptions(stage instanceof Map ? stage : new Map(), scope);
  const { variables } = filterContextOf(context, context.args);
  const source = new ChangeStream(server.store, options, pipeline.slice(1), variables);
  return openCursor(context, { name: sourceName(context), source, batchSize });
}

async function runWriter(context: CommandContext, writer: PipelineWriter, results: Iterable<Doc>): Promise<Reply> {
  await writeResults(context, writer, results);
  return openCursor(context, {
    name: sourceName(context),
    source: new IteratorSource([][Symbol.iterator]()),
    batchSize: undefined,
  });
}

/** The stages of the command. Throws: TypeMismatch. */
export function pipelineOf({ args }: CommandContext): Doc[] {
  const pipeline = args.docs("pipeline");
  if (pipeline === undefined) throw args.missing("pipeline");
  return pipeline;
}

/** The collection a pipeline reads, or the stand-in name for a pipeline on the whole database. */
export function sourceName({ body }: CommandContext): string {
  const name = body.get("aggregate");
  return typeof name === "string" ? name : "$cmd.aggregate";
}

function runStages(context: CommandContext, pipeline: readonly Doc[]): Iterable<Doc> {
  const { body, args } = context;
  const options = filterContextOf(context, args);
  const source = body.get("aggregate");
  const common = { ...options, collection: (name: string) => documentsOf(context, name) };
  if (typeof source !== "string") {
    const isSessions = pipeline[0]?.has("$listLocalSessions") === true;
    return runPipeline(isSessions ? pipeline.slice(1) : pipeline, isSessions ? localSessions(context) : [], common);
  }
  const stats = pipeline[0]?.get("$collStats");
  if (stats instanceof Map) return runPipeline(pipeline.slice(1), [collStatsDocument(context, source, stats)], common);
  const { query, rest } = splitPipeline(pipeline);
  const prepared = prepareSource(context, source, { ...options, ...query, hint: body.get("hint") });
  return runPipeline(rest, prepared === undefined ? [] : views(prepared.run()), common);
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

function* documentsOf(context: CommandContext, name: string): Generator<Doc> {
  const collection = findCollection(context, name);
  if (collection === undefined) return;
  const { documents } = cloneTrees(treesFor(context, collection));
  for (const bytes of documents.values()) yield viewOf(bytes);
}

function* views(documents: Iterable<Buffer>): Generator<Doc> {
  for (const bytes of documents) yield viewOf(bytes);
}

function* encoded(results: Iterable<Doc>): Generator<Buffer> {
  for (const doc of results) yield encode(doc);
}
