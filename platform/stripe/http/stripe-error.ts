/** The `error` of Stripe's envelope. */
export interface ErrorBody {
  readonly type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
  readonly setup_intent?: unknown;
}

/** A call that Stripe would refuse; it undoes what its transaction did. */
export class StripeError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
    this.name = "StripeError";
  }
}

/** A refusal that is an outcome: what the call did is kept and the answer is saved for its idempotency key. */
export class CommittedRefusal {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {}
}

/** Makes a 400 of type `invalid_request_error`. */
export function invalidRequest(message: string, extra: Pick<ErrorBody, "code" | "param"> = {}): StripeError {
  return new StripeError(400, { type: "invalid_request_error", message, ...extra });
}

/** Makes the answer for an id that is not there: 404 in the path, 400 in a parameter. */
export function resourceMissing(noun: string, id: string, param = "id"): StripeError {
  return new StripeError(param === "id" ? 404 : 400, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${noun}: '${id}'`,
    param,
  });
}

/** Makes the answer for what Stripe has and this simulator does not. */
export function notSimulated(what: string, param?: string): StripeError {
  return invalidRequest(`The Stripe simulator does not have ${what}`, param === undefined ? {} : { param });
}
