import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { compileFilter } from "../match/compile-filter";
import { toNumber } from "../store/plain-number";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import type { Operation } from "./operation-table";

const operationKinds: Readonly<Record<string, string>> = {
  insert: "insert",
  update: "update",
  delete: "remove",
  find: "query",
  getMore: "getmore",
};
const notFilters = new Set([
  "currentOp",
  "$db",
  "$all",
  "$ownOps",
  "$truncateOps",
  "lsid",
  "$clusterTime",
  "$readPreference",
  "comment",
]);

/** Runs the currentOp command: what waits, what is open, and this command itself. Further fields filter the answer. */
export function currentOp(context: CommandContext): Reply {
  const filter: Doc = new Map([...context.body].filter(([name]) => !notFilters.has(name)));
  const { matches } = compileFilter(filter);
  return reply(["inprog", currentOperations(context).filter((one) => matches(one))]);
}

/** What currentOp and the `$currentOp` stage list. */
export function currentOperations(context: CommandContext): Doc[] {
  const { operations } = context.server;
  const own = shown(context, { id: 0, runningMs: 0, isWaiting: false });
  return [own, ...operations.list().map(describeOperation), ...idleTransactions(context)];
}

function describeOperation({ id, context, reason, startedMs }: Operation): Doc {
  return shown(context, { id, runningMs: performance.now() - startedMs, isWaiting: reason === "transaction" });
}

function shown(
  { server, connection, command, database, body, session }: CommandContext,
  { id, runningMs, isWaiting }: { id: number; runningMs: number; isWaiting: boolean },
): Doc {
  const target = body.get(command === "getMore" ? "collection" : command);
  const command_ = new Map([...body].filter(([name]) => name !== "$clusterTime"));
  return new Map<string, Value>([
    ["type", "op"],
    ["host", server.address],
    ["desc", `conn${connection.id}`],
    ["connectionId", connection.id],
    ["client", connection.remote],
    ["appName", connection.appName ?? ""],
    ["active", true],
    ["opid", id],
    ["secs_running", BigInt(Math.floor(runningMs / 1000))],
    ["microsecs_running", BigInt(Math.round(runningMs * 1000))],
    ["op", operationKinds[command] ?? "command"],
    ["ns", typeof target === "string" ? `${database}.${target}` : `${database}.$cmd`],
    ["command", command_],
    ["waitingForLock", isWaiting],
    ...(session === undefined ? [] : [["lsid", session.lsid] as const]),
  ]);
}

function idleTransactions({ server }: CommandContext): Doc[] {
  const open = [...server.store.sessions.records.values()].filter((record) => record.transaction !== undefined);
  return open.map((record) => {
    const parameters = new Map<string, Value>([
      ["txnNumber", record.txnNumber],
      ["autocommit", false],
    ]);
    const openMicros = BigInt(Math.round((Date.now() - record.transactionStartedMs) * 1000));
    return new Map<string, Value>([
      ["type", "idleSession"],
      ["host", server.address],
      ["active", false],
      ["lsid", record.lsid],
      [
        "transaction",
        new Map<string, Value>([
          ["parameters", parameters],
          ["timeOpenMicros", openMicros],
        ]),
      ],
    ]);
  });
}

/** Runs the killOp command: the operation fails with Interrupted. Throws: TypeMismatch. */
export function killOp({ body, server }: CommandContext): Reply {
  const id = toNumber(body.get("op"));
  if (id === undefined) throw serverError("TypeMismatch", "Field 'op' must be a number");
  server.operations.kill(id);
  return reply(["info", "attempting to kill op"]);
}
