import { isIP } from "node:net";
import { CursorTable } from "./commands/cursor-table";
import { createDispatcher } from "./commands/dispatch";
import { FailPoints } from "./commands/fail-points";
import type { MemberRole } from "./commands/secondary";
import { OperationTable } from "./commands/operation-table";
import { replicaSetName } from "./commands/hello";
import { expireSessions } from "./commands/sessions";
import type { ServerState } from "./commands/context";
import { expireDocuments } from "./store/expire-documents";
import { SnapshotPins } from "./store/snapshot-pins";
import { openStore } from "./persist/open-store";
import { listen, type Listener } from "./wire/listener";

/** Where and on what the server runs. */
export interface MongodbOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  readonly host?: string;
  /** A folder that is made if need be, or ":memory:" to keep nothing. */
  readonly dataDir: string;
  /** Also listens as a secondary of the set, over the same data: for trying out read preferences. Off by default. */
  readonly secondary?: boolean;
}

/** A running server. */
export interface Mongodb {
  readonly uri: string;
  readonly port: number;
  /** Lets commands in hand finish, writes everything to disk and releases port and files. */
  close(): Promise<void>;
}

const sweepMs = 1_000;
const expiryMs = 60_000;

/**
 * Starts a one-node replica set that speaks the MongoDB wire protocol, in this process.
 * Throws: an error that names the folder when another process uses it, or the system's error when the port is taken.
 */
export async function startMongodb(options: MongodbOptions): Promise<Mongodb> {
  const host = options.host ?? "127.0.0.1";
  const { store, release } = await openStore(options.dataDir);
  const closing = new AbortController();
  const members: string[] = [];
  const listeners: Listener[] = [];
  const server: ServerState = {
    store,
    cursors: new CursorTable(),
    failPoints: new FailPoints(),
    operations: new OperationTable(),
    pins: new SnapshotPins(store.snapshots),
    get address() {
      return members[0] ?? "";
    },
    members,
    startedMs: Date.now(),
    storageName: options.dataDir,
    connectionCount: () => listeners.reduce((sum, listener) => sum + listener.connectionCount, 0),
    closing: closing.signal,
  };
  const roles: readonly MemberRole[] = options.secondary === true ? ["primary", "secondary"] : ["primary"];
  try {
    for (const role of roles) {
      const port = role === "primary" ? (options.port ?? 0) : 0;
      const listener = await listen({ host, port, handler: createDispatcher(server, role) });
      listeners.push(listener);
      members.push(`${isIP(host) === 6 ? `[${host}]` : host}:${listener.port}`);
    }
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    await release();
    throw error;
  }
  const sweepers = [setInterval(() => sweep(server), sweepMs), setInterval(() => expire(server), expiryMs)];
  for (const sweeper of sweepers) sweeper.unref();
  let closed: Promise<void> | undefined;
  return {
    uri: `mongodb://${server.address}/?replicaSet=${replicaSetName}`,
    port: listeners[0]?.port ?? 0,
    close: () => (closed ??= shutDown()),
  };

  async function shutDown(): Promise<void> {
    for (const sweeper of sweepers) clearInterval(sweeper);
    closing.abort();
    for (const transaction of store.openTransactions) store.abortTransaction(transaction);
    await Promise.all(listeners.map((listener) => listener.close()));
    server.cursors.killWhere(() => true);
    await release();
  }
}

function sweep(server: ServerState): void {
  const nowMs = Date.now();
  server.cursors.killIdle(nowMs);
  server.pins.expire(nowMs);
  expireSessions(server, nowMs);
}

function expire({ store }: ServerState): void {
  // After a failed flush nothing can be written any more; every client is told so, and the sweep has nobody to tell.
  if (store.flusher.failure === undefined) expireDocuments(store, Date.now());
}
