import { createHash } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Makes text of the given length that is the same for the same seed and name, and looks random. */
export function seededText(seed: number, name: string, length: number): string {
  let text = "";
  for (let block = 0; text.length < length; block += 1) {
    const digest = createHash("sha512").update(`${seed}:${name}:${block}`).digest();
    for (const byte of digest) text += ALPHABET.charAt(byte % ALPHABET.length);
  }
  return text.slice(0, length);
}

/** Draws a share in [0, 1) that is the same for the same seed and name. */
export function seededShare(seed: number, name: string): number {
  return createHash("sha256").update(`${seed}:${name}`).digest().readUInt32BE(0) / 2 ** 32;
}
