import type { DatabaseSession, OperationOptions } from "../../ports/collection";
import { StoreFailure } from "../../ports/wallet-store";
import { OPERATION_KEY_INDEX } from "./schema/ledger";
import { hasLabel, isDuplicateKey } from "./store-errors";

/** How often a commit whose fate is unknown is sent again before it is left unknown. */
const COMMIT_TRIES = 5;

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
