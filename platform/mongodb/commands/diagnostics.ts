import { hostname, totalmem, cpus, type as osType, release } from "node:os";
import { Double, type Doc, type Value } from "../bson/values";
import { numberedError, serverError } from "../errors";
import { toTimestamp } from "../store/instant";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { maxWireVersion, replicaSetName, serverVersion, versionArray } from "./hello";
import { maxDocumentBytes } from "../store/document";

export function ping(): Reply {
  return { fields: new Map() };
}

export function buildInfo(): Reply {
  return reply(
    ["version", serverVersion],
    ["gitVersion", "embedded"],
    ["modules", []],
    ["allocator", "system"],
    ["javascriptEngine", "none"],
    ["sysInfo", "deprecated"],
    ["versionArray", versionArray],
    ["bits", 64],
    ["debug", false],
    ["maxBsonObjectSize", maxDocumentBytes],
    ["storageEngines", ["embedded"]],
  );
}

const parameters: Doc = new Map<string, Value>([
  ["authenticationMechanisms", []],
  ["enableTestCommands", true],
  ["requireApiVersion", false],
  ["acceptApiVersion2", false],
  ["transactionLifetimeLimitSeconds", 60],
  ["cursorTimeoutMillis", 600_000n],
  ["featureCompatibilityVersion", new Map([["version", "8.0"]])],
]);

/** Throws: InvalidOptions when a parameter is asked for by a name there is not. */
export function getParameter({ body }: CommandContext): Reply {
  const wanted = body.get("getParameter");
  if (wanted === "*" || wanted instanceof Map) return { fields: new Map(parameters) };
  const fields = new Map([...parameters].filter(([name]) => body.has(name)));
  if (fields.size === 0) throw serverError("InvalidOptions", "no option found to get");
  return { fields };
}

export function getLog({ body }: CommandContext): Reply {
  if (body.get("getLog") === "*") return reply(["names", ["global", "startupWarnings"]]);
  return reply(["totalLinesWritten", 0], ["log", []]);
}

export function getCmdLineOpts(): Reply {
  return reply(["argv", []], ["parsed", new Map()]);
}

export function connectionStatus(): Reply {
  const info = new Map<string, Value>([
    ["authenticatedUsers", []],
    ["authenticatedUserRoles", []],
  ]);
  return reply(["authInfo", info]);
}

export function hostInfo(): Reply {
  return reply(
    [
      "system",
      new Map<string, Value>([
        ["currentTime", new Date()],
        ["hostname", hostname()],
        ["cpuAddrSize", 64],
        ["memSizeMB", Math.round(totalmem() / 2 ** 20)],
        ["numCores", cpus().length],
      ]),
    ],
    [
      "os",
      new Map<string, Value>([
        ["type", osType()],
        ["name", osType()],
        ["version", release()],
      ]),
    ],
    ["extra", new Map()],
  );
}

export function serverStatus({ server, role }: CommandContext): Reply {
  const uptimeMs = Date.now() - server.startedMs;
  const { heapUsed, rss } = process.memoryUsage();
  return reply(
    ["host", server.address],
    ["version", serverVersion],
    ["process", "mongod"],
    ["pid", BigInt(process.pid)],
    ["uptime", new Double(Math.floor(uptimeMs / 1000))],
    ["uptimeMillis", BigInt(uptimeMs)],
    ["localTime", new Date()],
    ["connections", new Map<string, Value>([["current", server.connectionCount()]])],
    [
      "mem",
      new Map<string, Value>([
        ["bits", 64],
        ["resident", Math.round(rss / 2 ** 20)],
        ["heapUsed", BigInt(heapUsed)],
      ]),
    ],
    [
      "metrics",
      new Map<string, Value>([
        [
          "cursor",
          new Map<string, Value>([["open", new Map<string, Value>([["total", BigInt(server.cursors.size)]])]]),
        ],
      ]),
    ],
    [
      "repl",
      new Map<string, Value>([
        ["setName", replicaSetName],
        ["isWritablePrimary", role === "primary"],
        ["hosts", [...server.members]],
      ]),
    ],
    [
      "storageEngine",
      new Map<string, Value>([
        ["name", "embedded"],
        ["persistent", server.storageName !== ":memory:"],
      ]),
    ],
    ["transactions", new Map<string, Value>([["currentOpen", BigInt(server.store.openTransactions.size)]])],
    ["maxWireVersion", maxWireVersion],
  );
}

function optime(at: number): Doc {
  return new Map<string, Value>([
    ["ts", toTimestamp(at)],
    ["t", 1n],
  ]);
}

export function replSetGetStatus({ server, role }: CommandContext): Reply {
  const { lastCommit, flusher } = server.store;
  const members = server.members.map(
    (name, at): Doc =>
      new Map<string, Value>([
        ["_id", at],
        ["name", name],
        ["health", new Double(1)],
        ["state", at === 0 ? 1 : 2],
        ["stateStr", at === 0 ? "PRIMARY" : "SECONDARY"],
        ["uptime", Math.floor((Date.now() - server.startedMs) / 1000)],
        ["optime", optime(lastCommit)],
        ["self", (at === 0) === (role === "primary")],
      ]),
  );
  return reply(
    ["set", replicaSetName],
    ["date", new Date()],
    ["myState", role === "primary" ? 1 : 2],
    ["term", 1n],
    [
      "optimes",
      new Map<string, Value>([
        ["lastCommittedOpTime", optime(flusher.flushed)],
        ["appliedOpTime", optime(lastCommit)],
      ]),
    ],
    ["members", members],
  );
}

/** Search indexes live in Atlas only; the message names it, as the server's does. */
export function refuseSearchIndexes(): Reply {
  throw numberedError(31082, "Search index commands are only supported with Atlas.");
}
