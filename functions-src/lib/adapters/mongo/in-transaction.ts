import { AppError } from "../../domain/app-error";
import type { DatabaseSession, OperationOptions } from "../../ports/collection";
import { StoreFailure } from "../../ports/wallet-store";
import { OPERATION_KEY_INDEX } from "./schema/ledger";
import { hasLabel, isDuplicateKey } from "./store-errors";

/** How often a commit whose fate is unknown is sent again before it is left unknown. */
const COMMIT_TRIES = 5;
/** How often a change that can be made again is tried while others write the same record. */
const CHANGE_TRIES = 20;

/** Runs one attempt of a transaction and says in our words how it failed. */
export async function inTransaction<T>(
  session: DatabaseSession,
  body: (options: OperationOptions) => Promise<T>,
): Promise<T> {
  try {
    session.start();
    const result = await body({ session });
    await commit(session);
    return result;
  } catch (error) {
    await session.abort();
    throw classify(error);
  } finally {
    await session.end();
  }
}

/**
 * Makes a change of a busy record until it is committed. The change is one that can be made again, so a commit of unknown fate is
 * tried again like any other failure.
 * Throws: AppError `unavailable` that names the record when others keep getting in the way; StoreFailure `corrupt`.
 */
export async function untilCommitted<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreFailure) || error.kind === "corrupt") throw error;
      if (tries === CHANGE_TRIES) throw new AppError("unavailable", `${what} stays busy: try again`);
    }
  }
}

/** Commits; a commit whose fate is unknown is repeated, which is safe because the server knows the transaction. */
async function commit(session: DatabaseSession): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await session.commit();
    } catch (error) {
      if (!hasLabel(error, "UnknownTransactionCommitResult")) throw error;
      if (tries >= COMMIT_TRIES) throw new StoreFailure("outcome_unknown", error);
    }
  }
}

function classify(error: unknown): unknown {
  if (error instanceof StoreFailure) return error;
  if (hasLabel(error, "TransientTransactionError")) return new StoreFailure("transient", error);
  if (isDuplicateKey(error, OPERATION_KEY_INDEX)) return new StoreFailure("duplicate_key", error);
  if (isDuplicateKey(error)) return new StoreFailure("corrupt", error);
  return error;
}
