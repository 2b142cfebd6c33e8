import { decode } from "../bson/decode";
import { Timestamp, type Doc, type Value } from "../bson/values";
import { fromTimestamp, type Instant } from "../store/instant";
import { Deadline } from "../plan/deadline";
import { codeNameOf, serverError, ServerError } from "../errors";
import type { WireAnswer, WireHandler } from "../wire/connection";
import type { WireRequest } from "../wire/message";
import { encodeReply, type Reply } from "../wire/reply";
import type { Connection } from "../wire/connection";
import { Arguments } from "./arguments";
import { abortFailedTransaction } from "./transactions";
import { openCommandSession } from "./command-session";
import type { CommandContext, CommandDefinition, ServerState } from "./context";
import { ConnectionDropped, type CommandFailure } from "./fail-points";
import { concernLabelsOf, labelsOf, type LabelFacts } from "./labels";
import { assertServableBySecondary, type MemberRole } from "./secondary";
import { commandNamed } from "./table";
import { parseWriteConcern, type WriteConcern } from "./write-concern";

/** What is known of a command before it can be refused properly. */
interface Attempt {
  readonly server: ServerState;
  readonly role: MemberRole;
  readonly connection: Connection;
  readonly request: WireRequest;
  command: string;
  body: Doc;
  context?: CommandContext;
  failure?: CommandFailure | undefined;
}

/** Builds the handler that turns wire requests into command replies. Every failure becomes an answer. */
export function createDispatcher(server: ServerState, role: MemberRole = "primary"): WireHandler {
  return (request, connection) => {
    const attempt: Attempt = { server, role, connection, request, command: "unknown", body: new Map() };
    try {
      const outcome = begin(attempt);
      if (!(outcome instanceof Promise)) return outcome;
      return outcome.catch((error: unknown) => failed(attempt, error));
    } catch (error) {
      return failed(attempt, error);
    }
  };
}

function begin(attempt: Attempt): WireAnswer | Promise<WireAnswer> {
  const { request, server, connection } = attempt;
  attempt.body = decode(request.body);
  const first = attempt.body.keys().next();
  if (first.done === true) throw serverError("CommandNotFound", "no such command: ''");
  attempt.command = first.value;
  const definition = commandNamed(first.value);
  const failure = server.failPoints.forCommand(first.value, connection.appName);
  if (failure !== undefined) {
    attempt.failure = failure;
    return beginFailing(attempt, definition, failure);
  }
  return run(attempt, definition);
}

async function beginFailing(
  attempt: Attempt,
  definition: CommandDefinition | undefined,
  failure: CommandFailure,
): Promise<WireAnswer> {
  if (failure.blockMs > 0) await pause(failure.blockMs);
  if (failure.isClosing) return "close";
  if (failure.errorCode !== undefined) {
    const { errorCode } = failure;
    throw new ServerError(errorCode, codeNameOf(errorCode), `Failing command via 'failCommand' failpoint`);
  }
  return run(attempt, definition);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)));
}

function run(attempt: Attempt, definition: CommandDefinition | undefined): WireAnswer | Promise<WireAnswer> {
  const { server, connection, request, body, command } = attempt;
  if (definition === undefined) throw serverError("CommandNotFound", `no such command: '${command}'`);
  if (attempt.role === "secondary") assertServableBySecondary(command, definition, body);
  const args = new Arguments(body, command);
  const database = request.database ?? args.string("$db");
  const mayRunInTransaction = definition.inTransaction === true;
  const session = openCommandSession(server.store, { command, body, mayRunInTransaction });
  const maxTimeMs = args.count("maxTimeMS") ?? 0;
  const context: CommandContext = {
    server,
    role: attempt.role,
    connection,
    command,
    database,
    body,
    rawBody: request.body,
    args,
    sequences: request.sequences,
    session,
    readAt: session?.isTransaction === true ? undefined : snapshotOf(server, body, definition),
    deadline: new Deadline(maxTimeMs > 0 ? performance.now() + maxTimeMs : undefined),
    dependsOn: 0,
  };
  attempt.context = context;
  const isInside = session?.isTransaction === true && !isEnding(command);
  const concern = definition.isWrite === true && !isInside ? parseWriteConcern(body, server.members.length) : undefined;
  const answer = definition.run(context);
  if (answer instanceof Promise) return answer.then((late) => settle(attempt, late, concern));
  return settle(attempt, answer, concern);
}

