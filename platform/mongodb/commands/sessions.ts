import { randomUUID } from "node:crypto";
import { UUID } from "bson";
import type { Doc, Value } from "../bson/values";
import type { SessionRecord } from "../store/session-table";
import { reply, type Reply } from "../wire/reply";
import { sessionKeyOf } from "./command-session";
import type { CommandContext, ServerState } from "./context";

export const transactionLifetimeMs = 60_000;

export function startSession(): Reply {
  return reply(["id", new Map<string, Value>([["id", new UUID(randomUUID())]])], ["timeoutMinutes", 30]);
}

export function refreshSessions({ args, server }: CommandContext): Reply {
  for (const lsid of args.docs("refreshSessions") ?? []) {
    const record = server.store.sessions.get(sessionKeyOf(lsid));
    if (record !== undefined) record.lastUsedMs = Date.now();
  }
  return reply();
}

/** Ends sessions: aborts their open transactions, kills their cursors and forgets them. */
export function endSessions(context: CommandContext): Reply {
  const { args, server, command } = context;
  for (const lsid of args.docs(command) ?? []) endSession(server, sessionKeyOf(lsid));
  return reply();
}

/** Runs killSessions: an empty list means all. */
export function killSessions(context: CommandContext): Reply {
  const wanted = context.args.docs("killSessions") ?? [];
  return wanted.length === 0 ? killAllSessions(context) : endSessions(context);
}

/** Really aborts every open transaction, so that nothing left over from one test holds up the next. */
export function killAllSessions({ server }: CommandContext): Reply {
  for (const record of server.store.sessions.records.values()) abortOf(server, record);
  server.cursors.killWhere((cursor) => cursor.sessionKey !== undefined);
  return reply();
}

/** Aborts transactions that have been open for too long, and forgets sessions that nobody uses. */
export function expireSessions(server: ServerState, nowMs: number): void {
  const { sessions } = server.store;
  for (const record of sessions.records.values()) {
    if (record.transaction !== undefined && nowMs - record.transactionStartedMs > transactionLifetimeMs)
      abortOf(server, record);
  }
  for (const record of sessions.idleSince(nowMs)) forget(server, record.key);
}

function endSession(server: ServerState, key: string): void {
  const record = server.store.sessions.get(key);
  server.cursors.killWhere((cursor) => cursor.sessionKey === key);
  if (record === undefined) return;
  abortOf(server, record);
  forget(server, key);
}

function forget(server: ServerState, key: string): void {
  server.store.sessions.records.delete(key);
  server.store.saveSession(key, undefined);
}

function abortOf(server: ServerState, record: SessionRecord): void {
  const { transaction } = record;
  if (transaction === undefined) return;
  server.store.abortTransaction(transaction);
  server.cursors.killWhere((cursor) => cursor.transaction === transaction);
  record.transaction = undefined;
  record.outcome = "aborted";
}

/** The sessions this server knows, that of the command itself included: what `$listLocalSessions` gives. */
export function localSessions({ server, session }: CommandContext): Doc[] {
  const known = new Map<string, { lsid: Doc; lastUsedMs: number }>(server.store.sessions.records);
  if (session !== undefined) known.set(session.key, { lsid: session.lsid, lastUsedMs: Date.now() });
  return [...known.values()].map(
    ({ lsid, lastUsedMs }): Doc =>
      new Map<string, Value>([
        ["_id", lsid],
        ["lastUse", new Date(lastUsedMs)],
      ]),
  );
}
