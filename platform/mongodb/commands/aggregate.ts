import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import type { Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { IteratorSource } from "./cursor-table";
import { refuseSearchIndexes } from "./diagnostics";
import { openCursor } from "./open-cursor";
import { assertStreamable, encoded, runStages } from "./pipeline-source";
import { writeResults, writerOf, type PipelineWriter } from "./pipeline-writers";
import { filterContextOf } from "./statements";
import { ChangeStream } from "../streams/change-stream";
import { parseStreamOptions } from "../streams/stream-options";

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
  const source = body.get("aggregate");
  const stages = writer === undefined ? pipeline : pipeline.slice(0, -1);
  const results = runStages(context, typeof source === "string" ? source : undefined, stages);
  if (writer !== undefined) return runWriter(context, writer, results);
  return openCursor(context, {
    name: sourceName(context),
    source: new IteratorSource(encoded(results, context.deadline)),
    batchSize,
  });
}

function openChangeStream(context: CommandContext, pipeline: readonly Doc[], batchSize: number | undefined): Reply {
  const { server, body, database, session } = context;
  if (session?.transaction !== undefined) {
    throw serverError("OperationNotSupportedInTransaction", "$changeStream cannot be used in a transaction");
  }
  const stage = pipeline[0]?.get("$changeStream");
  const name = body.get("aggregate");
  if (typeof name === "string") assertStreamable(context, name);
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
