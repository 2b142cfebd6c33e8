import type { Doc } from "../bson/values";
import type { Deadline } from "../plan/deadline";
import type { SessionRecord } from "../store/session-table";
import type { Instant } from "../store/instant";
import type { SnapshotPins } from "../store/snapshot-pins";
import type { Store } from "../store/store";
import type { Transaction } from "../store/transaction";
import type { Connection } from "../wire/connection";
import type { Reply } from "../wire/reply";
import type { Arguments } from "./arguments";
import type { CursorTable } from "./cursor-table";
import type { FailPoints } from "./fail-points";
import type { MemberRole } from "./secondary";
import type { OperationTable } from "./operation-table";

/** What all commands of one server share. */
export interface ServerState {
  readonly store: Store;
  readonly cursors: CursorTable;
  readonly failPoints: FailPoints;
  readonly operations: OperationTable;
  readonly pins: SnapshotPins;
  /** host:port as clients dial the primary. */
  readonly address: string;
  /** The addresses of all members of the set: the primary, and the secondary where one was asked for. */
  readonly members: readonly string[];
  readonly startedMs: number;
  readonly storageName: string;
  connectionCount(): number;
  /** Aborted when the server shuts down: waiting commands end then. */
  readonly closing: AbortSignal;
}

/** The logical session a command runs in. */
export interface CommandSession {
  readonly key: string;
  readonly lsid: Doc;
  readonly txnNumber?: bigint;
  /** Set for a command of a multi-document transaction, while it is open. */
  readonly transaction?: Transaction;
  /** Set for retryable writes and transactions. */
  readonly record?: SessionRecord;
  readonly isRetryable: boolean;
  readonly isTransaction: boolean;
}

/** One command being run. */
export interface CommandContext {
  readonly server: ServerState;
  readonly role: MemberRole;
  readonly connection: Connection;
  /** Name as the table knows it. */
  readonly command: string;
  readonly database: string;
  readonly body: Doc;
  /** The bytes `body` was decoded from. */
  readonly rawBody: Buffer;
  readonly args: Arguments;
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  readonly session: CommandSession | undefined;
  /** Set for a read with snapshot read concern outside a transaction: what is read is as of then. */
  readonly readAt: Instant | undefined;
  /** When maxTimeMS runs out. */
  readonly deadline: Deadline;
  /** The newest commit this reply depends on; it is durable before the reply leaves where the concern asks for that. */
  dependsOn: Instant;
}

/** Runs one command. Throws: ServerError. */
export type CommandHandler = (context: CommandContext) => Reply | Promise<Reply>;

/** What the table says about one command. */
export interface CommandDefinition {
  readonly run: CommandHandler;
  /** Waits for durability as the write concern says. */
  readonly isWrite?: boolean;
  /** May run inside a multi-document transaction. */
  readonly inTransaction?: boolean;
  /** May read with snapshot read concern outside a transaction. */
  readonly readsSnapshots?: boolean;
  readonly summary: string;
}
