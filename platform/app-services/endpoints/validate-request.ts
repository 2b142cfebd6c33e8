import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AppServicesError } from "../app-services-error";
import type { EndpointValidation } from "../tree/app-tree";

export interface RequestEvidence {
  readonly body: Uint8Array;
  /** `Endpoint-Signature`, or `X-Hook-Signature` of older senders. */
  readonly signature: string | null;
  readonly secretParam: string | null;
}

/**
 * Checks the validation of an endpoint, over the exact bytes that came.
 *
 * Refuses: 401 with one answer whatever was wrong. Compares in constant time.
 */
export function assertValidRequest(validation: EndpointValidation, evidence: RequestEvidence): void {
  switch (validation.kind) {
    case "none":
      return;
    case "secretAsQueryParam":
      if (evidence.secretParam === null || !isSame(evidence.secretParam, validation.secret)) throw refusal("secret");
      return;
    case "verifyPayload": {
      const expected = `sha256=${createHmac("sha256", validation.secret).update(evidence.body).digest("hex")}`;
      if (evidence.signature === null || !isSame(evidence.signature.toLowerCase(), expected))
        throw refusal("signature");
    }
  }
}

function isSame(given: string, expected: string): boolean {
  // Hashed first, so that neither content nor length shows in the time taken.
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function refusal(what: string): AppServicesError {
  return new AppServicesError(401, "AuthError", `the ${what} of the request is missing or wrong`);
}
