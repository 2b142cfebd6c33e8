import type { Value } from "../bson/values";
import { serverError } from "../errors";
import { reply, type Reply } from "../wire/reply";
import { toNumber } from "../store/plain-number";
import type { CommandContext } from "./context";
import type { Cursor } from "./cursor-table";
import { failGetMore } from "./fail-points";
import { interrupted } from "./target";

const defaultAwaitMs = 1_000;
const longestTimerMs = 2 ** 31 - 1;

/** Runs the getMore command; a cursor that waits for data is given up to maxTimeMS. Throws: CursorNotFound, BadValue. */
export function getMore(context: CommandContext): Reply | Promise<Reply> {
  const cursor = cursorOf(context);
  failGetMore(context.server.failPoints);
  const count = context.args.count("batchSize") ?? 0;
  cursor.lastUsedMs = Date.now();
  const batch = cursor.source.next(count === 0 ? Number.POSITIVE_INFINITY : count);
  if (batch.documents.length > 0 || batch.isDone || cursor.source.wait === undefined) {
    return nextBatch(context, cursor, batch);
  }
  return awaitMore(context, cursor, count);
}

async function awaitMore(context: CommandContext, cursor: Cursor, count: number): Promise<Reply> {
  const { server, connection, body } = context;
  // A timer counts to 2^31 - 1 and fires at once beyond that, which would make this a busy loop.
  const awaitMs = Math.min(toNumber(body.get("maxTimeMS")) ?? defaultAwaitMs, longestTimerMs);
  const deadline = performance.now() + awaitMs;
  const gone = new AbortController();
  const forget = connection.onClose(() => gone.abort());
  const operation = server.operations.enter(context, "data");
  const signal = AbortSignal.any([gone.signal, cursor.killed.signal, operation.killed.signal, server.closing]);
  cursor.isInUse = true;
  try {
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0 || signal.aborted) break;
      await cursor.source.wait?.(left, signal);
      const batch = cursor.source.next(count === 0 ? Number.POSITIVE_INFINITY : count);
      if (batch.documents.length > 0 || batch.isDone) return nextBatch(context, cursor, batch);
    }
  } finally {
    forget();
    server.operations.leave(operation);
    cursor.isInUse = false;
    cursor.lastUsedMs = Date.now();
  }
  if (operation.killed.signal.aborted) {
    server.cursors.kill(cursor.id);
    throw interrupted();
  }
  if (cursor.killed.signal.aborted) throw serverError("CursorNotFound", `cursor id ${cursor.id} not found`);
  return nextBatch(context, cursor, { documents: [], isDone: false });
}

function cursorOf(context: CommandContext): Cursor {
  const { args, body, database, server, session } = context;
  const id = body.get("getMore");
  const plain = toNumber(id);
  if (plain === undefined || !Number.isInteger(plain)) {
    throw serverError("TypeMismatch", "Field 'getMore' must be a cursor id of type long");
  }
  const number = typeof id === "bigint" ? id : BigInt(plain);
  const cursor = server.cursors.get(number);
  const namespace = `${database}.${args.string("collection")}`;
  if (cursor.namespace !== namespace) {
    throw serverError(
      "Unauthorized",
      `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
    );
  }
  if (cursor.transaction !== session?.transaction) {
    throw serverError("BadValue", `Cursor ${number} was opened in another transaction or outside of one`);
  }
  if (cursor.isInUse) throw serverError("BadValue", `cursor id ${number} is already in use`);
  return cursor;
}

function nextBatch(context: CommandContext, cursor: Cursor, batch: { documents: Buffer[]; isDone: boolean }): Reply {
  if (batch.isDone) context.server.cursors.kill(cursor.id);
  const extra = cursor.source.extra?.();
  return {
    fields: new Map(),
    cursor: {
      field: "nextBatch",
      documents: batch.documents,
      id: batch.isDone ? 0n : cursor.id,
      namespace: cursor.namespace,
      ...(extra === undefined ? {} : { extra }),
    },
  };
}

/** Runs the killCursors command. */
export function killCursors({ args, server }: CommandContext): Reply {
  const killed: Value[] = [];
  const notFound: Value[] = [];
  for (const id of args.array("cursors") ?? []) {
    const plain = toNumber(id);
    if (plain === undefined || !Number.isInteger(plain)) {
      throw serverError("TypeMismatch", "Field 'getMore' must be a cursor id of type long");
    }
    const number = typeof id === "bigint" ? id : BigInt(plain);
    (server.cursors.kill(number) ? killed : notFound).push(number);
  }
  return reply(["cursorsKilled", killed], ["cursorsNotFound", notFound], ["cursorsAlive", []], ["cursorsUnknown", []]);
}
