import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import type { CommandDefinition } from "./context";
import { writerOf } from "./pipeline-writers";

/** Which member of the replica set a connection speaks to. */
export type MemberRole = "primary" | "secondary";

/** Commands that read what is stored; on a secondary the client has to have agreed to that. */
const reading = new Set([
  "find",
  "count",
  "distinct",
  "aggregate",
  "explain",
  "listCollections",
  "listIndexes",
  "listDatabases",
  "collStats",
  "dbStats",
]);

/** Refuses what a secondary does not do. Throws: NotWritablePrimary for writes and transactions, NotPrimaryNoSecondaryOk for reads that ask for the primary. */
export function assertServableBySecondary(command: string, definition: CommandDefinition, body: Doc): void {
  const pipeline = body.get("pipeline");
  const last = Array.isArray(pipeline) ? pipeline.at(-1) : undefined;
  const isWrite =
    command === "aggregate" ? writerOf(last instanceof Map ? last : undefined) !== undefined : definition.isWrite;
  if (isWrite === true || body.get("autocommit") === false) throw serverError("NotWritablePrimary", "not primary");
  if (!reading.has(command)) return;
  const preference = body.get("$readPreference");
  const mode = preference instanceof Map ? preference.get("mode") : undefined;
  if (mode === undefined || mode === "primary") {
    throw serverError("NotPrimaryNoSecondaryOk", "not primary and secondaryOk=false");
  }
}
