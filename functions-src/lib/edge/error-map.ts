import { AppError, type AppErrorKind } from "../domain/app-error";
import type { Log } from "../ports/log";

/** What a caller may hear of a failure that is not theirs. */
const OUR_FAILURE = "Something failed on our side and nothing is lost: ask again with the same key";

const STATUS: Readonly<Record<AppErrorKind, number>> = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  bug: 500,
};

/** A failure as an HTTPS endpoint answers it. */
export interface HttpFailure {
  readonly status: number;
  readonly message: string;
}

/** Says what a caller may hear of an error, and logs what they may not. The one mapper of errors, for both surfaces. */
export function toHttpFailure(error: unknown, log: Log, where: string): HttpFailure {
  if (error instanceof AppError && error.kind !== "bug") {
    return { status: STATUS[error.kind], message: error.publicMessage };
  }
  const shown = error instanceof AppError ? error.publicMessage : OUR_FAILURE;
  log.alert("call_failed", { where, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return { status: STATUS.bug, message: shown };
}

/** The same for callable functions: the platform sends the message of what is thrown. */
export function toFunctionError(error: unknown, log: Log, where: string): Error {
  return new Error(toHttpFailure(error, log, where).message);
}
