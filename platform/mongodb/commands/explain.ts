import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Plan } from "../plan/choose";
import { cloneTrees } from "../store/collection";
import { reply, type Reply } from "../wire/reply";
import { pipelineOf } from "./aggregate";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { queryOf } from "./find";
import { serverVersion } from "./hello";
import { splitPipeline } from "./pipeline-source";
import { prepareQuery, type PreparedQuery, type Query } from "./query";
import { filterContextOf } from "./statements";
import { collectionName, findCollection, treesFor } from "./target";
import { openView, stagesOf } from "./views";

/** What a command that is explained would look for. */
interface Explained {
  readonly query: Query;
  /** Stages that follow the query, for aggregate. */
  readonly rest: readonly Doc[];
  /** The write that follows, for explain's outermost stage. */
  readonly writeStage?: "UPDATE" | "DELETE";
}

const verbosities = ["queryPlanner", "executionStats", "allPlansExecution"];

/** Runs the explain command: what the planner chose, and, where asked, what running it examined. Writes are never carried out. */
export function explain(context: CommandContext): Reply {
  const inner = context.args.requiredDoc("explain");
  const verbosity = context.args.has("verbosity") ? context.args.string("verbosity") : "allPlansExecution";
  if (!verbosities.includes(verbosity))
    throw serverError(
      "FailedToParse",
      "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}",
    );
  const command = inner.keys().next().value ?? "";
  const explained: CommandContext = { ...context, command, body: inner, args: new Arguments(inner, command) };
  const named = collectionName(explained);
  const view = openView(context, named);
  const name = view?.base ?? named;
  const { query, rest, writeStage } = explainedQuery(explained, view?.pipeline);
  const planned = describeQuery(explained, {
    name,
    query,
    verbosity,
    ...(writeStage === undefined ? {} : { writeStage }),
  });
  const fields: [string, Value][] = [["explainVersion", "1"]];
  if (rest.length === 0) fields.push(...planned);
  else fields.push(["stages", [new Map<string, Value>([["$cursor", planned]]), ...rest]]);
  fields.push(
    ["command", inner],
    [
      "serverInfo",
      new Map<string, Value>([
        ["host", context.server.address],
        ["version", serverVersion],
      ]),
    ],
  );
  return reply(...fields);
}

function explainedQuery(context: CommandContext, view: readonly Doc[] | undefined): Explained {
  const { command, args, body } = context;
  const options = filterContextOf(context, args);
  const hint = body.get("hint");
  switch (command) {
    case "find":
      return onSource(view, queryOf(context));
    case "count":
    case "distinct":
      return onSource(view, { ...options, filter: args.doc("query") ?? new Map(), hint });
    case "findAndModify":
      return {
        query: { ...options, filter: args.doc("query") ?? new Map(), sort: args.doc("sort"), hint, limit: 1 },
        rest: [],
        writeStage: args.boolean("remove", false) ? "DELETE" : "UPDATE",
      };
    case "aggregate": {
      const { query, rest } = splitPipeline([...(view ?? []), ...pipelineOf(context)]);
      return { query: { ...options, ...query, hint }, rest };
    }
    case "update":
    case "delete":
      return explainedWrite(context, command);
    default:
      throw serverError("CommandNotFound", `Explain failed due to unknown command: ${command}`);
  }
}

/** A query on a view is what follows the view's pipeline. */
function onSource(view: readonly Doc[] | undefined, query: Query): Explained {
  if (view === undefined) return { query, rest: [] };
  const { query: leading, rest } = splitPipeline([...view, ...stagesOf(query)]);
  return { query: { ...query, sort: undefined, skip: 0, limit: 0, ...leading }, rest };
}

