/** Hashes. All results are lower-case hex. */
export interface Digest {
  /** SHA-256 over the RFC 8785 JSON of a value. */
  json(value: unknown): string;
  /** HMAC-SHA-256 of a text under the installation's identity key: the same input, not guessable from outside. */
  keyed(text: string): string;
  /** SHA-256 of a text. */
  text(text: string): string;
}
