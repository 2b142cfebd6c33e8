const retryableWriteCodes = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
const transientCodes = new Set([24, 112, 246, 251, 267]);
const transientBeforeCommitCodes = new Set([6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436]);

/** What the labels of an error depend on. */
export interface LabelFacts {
  readonly code: number;
  readonly isTransaction: boolean;
  readonly isRetryableWrite: boolean;
  /** The command is commitTransaction or abortTransaction. */
  readonly isEndingTransaction: boolean;
}

/** The error labels a server adds by code. A label too many is as wrong as one too few: the driver acts on it. */
export function labelsOf({ code, isTransaction, isRetryableWrite, isEndingTransaction }: LabelFacts): string[] {
  if (isTransaction || isEndingTransaction) {
    if (transientCodes.has(code)) return ["TransientTransactionError"];
    if (isEndingTransaction) return retryableWriteCodes.has(code) ? ["RetryableWriteError"] : [];
    return transientBeforeCommitCodes.has(code) ? ["TransientTransactionError"] : [];
  }
  return isRetryableWrite && retryableWriteCodes.has(code) ? ["RetryableWriteError"] : [];
}

/** The labels of a write concern error: the write has happened, so only repeating it as it was can help. */
export function concernLabelsOf({ code, isTransaction, isRetryableWrite, isEndingTransaction }: LabelFacts): string[] {
  const isRepeatable = isEndingTransaction || (isRetryableWrite && !isTransaction);
  return isRepeatable && retryableWriteCodes.has(code) ? ["RetryableWriteError"] : [];
}
