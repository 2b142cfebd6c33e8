import type { Doc, Value } from "../bson/values";
import { decode } from "../bson/decode";
import { serverError } from "../errors";
import type { Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { createDelete, createUpdate } from "./modify";
import { runStatements, statementDocs, type StatementOutcomes, type StatementRun } from "./statements";
import { collectionName } from "./target";
import { whenSettled } from "./when-settled";
import { writeReply } from "./write-reply";

/** Runs the update command. */
export function update(context: CommandContext): Reply | Promise<Reply> {
  const name = collectionName(context);
  const statements = statementsOf(context, "updates");
  const ran = runStatements(context, statements, (statement) => updateStatement(context, name, statement));
  return whenSettled(ran, updateReply);
}

function updateReply(outcomes: StatementOutcomes): Reply {
  const upserted: Value[] = [];
  let matched = 0;
  let modified = 0;
  for (const [index, result] of outcomes.results.entries()) {
    if (result === undefined) continue;
    matched += Number(result.get("n") ?? 0);
    modified += Number(result.get("nModified") ?? 0);
    if (result.has("upserted")) {
      upserted.push(
        new Map<string, Value>([
          ["index", index],
          ["_id", result.get("upserted") ?? null],
        ]),
      );
    }
  }
  const counts: [string, Value][] = [
    ["n", matched],
    ["nModified", modified],
  ];
  if (upserted.length > 0) counts.push(["upserted", upserted]);
  return writeReply(outcomes, counts);
}

function updateStatement(context: CommandContext, name: string, body: Doc): StatementRun {
  const args = new Arguments(body, "update.updates");
  const isMulti = args.boolean("multi", false);
  if (isMulti && body.has("sort")) throw serverError("FailedToParse", "Cannot specify sort with multi=true");
  const given = body.get("u");
  if (given === undefined) throw args.missing("u");
  const run = createUpdate(context, {
    collectionName: name,
    filter: args.requiredDoc("q"),
    update: given,
    args,
    isMulti,
    isUpsert: args.boolean("upsert", false),
    sort: args.doc("sort"),
  });
  return () => {
    const { matched, modified, upsertedId } = run();
    const result: Doc = new Map<string, Value>([
      ["n", upsertedId === undefined ? matched : 1],
      ["nModified", modified],
    ]);
    if (upsertedId !== undefined) result.set("upserted", upsertedId);
    return result;
  };
}

/** Runs the delete command. */
export function remove(context: CommandContext): Reply | Promise<Reply> {
  const name = collectionName(context);
  const statements = statementsOf(context, "deletes");
  const ran = runStatements(context, statements, (statement) => deleteStatement(context, name, statement));
  return whenSettled(ran, (outcomes) => {
    let removed = 0;
    for (const result of outcomes.results) removed += Number(result?.get("n") ?? 0);
    return writeReply(outcomes, [["n", removed]]);
  });
}

function deleteStatement(context: CommandContext, name: string, body: Doc): StatementRun {
  const args = new Arguments(body, "delete.deletes");
  const limit = args.count("limit");
  if (limit !== 0 && limit !== 1) {
    throw serverError("FailedToParse", "The limit field in delete objects must be 0 or 1.");
  }
  const run = createDelete(context, {
    collectionName: name,
    filter: args.requiredDoc("q"),
    args,
    isMulti: limit === 0,
    sort: undefined,
  });
  return () => new Map([["n", run().removed]]);
}

function statementsOf(context: CommandContext, field: string): Doc[] {
  const documents = context.sequences.get(field)?.map((bytes) => decode(bytes)) ?? statementDocs(context, field);
  if (documents.length === 0 || documents.length > 100_000) {
    throw serverError(
      "InvalidLength",
      `Write batch sizes must be between 1 and 100000. Got ${documents.length} operations.`,
    );
  }
  return documents;
}
