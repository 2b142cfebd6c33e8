import canonicalize from "canonicalize";
import { createHash, createHmac } from "node:crypto";
import type { Digest } from "../../ports/digest";

/**
 * Makes the hashes over Node's crypto.
 * Throws: an Error when the identity key is shorter than 32 characters, because its marks could be guessed.
 */
export function createDigest(identityKey: string): Digest {
  if (identityKey.length < 32) throw new Error("identityKey: expected at least 32 characters of a random secret");
  const text = (content: string): string => createHash("sha256").update(content, "utf8").digest("hex");
  return {
    text,
    json: (value) => text(canonicalize(value) ?? "null"),
    keyed: (content) => createHmac("sha256", identityKey).update(content, "utf8").digest("hex"),
  };
}