/** The instant that a read with snapshot read concern reads at: the one it names, or the present, which is then kept readable. */
function snapshotOf({ store, pins }: ServerState, body: Doc, definition: CommandDefinition): Instant | undefined {
  const concern = body.get("readConcern");
  if (!(concern instanceof Map) || concern.get("level") !== "snapshot") return undefined;
  if (definition.readsSnapshots !== true) {
    throw serverError(
      "InvalidOptions",
      "readConcern level 'snapshot' is not supported by this command outside a transaction",
    );
  }
  const named = concern.get("atClusterTime");
  if (named instanceof Timestamp) return fromTimestamp(named);
  pins.pin(store.lastCommit, Date.now());
  return store.lastCommit;
}

/** Holds the reply back until what it depends on is durable, where the concern of the command asks for that. */
function settle(attempt: Attempt, answer: Reply, concern: WriteConcern | undefined): WireAnswer | Promise<WireAnswer> {
  const { context, server } = attempt;
  if (context === undefined) throw serverError("InternalError", "A command was answered before it began");
  const waits = concern === undefined ? readsMajority(context) : concern.waitsForFlush;
  const flush = waits ? server.store.flusher.whenFlushed(context.dependsOn) : undefined;
  if (flush !== undefined) return flush.then(() => finish(attempt, answer, concern));
  return finish(attempt, answer, concern);
}

function readsMajority({ body, dependsOn }: CommandContext): boolean {
  if (dependsOn === 0) return false;
  const concern = body.get("readConcern");
  const level = concern instanceof Map ? concern.get("level") : undefined;
  return level === "majority" || level === "linearizable" || level === "snapshot";
}

function finish(attempt: Attempt, answer: Reply, concern: WriteConcern | undefined): WireAnswer {
  const injected = attempt.failure?.writeConcernError;
  const error = injected ?? concern?.error;
  if (error !== undefined) {
    const named = error.has("codeName")
      ? error
      : new Map<string, Value>([...error, ["codeName", codeNameOf(Number(error.get("code")))]]);
    answer.fields.set("writeConcernError", named);
    const labels = attempt.failure?.errorLabels ?? concernLabelsOf(factsOf(attempt, Number(error.get("code"))));
    if (labels.length > 0) answer.fields.set("errorLabels", [...labels]);
  }
  return encodeReply(answer, { isOk: true, operationTime: attempt.server.store.lastCommit });
}

function failed(attempt: Attempt, thrown: unknown): WireAnswer {
  const { context, server } = attempt;
  if (thrown instanceof ConnectionDropped) return "close";
  const error = thrown instanceof ServerError ? thrown : internalError(thrown);
  if (context !== undefined) abortFailedTransaction(context);
  const fields: Doc = new Map<string, Value>([
    ["errmsg", error.message],
    ["code", error.code],
    ["codeName", error.codeName],
  ]);
  for (const [name, value] of error.extra ?? []) fields.set(name, value);
  const labels = attempt.failure?.errorLabels ?? [
    ...new Set([...error.errorLabels, ...labelsOf(factsOf(attempt, error.code))]),
  ];
  if (labels.length > 0) fields.set("errorLabels", [...labels]);
  return encodeReply({ fields }, { isOk: false, operationTime: server.store.lastCommit });
}

/** Something this server did not foresee: the client learns that it failed, the operator gets the stack. */
function internalError(thrown: unknown): ServerError {
  process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
  return serverError("InternalError", thrown instanceof Error ? thrown.message : String(thrown));
}

function isEnding(command: string): boolean {
  return command === "commitTransaction" || command === "abortTransaction";
}

function factsOf({ command, body }: Attempt, code: number): LabelFacts {
  const isTransaction = body.get("autocommit") === false;
  return {
    code,
    isTransaction,
    isRetryableWrite: body.has("txnNumber") && !isTransaction,
    isEndingTransaction: isEnding(command),
  };
}
