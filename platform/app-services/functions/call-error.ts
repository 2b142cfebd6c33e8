/** A call that ended without a result, with the code the client API gives it. */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    /** `thrown`: the function said no. `lost`: the worker ended, and whether the call took effect is unknown. `refused`: it never ran. */
    readonly kind: "thrown" | "timeout" | "lost" | "refused",
    readonly code: string,
    message: string,
    readonly functionStack?: string,
  ) {
    super(message);
  }
}
