import { createHash } from "node:crypto";
import type { SavedAnswer } from "../core/kinds";
import type { Store } from "../core/store";
import type { Form } from "./form";
import { StripeError } from "./stripe-error";

const KEPT_SECONDS = 24 * 3600;

/** A POST with its idempotency key. */
export interface KeyedCall {
  readonly key: string;
  readonly path: string;
  readonly fingerprint: string;
}

/** Remembers keys: those that are being worked on, and for a day the answers of those that are done. */
export interface Idempotency {
  /**
   * Finds the saved answer of a key, or begins the call.
   * Refuses, in this order: a key that is too long; the same key with another path or other parameters; a key in flight.
   */
  begin(call: KeyedCall, now: number): SavedAnswer | undefined;
  /** Ends a call that was begun, after its answer left or is safe on disk. */
  end(call: KeyedCall): void;
}

/** Makes the memory of keys over the store. */
export function createIdempotency(store: Store): Idempotency {
  const running = new Map<string, KeyedCall>();
  return {
    begin: (call, now) => {
      if (call.key.length > 255) throw keyError("Idempotency keys can have at most 255 characters");
      const inFlight = running.get(call.key);
      if (inFlight !== undefined) {
        assertSameCall(call, inFlight);
        throw new StripeError(409, {
          type: "invalid_request_error",
          code: "idempotency_key_in_use",
          message: `There is currently another in-progress request using this Idempotency-Key (${call.key}). Try again later`,
        });
      }
      const saved = store.get("saved_answer", call.key);
      if (saved !== undefined && saved.created > now - KEPT_SECONDS) {
        assertSameCall(call, saved);
        return saved;
      }
      running.set(call.key, call);
      return undefined;
    },
    end: (call) => void running.delete(call.key),
  };
}

/** Drops the answers that Stripe would have forgotten. */
export function pruneAnswers(store: Store, now: number): void {
  const old = [...store.values("saved_answer")].filter(({ created }) => created <= now - KEPT_SECONDS);
  store.remove(
    "saved_answer",
    old.map(({ id }) => id),
  );
}

/** Reduces a call to what must be equal when its key is used again; the order of parameters does not count. */
export function fingerprintOf(method: string, path: string, form: Form): string {
  return createHash("sha256")
    .update(JSON.stringify([method, path, sorted(form)]))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}

function assertSameCall(call: KeyedCall, first: Pick<KeyedCall, "path" | "fingerprint">): void {
  if (call.path !== first.path) {
    throw keyError(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${first.path}' vs '${call.path}'). Try using a key other than '${call.key}' if you meant to execute a different request.`,
    );
  }
  if (call.fingerprint !== first.fingerprint) {
    throw keyError(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${call.key}' if you meant to execute a different request.`,
    );
  }
}

function keyError(message: string): StripeError {
  return new StripeError(400, { type: "idempotency_error", message });
}
