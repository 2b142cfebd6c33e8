import { Binary, type Doc } from "../bson/values";
import { serverError } from "../errors";
import type { SessionRecord } from "../store/session-table";
import type { Store } from "../store/store";
import type { CommandSession } from "./context";
import { toNumber } from "../store/plain-number";

/** Which command it is, as far as sessions care. */
export interface SessionRequest {
  readonly command: string;
  readonly body: Doc;
  readonly mayRunInTransaction: boolean;
}

/**
 * Reads lsid, txnNumber, autocommit and startTransaction of a command and moves its session on: begins a transaction, finds the open one, or prepares a retryable write.
 * Refuses, in this order: InvalidOptions, OperationNotSupportedInTransaction, TransactionTooOld, NoSuchTransaction, TransactionCommitted.
 */
export function openCommandSession(store: Store, request: SessionRequest): CommandSession | undefined {
  const { body } = request;
  const lsid = body.get("lsid");
  if (!(lsid instanceof Map)) {
    if (body.has("autocommit")) throw serverError("InvalidOptions", "'autocommit' field requires a session");
    return undefined;
  }
  const key = sessionKeyOf(lsid);
  const txnNumber = body.has("txnNumber") ? BigInt(toNumber(body.get("txnNumber")) ?? 0) : undefined;
  const isTransaction = body.get("autocommit") === false;
  if (txnNumber === undefined) {
    if (isTransaction) throw serverError("InvalidOptions", "'autocommit' field requires a transaction number");
    const known = store.sessions.get(key);
    if (known !== undefined) known.lastUsedMs = Date.now();
    return { key, lsid, isRetryable: false, isTransaction: false };
  }
  if (isTransaction && !request.mayRunInTransaction) {
    throw serverError(
      "OperationNotSupportedInTransaction",
      `Cannot run '${request.command}' in a multi-document transaction.`,
    );
  }
  const record = store.sessions.open(key, lsid, Date.now());
  if (txnNumber < record.txnNumber) {
    throw serverError(
      "TransactionTooOld",
      `Cannot start transaction ${txnNumber} on session because a newer transaction with txnNumber ${record.txnNumber} has already started`,
    );
  }
  if (!isTransaction) {
    if (txnNumber > record.txnNumber) restart(store, record, txnNumber, "retryable");
    return { key, lsid, txnNumber, record, isRetryable: true, isTransaction: false };
  }
  const transaction = transactionFor(store, record, txnNumber, request);
  const common = { key, lsid, txnNumber, record, isRetryable: false, isTransaction: true };
  return transaction === undefined ? common : { ...common, transaction };
}

/** The bytes of a session id as a map key. */
export function sessionKeyOf(lsid: Doc): string {
  const id = lsid.get("id");
  if (!(id instanceof Binary))
    throw serverError("TypeMismatch", "BSON field 'OperationSessionInfo.lsid.id' must be a UUID");
  return Buffer.from(id.value()).toString("latin1");
}

function restart(store: Store, record: SessionRecord, txnNumber: bigint, kind: SessionRecord["kind"]): void {
  if (record.transaction !== undefined) store.abortTransaction(record.transaction);
  record.transaction = undefined;
  record.txnNumber = txnNumber;
  record.kind = kind;
  record.outcome = "none";
  record.statements.clear();
}

function transactionFor(
  store: Store,
  record: SessionRecord,
  txnNumber: bigint,
  { body, command }: SessionRequest,
): SessionRecord["transaction"] {
  if (body.get("startTransaction") === true) {
    if (txnNumber === record.txnNumber) {
      throw serverError(
        "ConflictingOperationInProgress",
        `Cannot start a transaction at given transaction number ${txnNumber}: it has already been used`,
      );
    }
    restart(store, record, txnNumber, "transaction");
    record.transaction = store.beginTransaction();
    record.transactionStartedMs = Date.now();
    return record.transaction;
  }
  const isEnding = command === "commitTransaction" || command === "abortTransaction";
  if (txnNumber !== record.txnNumber || record.kind !== "transaction") throw noSuchTransaction(txnNumber);
  // Repeating the end of a transaction is answered from its outcome, which the end commands look at themselves.
  if (record.transaction === undefined && !isEnding) {
    if (record.outcome === "committed") {
      throw serverError("TransactionCommitted", `Transaction with { txnNumber: ${txnNumber} } has been committed.`);
    }
    throw noSuchTransaction(txnNumber);
  }
  return record.transaction;
}

/** The error for a transaction the server does not know, or has aborted. */
export function noSuchTransaction(txnNumber: bigint): Error {
  return serverError(
    "NoSuchTransaction",
    `Given transaction number ${txnNumber} does not match any in-progress transactions.`,
  );
}
