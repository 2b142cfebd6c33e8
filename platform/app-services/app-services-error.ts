/**
 * A refusal in the words of the App Services client API: becomes `{error, error_code, link}` with this status.
 *
 * Holds: `message` is shown to the client, so it never carries a secret.
 */
export class AppServicesError extends Error {
  override readonly name = "AppServicesError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * The one answer that makes realm-web fetch a new access token and try again.
 *
 * Holds: only used with access tokens where a new one would cure it, and with refresh tokens that are dead; anything else would make the
 * client repeat the call for ever.
 */
export function invalidSession(reason: string): AppServicesError {
  return new AppServicesError(401, "InvalidSession", `invalid session: ${reason}`);
}

/** Refuses a request whose body or parameters do not have the documented shape. */
export function badRequest(message: string): AppServicesError {
  return new AppServicesError(400, "BadRequest", message);
}