function explainedWrite(context: CommandContext, command: "update" | "delete"): Explained {
  const statement = context.args.docs(`${command}s`)?.[0];
  if (statement === undefined) throw context.args.missing(`${command}s`);
  const args = new Arguments(statement, command);
  const isSingle = command === "update" ? !args.boolean("multi", false) : args.count("limit") === 1;
  return {
    query: {
      ...filterContextOf(context, args),
      filter: args.requiredDoc("q"),
      sort: args.doc("sort"),
      hint: statement.get("hint"),
      limit: isSingle ? 1 : 0,
    },
    rest: [],
    writeStage: command === "update" ? "UPDATE" : "DELETE",
  };
}

function describeQuery(
  context: CommandContext,
  { name, query, verbosity, writeStage }: { name: string; query: Query; verbosity: string; writeStage?: string },
): Doc {
  const collection = findCollection(context, name);
  const prepared =
    collection === undefined ? undefined : prepareQuery(collection, cloneTrees(treesFor(context, collection)), query);
  const plan = wrapped(prepared === undefined ? stage("EOF", []) : planStages(prepared, query), writeStage);
  const planned: Doc = new Map<string, Value>([
    [
      "queryPlanner",
      new Map<string, Value>([
        ["namespace", `${context.database}.${name}`],
        ["parsedQuery", query.filter],
        ["winningPlan", plan],
        ["rejectedPlans", []],
      ]),
    ],
  ]);
  if (verbosity !== "queryPlanner") planned.set("executionStats", runForStats(prepared, plan));
  return planned;
}

function runForStats(prepared: PreparedQuery | undefined, plan: Doc): Doc {
  const started = performance.now();
  let returned = 0;
  for (const _ of prepared?.run() ?? []) returned += 1;
  return new Map<string, Value>([
    ["executionSuccess", true],
    ["nReturned", returned],
    ["executionTimeMillis", Math.round(performance.now() - started)],
    ["totalKeysExamined", prepared?.counts.keysExamined ?? 0],
    ["totalDocsExamined", prepared?.counts.docsExamined ?? 0],
    ["executionStages", plan],
  ]);
}

function planStages({ plan, needsSort, filter }: PreparedQuery, query: Query): Doc {
  let stages = accessStages(plan, filter === undefined ? undefined : query.filter);
  if (needsSort) stages = stage("SORT", [["sortPattern", query.sort ?? new Map()]], stages);
  if ((query.skip ?? 0) > 0) stages = stage("SKIP", [["skipAmount", query.skip ?? 0]], stages);
  if ((query.limit ?? 0) > 0) stages = stage("LIMIT", [["limitAmount", query.limit ?? 0]], stages);
  return stages;
}

function accessStages(plan: Plan, filter: Doc | undefined): Doc {
  const direction: [string, Value] = ["direction", plan.isReverse ? "backward" : "forward"];
  const filterField: [string, Value][] = filter === undefined ? [] : [["filter", filter]];
  if (plan.kind === "collection") return stage("COLLSCAN", [...filterField, direction]);
  const isIdIndex = plan.index === undefined;
  const definition = plan.index?.definition;
  const scan = stage("IXSCAN", [
    ["keyPattern", definition?.key ?? new Map([["_id", 1]])],
    ["indexName", definition?.name ?? "_id_"],
    ["isMultiKey", plan.index?.isMultikey ?? false],
    ["isUnique", isIdIndex || definition?.isUnique === true],
    ["isSparse", definition?.isSparse ?? false],
    ["isPartial", definition?.partialFilter !== undefined],
    direction,
    ["boundedFields", [...plan.boundFields]],
    ["intervals", plan.ranges.length],
  ]);
  return stage("FETCH", filterField, scan);
}

function wrapped(plan: Doc, writeStage: string | undefined): Doc {
  return writeStage === undefined ? plan : stage(writeStage, [], plan);
}

function stage(name: string, fields: readonly [string, Value][], input?: Doc): Doc {
  const described: Doc = new Map<string, Value>([["stage", name], ...fields]);
  if (input !== undefined) described.set("inputStage", input);
  return described;
}
