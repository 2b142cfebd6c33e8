import { timingSafeEqual } from "node:crypto";
import { StripeError } from "./stripe-error";

/** Checks the key of a call, given as a bearer or as the user of basic authentication. Throws: 401 as Stripe words it. */
export function authenticate(header: string | undefined, secretKey: string): void {
  const key = keyOf(header);
  if (key === undefined) {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  const given = Buffer.from(key);
  const expected = Buffer.from(secretKey);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}${"*".repeat(8)}${key.slice(-4)}`);
  }
}

function keyOf(header: string | undefined): string | undefined {
  const [, scheme, value] = /^(\S+)\s+(\S+)$/.exec(header ?? "") ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return undefined;
  return Buffer.from(value, "base64").toString("utf8").split(":")[0];
}

function unauthorized(message: string): StripeError {
  return new StripeError(401, { type: "invalid_request_error", message });
}
