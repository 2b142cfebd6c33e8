import { decode } from "../bson/decode";
import { encode } from "../bson/encode";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { toNumber } from "../store/plain-number";
import type { Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { IteratorSource } from "./cursor-table";
import { openCursor } from "./open-cursor";
import { insertDocument } from "./insert";
import { createDelete, createUpdate } from "./modify";
import { runStatements, statementDocs, type StatementOutcomes, type StatementRun } from "./statements";
import { collectionForWrite } from "./target";

/** Where an operation goes: a collection, seen through a command context of its database. */
interface Destination {
  readonly context: CommandContext;
  readonly name: string;
}

/** Runs the bulkWrite command: inserts, updates and deletes on several collections, with one result each. */
export async function bulkWrite(context: CommandContext): Promise<Reply> {
  const { args } = context;
  const operations = docsOf(context, "ops");
  if (operations.length === 0 || operations.length > 100_000) {
    throw serverError(
      "InvalidLength",
      `Write batch sizes must be between 1 and 100000. Got ${operations.length} operations.`,
    );
  }
  const destinations = docsOf(context, "nsInfo").map((info) => destinationOf(context, info));
  const outcomes = await runStatements(context, operations, (operation) => runOf(operation, destinations));
  for (const destination of destinations)
    context.dependsOn = Math.max(context.dependsOn, destination.context.dependsOn);
  const shown = resultsOf(operations, outcomes, args.boolean("errorsOnly", false));
  const batchSize = new Arguments(args.doc("cursor") ?? new Map(), "bulkWrite.cursor").count("batchSize");
  const source = new IteratorSource(shown.map(encode)[Symbol.iterator]());
  const answer = openCursor(context, { name: "$cmd.bulkWrite", source, batchSize });
  for (const [name, value] of countsOf(operations, outcomes)) answer.fields.set(name, value);
  if (outcomes.retriedStatements.length > 0) answer.fields.set("retriedStmtIds", [...outcomes.retriedStatements]);
  return answer;
}

function docsOf(context: CommandContext, field: string): Doc[] {
  return context.sequences.get(field)?.map((bytes) => decode(bytes)) ?? statementDocs(context, field);
}

function destinationOf(context: CommandContext, info: Doc): Destination {
  const namespace = new Arguments(info, "bulkWrite.nsInfo").string("ns");
  const dot = namespace.indexOf(".");
  if (dot <= 0) throw serverError("InvalidNamespace", `Invalid namespace specified for bulkWrite: '${namespace}'`);
  return { context: { ...context, database: namespace.slice(0, dot) }, name: namespace.slice(dot + 1) };
}

function kindOf(operation: Doc): "insert" | "update" | "delete" {
  const first = operation.keys().next().value;
  if (first === "insert" || first === "update" || first === "delete") return first;
  throw serverError("BadValue", `Unknown bulkWrite operation '${first}'`);
}

function runOf(operation: Doc, destinations: readonly Destination[]): StatementRun {
  const kind = kindOf(operation);
  const args = new Arguments(operation, `bulkWrite.ops.${kind}`);
  const destination = destinations[toNumber(operation.get(kind)) ?? -1];
  if (destination === undefined) throw serverError("BadValue", "BulkWrite ops entry has an invalid nsInfo index.");
  const { context, name } = destination;
  if (kind === "insert") {
    const document = args.requiredDoc("document");
    return () => {
      insertDocument(context, collectionForWrite(context, name), document);
      return new Map([["n", 1]]);
    };
  }
  const isMulti = args.boolean("multi", false);
  const common = { collectionName: name, filter: args.requiredDoc("filter"), args, isMulti };
  if (kind === "delete") {
    const run = createDelete(context, { ...common, sort: undefined });
    return () => new Map([["n", run().removed]]);
  }
  const run = createUpdate(context, {
    ...common,
    update: operation.get("updateMods") ?? null,
    isUpsert: args.boolean("upsert", false),
    sort: args.doc("sort"),
  });
  return () => {
    const { matched, modified, upsertedId } = run();
    const result: Doc = new Map<string, Value>([
      ["n", upsertedId === undefined ? matched : 1],
      ["nModified", modified],
    ]);
    if (upsertedId !== undefined) result.set("upserted", new Map([["_id", upsertedId]]));
    return result;
  };
}

function resultsOf(operations: readonly Doc[], outcomes: StatementOutcomes, isErrorsOnly: boolean): Doc[] {
  const failures = new Map(outcomes.writeErrors.map((error) => [error.get("index"), error]));
  const shown: Doc[] = [];
  for (const index of operations.keys()) {
    const result = outcomes.results[index];
    const failure = failures.get(index);
    if (failure !== undefined) {
      const details = [...failure].filter(([name]) => name !== "index");
      shown.push(new Map<string, Value>([["ok", 0], ["idx", index], ...details, ["n", 0]]));
    } else if (result !== undefined && !isErrorsOnly) {
      shown.push(new Map<string, Value>([["ok", 1], ["idx", index], ...result]));
    }
  }
  return shown;
}

function countsOf(operations: readonly Doc[], { results, writeErrors }: StatementOutcomes): Map<string, Value> {
  const counts = { nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  for (const [index, result] of results.entries()) {
    const operation = operations[index];
    if (result === undefined || operation === undefined) continue;
    const n = toNumber(result.get("n")) ?? 0;
    const kind = kindOf(operation);
    if (kind === "insert") counts.nInserted += n;
    else if (kind === "delete") counts.nDeleted += n;
    else if (result.has("upserted")) counts.nUpserted += 1;
    else counts.nMatched += n;
    counts.nModified += toNumber(result.get("nModified")) ?? 0;
  }
  return new Map<string, Value>([["nErrors", writeErrors.length], ...Object.entries(counts)]);
}
