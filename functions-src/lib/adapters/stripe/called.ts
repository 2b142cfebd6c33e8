import Stripe from "stripe";
import { AppError } from "../../domain/app-error";

/**
 * Runs a call and says in our words why it failed; the SDK's own error stays the cause. Of a call that carries an idempotency key
 * it also tells whether Stripe keeps the failure under it.
 */
export async function called<T>(call: () => Promise<T>, keyed: "keyed" | "unkeyed" = "unkeyed"): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const passing =
      error instanceof Stripe.errors.StripeConnectionError ||
      error instanceof Stripe.errors.StripeRateLimitError ||
      (error.statusCode ?? 500) >= 500 ||
      error.statusCode === 409;
    if (passing) {
      throw new AppError("unavailable", "Stripe cannot be reached now: try again with the same key", {
        cause: error,
        // 500 and its body are the answer of the key for a day; 503, 429 and 409 came before the work began.
        detail: { isKeySpent: keyed === "keyed" && error.statusCode === 500 },
      });
    }
    throw new AppError("conflict", `Stripe refused the call: ${error.message}`, {
      cause: error,
      detail: { code: error.code ?? null, param: error.param ?? null, requestId: error.requestId ?? null },
    });
  }
}
