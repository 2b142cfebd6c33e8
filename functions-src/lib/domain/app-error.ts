/** Why something was thrown; decides the status and whether the message may be shown. */
export type AppErrorKind =
  | "invalid_input"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "unavailable"
  | "bug";

/**
 * The one class of thrown errors: bad input, missing rights, an outage, or a bug. A business "no" is a `Refusal`.
 * `publicMessage` is shown to callers; `detail` goes to the log only.
 */
export class AppError extends Error {
  readonly kind: AppErrorKind;
  readonly publicMessage: string;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(
    kind: AppErrorKind,
    publicMessage: string,
    options: { readonly detail?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(publicMessage, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "AppError";
    this.kind = kind;
    this.publicMessage = publicMessage;
    this.detail = options.detail ?? {};
  }
}
