import { aggregate } from "./aggregate";
import { bulkWrite } from "./bulk-write";
import type { CommandDefinition, CommandHandler } from "./context";
import { count, distinct } from "./count";
import { collMod } from "./coll-mod";
import { create } from "./create-collection";
import { createIndexes, dropIndexes } from "./create-indexes";
import { currentOp, killOp } from "./current-op";
import {
  buildInfo,
  connectionStatus,
  getCmdLineOpts,
  getLog,
  getParameter,
  hostInfo,
  ping,
  refuseSearchIndexes,
  replSetGetStatus,
  serverStatus,
} from "./diagnostics";
import { drop, dropDatabase } from "./drop";
import { explain } from "./explain";
import { find } from "./find";
import { findAndModify } from "./find-and-modify";
import { getMore, killCursors } from "./get-more";
import { hello } from "./hello";
import { insert } from "./insert";
import { renameCollection } from "./rename-collection";
import { collStats, dbStats, listCollections, listDatabases, listIndexes } from "./listings";
import { endSessions, killAllSessions, killSessions, refreshSessions, startSession } from "./sessions";
import { abortTransaction, commitTransaction } from "./transactions";
import { remove, update } from "./update";

const configureFailPoint: CommandHandler = ({ server, body }) => {
  server.failPoints.configure(body);
  return { fields: new Map([["count", 0]]) };
};

const crud: Record<string, CommandDefinition> = {
  insert: { run: insert, isWrite: true, inTransaction: true, summary: "ordered and unordered, writeErrors by index" },
  find: {
    run: find,
    inTransaction: true,
    readsSnapshots: true,
    summary: "filter, sort, projection, skip, limit, hint, let, collation, min, max, returnKey, showRecordId, tailable",
  },
  update: {
    run: update,
    isWrite: true,
    inTransaction: true,
    summary: "operators, replacement, pipeline, upsert, arrayFilters, sort",
  },
  delete: { run: remove, isWrite: true, inTransaction: true, summary: "one or all" },
  findAndModify: { run: findAndModify, isWrite: true, inTransaction: true, summary: "update, replace, remove, upsert" },
  bulkWrite: { run: bulkWrite, isWrite: true, inTransaction: true, summary: "several collections in one command" },
  count: { run: count, summary: "query, skip, limit, hint" },
  distinct: { run: distinct, inTransaction: true, readsSnapshots: true, summary: "key, query" },
  aggregate: {
    run: aggregate,
    readsSnapshots: true,
    isWrite: true,
    inTransaction: true,
    summary: "the stages listed below",
  },
  getMore: { run: getMore, inTransaction: true, summary: "waits for data on change streams and tailable cursors" },
  killCursors: { run: killCursors, inTransaction: true, summary: "by id" },
  explain: {
    run: explain,
    summary: "queryPlanner and executionStats of find, count, distinct, aggregate, update, delete",
  },
};

const definitions: Record<string, CommandDefinition> = {
  create: {
    run: create,
    isWrite: true,
    inTransaction: true,
    summary: "validator, validationLevel, validationAction, pre-images; views, capped, clustered, time series",
  },
  collMod: {
    run: collMod,
    isWrite: true,
    summary: "validator, pre-images, a view's definition, an index's expiry and visibility, capped limits, expiry",
  },
  drop: { run: drop, isWrite: true, summary: "a missing collection is no error" },
  dropDatabase: { run: dropDatabase, isWrite: true, summary: "with a drop event for each collection" },
  renameCollection: { run: renameCollection, isWrite: true, summary: "dropTarget; also to another database" },
  createIndexes: {
    run: createIndexes,
    isWrite: true,
    inTransaction: true,
    summary: "unique, compound, multikey, sparse, partial, hashed, TTL, hidden, text (listed only)",
  },
  dropIndexes: { run: dropIndexes, isWrite: true, summary: "by name, by key, *" },
  listCollections: { run: listCollections, summary: "filter, nameOnly, type" },
  listIndexes: { run: listIndexes, summary: "text and clustered indexes included" },
  listDatabases: { run: listDatabases, summary: "filter, nameOnly" },
  collStats: { run: collStats, summary: "size, count, indexes" },
  dbStats: { run: dbStats, summary: "size, count, indexes" },
};

const sessions: Record<string, CommandDefinition> = {
  commitTransaction: { run: commitTransaction, isWrite: true, inTransaction: true, summary: "repeatable" },
  abortTransaction: { run: abortTransaction, isWrite: true, inTransaction: true, summary: "repeatable" },
  startSession: { run: startSession, summary: "an id, 30 minutes" },
  refreshSessions: { run: refreshSessions, summary: "by id" },
  endSessions: { run: endSessions, summary: "by id" },
  killSessions: { run: killSessions, summary: "aborts their transactions" },
  killAllSessions: { run: killAllSessions, summary: "aborts every open transaction" },
};

const administration: Record<string, CommandDefinition> = {
  hello: { run: hello, summary: "also isMaster and ismaster" },
  ping: { run: ping, summary: "what the wire costs by itself" },
  buildInfo: { run: buildInfo, summary: "version 8.0.17" },
  getParameter: { run: getParameter, summary: "a fixed list" },
  getLog: { run: getLog, summary: "empty" },
  getCmdLineOpts: { run: getCmdLineOpts, summary: "empty" },
  connectionStatus: { run: connectionStatus, summary: "nobody is logged in" },
  serverStatus: { run: serverStatus, summary: "uptime, connections, memory, cursors, transactions" },
  hostInfo: { run: hostInfo, summary: "of this machine" },
  replSetGetStatus: { run: replSetGetStatus, summary: "one primary; a secondary where asked for" },
  currentOp: { run: currentOp, summary: "waiting commands, open transactions" },
  killOp: { run: killOp, summary: "ends a waiting command" },
  configureFailPoint: { run: configureFailPoint, summary: "the fail points listed below" },
  createSearchIndexes: { run: refuseSearchIndexes, summary: "refused: Atlas only" },
  updateSearchIndex: { run: refuseSearchIndexes, summary: "refused: Atlas only" },
  dropSearchIndex: { run: refuseSearchIndexes, summary: "refused: Atlas only" },
};

/** Every command there is, by its name. */
export const commandTable: ReadonlyMap<string, CommandDefinition> = new Map(
  Object.entries({ ...crud, ...definitions, ...sessions, ...administration }),
);

const aliases = new Map<string, string>([
  ["isMaster", "hello"],
  ["ismaster", "hello"],
  ["buildinfo", "buildInfo"],
  ["findandmodify", "findAndModify"],
  ["collstats", "collStats"],
  ["dbstats", "dbStats"],
  ["deleteIndexes", "dropIndexes"],
]);

/** Finds a command by the name a client uses. */
export function commandNamed(name: string): CommandDefinition | undefined {
  return commandTable.get(aliases.get(name) ?? name);
}
