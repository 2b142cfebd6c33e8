import { serverError } from "../errors";
import { reply, type Reply } from "../wire/reply";
import { noSuchTransaction } from "./command-session";
import type { CommandContext, CommandSession } from "./context";

/** Commits the session's transaction; repeating it answers the same. Refuses: NoSuchTransaction when it was aborted or is unknown. */
export function commitTransaction(context: CommandContext): Reply {
  const { session, record } = endOf(context);
  const { store } = context.server;
  if (record.outcome === "committed") {
    context.dependsOn = record.committedAt;
    return { fields: new Map() };
  }
  if (session.transaction === undefined) throw noSuchTransaction(record.txnNumber);
  context.dependsOn = store.commitTransaction(session.transaction, {
    lsid: session.lsid,
    txnNumber: record.txnNumber,
    session: record,
  });
  record.transaction = undefined;
  record.outcome = "committed";
  record.committedAt = context.dependsOn;
  return { fields: new Map() };
}

/** Aborts the session's transaction; repeating it answers the same. Refuses: TransactionCommitted, NoSuchTransaction. */
export function abortTransaction(context: CommandContext): Reply {
  const { session, record } = endOf(context);
  if (record.outcome === "committed") {
    throw serverError(
      "TransactionCommitted",
      `Transaction with { txnNumber: ${record.txnNumber} } has been committed.`,
    );
  }
  if (session.transaction === undefined) throw noSuchTransaction(record.txnNumber);
  abort(context, session);
  return reply();
}

/** A failed statement ends its transaction, as on a server; a failed commit does not change what was decided. */
export function abortFailedTransaction(context: CommandContext): void {
  const { session, command } = context;
  if (session?.transaction === undefined || command === "commitTransaction" || command === "abortTransaction") return;
  abort(context, session);
}

function abort(context: CommandContext, session: CommandSession): void {
  const { transaction, record } = session;
  if (transaction === undefined || record === undefined || record.transaction !== transaction) return;
  context.server.store.abortTransaction(transaction);
  context.server.cursors.killWhere((cursor) => cursor.transaction === transaction);
  record.transaction = undefined;
  record.outcome = "aborted";
}

function endOf({
  session,
  command,
}: CommandContext): Required<Pick<CommandSession, "record">> & { session: CommandSession } {
  if (session?.record === undefined || !session.isTransaction) {
    throw serverError("InvalidOptions", `${command} must be run within a transaction`);
  }
  return { session, record: session.record };
}
