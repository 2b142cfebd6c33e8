import { decode } from "../bson/decode";
import { encodeKey } from "../bson/keystring";
import type { Doc, Value } from "../bson/values";

/** The largest document that is stored. Units: bytes. */
export const maxDocumentBytes = 16 * 1024 * 1024;

const viewsPerGeneration = 1_024;
const maxCachedBytes = 16 * 1024;
let recent = new Map<Buffer, Doc>();
let older = new Map<Buffer, Doc>();

/** Decodes stored bytes. Nobody may change the result: it is shared, as the bytes are. */
export function viewOf(bytes: Buffer): Doc {
  const known = recent.get(bytes) ?? older.get(bytes);
  if (known !== undefined) return known;
  const view = decode(bytes);
  rememberView(bytes, view);
  return view;
}

/** Keeps the decoded form of bytes that were just encoded or decoded. Two generations bound the memory: a whole map is dropped at once, which costs less than finding the oldest entry. */
export function rememberView(bytes: Buffer, view: Doc): void {
  if (bytes.length > maxCachedBytes) return;
  if (recent.size >= viewsPerGeneration) {
    older = recent;
    recent = new Map();
  }
  recent.set(bytes, view);
}

/** The key under which a document with this `_id` is stored; equal values of different number types share one key. */
export function idKeyOf(id: Value): string {
  return encodeKey([id], [false]);
}

/** Takes bytes out of a network buffer, which they would otherwise keep alive. */
export function ownBytes(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength <= bytes.length * 2 ? bytes : Buffer.from(bytes);
}
