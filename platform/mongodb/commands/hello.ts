import { ObjectId, type Doc, type Value } from "../bson/values";
import { maxDocumentBytes } from "../store/document";
import { toTimestamp } from "../store/instant";
import { maxMessageBytes } from "../wire/message";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";

export const serverVersion = "8.0.17";
export const versionArray = [8, 0, 17, 0];
export const maxWireVersion = 25;
export const replicaSetName = "rs0";
const electionId = new ObjectId("7fffffff0000000000000001");

/**
 * Answers the handshake and the heartbeat as a member of the replica set.
 * No topologyVersion: the driver then polls, and no long-lived hello has to be kept open.
 */
export function hello(context: CommandContext): Reply {
  const { server, role, connection, body, command } = context;
  const isPrimary = role === "primary";
  const application = applicationName(body.get("client"));
  if (application !== undefined) connection.appName = application;
  const fields: Doc = new Map<string, Value>([
    ["helloOk", true],
    [command === "hello" ? "isWritablePrimary" : "ismaster", isPrimary],
    ["setName", replicaSetName],
    ["setVersion", 1],
    ["secondary", !isPrimary],
    ["hosts", [...server.members]],
    ["me", (isPrimary ? server.members[0] : server.members[1]) ?? server.address],
    ["primary", server.address],
    ...(isPrimary ? [["electionId", electionId] as const] : []),
    ["lastWrite", lastWrite(context)],
    ["maxBsonObjectSize", maxDocumentBytes],
    ["maxMessageSizeBytes", maxMessageBytes],
    ["maxWriteBatchSize", 100_000],
    ["localTime", new Date()],
    ["logicalSessionTimeoutMinutes", 30],
    ["connectionId", connection.id],
    ["minWireVersion", 0],
    ["maxWireVersion", maxWireVersion],
    ["readOnly", false],
  ]);
  return { fields };
}

function lastWrite({ server }: CommandContext): Doc {
  const { lastCommit, flusher } = server.store;
  const last = new Map<string, Value>([
    ["ts", toTimestamp(lastCommit)],
    ["t", 1n],
  ]);
  const majority = new Map<string, Value>([
    ["ts", toTimestamp(flusher.flushed)],
    ["t", 1n],
  ]);
  return new Map<string, Value>([
    ["opTime", last],
    ["lastWriteDate", new Date()],
    ["majorityOpTime", majority],
    ["majorityWriteDate", new Date()],
  ]);
}

function applicationName(client: Value | undefined): string | undefined {
  const application = client instanceof Map ? client.get("application") : undefined;
  const name = application instanceof Map ? application.get("name") : undefined;
  return typeof name === "string" ? name : undefined;
}
