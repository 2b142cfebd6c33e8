import type { Doc, Value } from "../bson/values";
import { encode } from "../bson/encode";
import { writeTimestamp, type Instant } from "../store/instant";

/** A batch of raw documents that goes into the reply byte for byte. */
export interface CursorBatch {
  readonly field: "firstBatch" | "nextBatch";
  readonly documents: readonly Buffer[];
  readonly id: bigint;
  readonly namespace: string;
  /** Fields after the batch, such as postBatchResumeToken. */
  readonly extra?: Doc;
}

/** What a command answers. Shape: `fields` in order, then the cursor, then `ok: 1` and the cluster times. */
export interface Reply {
  readonly fields: Doc;
  readonly cursor?: CursorBatch;
}

/** Builds a reply without a cursor from name-value pairs. */
export function reply(...fields: readonly (readonly [string, Value])[]): Reply {
  return { fields: new Map(fields) };
}

const okElement = Buffer.from([0x01, 0x6f, 0x6b, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
const notOkElement = Buffer.from([0x01, 0x6f, 0x6b, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Encodes a reply as the pieces of one BSON document. */
export function encodeReply(answer: Reply, options: { isOk: boolean; operationTime: Instant }): Buffer[] {
  const pieces: Buffer[] = [Buffer.allocUnsafe(4)];
  if (answer.fields.size > 0) pieces.push(elementsOf(encode(answer.fields)));
  if (answer.cursor !== undefined) appendCursor(pieces, answer.cursor);
  pieces.push(options.isOk ? okElement : notOkElement, clusterTimes(options.operationTime));
  return sealed(pieces, 0);
}

const terminator = Buffer.from([0]);

/** Writes the length into the piece at `from`, which must be four bytes that later pieces follow. */
function sealed(pieces: Buffer[], from: number): Buffer[] {
  pieces.push(terminator);
  let length = 0;
  for (let at = from; at < pieces.length; at += 1) length += pieces[at]?.length ?? 0;
  pieces[from]?.writeInt32LE(length, pieces[from].length - 4);
  return pieces;
}

function elementsOf(document: Buffer): Buffer {
  return document.subarray(4, document.length - 1);
}

const cursorName = Buffer.from("\x03cursor\0", "latin1");

function appendCursor(pieces: Buffer[], cursor: CursorBatch): void {
  const inner: Buffer[] = [Buffer.allocUnsafe(4)];
  inner.push(Buffer.from(`\x04${cursor.field}\0`, "latin1"), batchArray(cursor.documents));
  const tail: Doc = new Map<string, Value>([...(cursor.extra ?? []), ["id", cursor.id], ["ns", cursor.namespace]]);
  inner.push(elementsOf(encode(tail)));
  pieces.push(cursorName, ...sealed(inner, 0));
}

const indexNames: Buffer[] = [];

function indexName(index: number): Buffer {
  const known = indexNames[index];
  if (known !== undefined) return known;
  const name = Buffer.from(`\x03${index}\0`, "latin1");
  if (index === indexNames.length && index < 10_000) indexNames.push(name);
  return name;
}

/** One buffer for the array, so that a batch of many small documents is copied once and not held in thousands of pieces. */
function batchArray(documents: readonly Buffer[]): Buffer {
  let length = 5;
  documents.forEach((document, index) => (length += indexName(index).length + document.length));
  const array = Buffer.allocUnsafe(length);
  array.writeInt32LE(length, 0);
  let at = 4;
  documents.forEach((document, index) => {
    const name = indexName(index);
    array.set(name, at);
    array.set(document, at + name.length);
    at += name.length + document.length;
  });
  array[at] = 0;
  return array;
}

const timesTemplate = buildTimesTemplate();
const clusterTimeOffset = timesTemplate.indexOf("\x11clusterTime\0", 0, "latin1") + 13;
const operationTimeOffset = timesTemplate.indexOf("\x11operationTime\0", 0, "latin1") + 15;

/** `$clusterTime` with the all-zero signature that an unauthenticated server sends, and `operationTime`. */
function buildTimesTemplate(): Buffer {
  const signature = Buffer.concat([
    Buffer.from("\x05hash\0\x14\0\0\0\0", "latin1"),
    Buffer.alloc(20),
    Buffer.from("\x12keyId\0", "latin1"),
    Buffer.alloc(9),
  ]);
  const inner = Buffer.concat([
    Buffer.from("\x11clusterTime\0", "latin1"),
    Buffer.alloc(8),
    Buffer.from("\x03signature\0", "latin1"),
    lengthOf(signature.length + 4),
    signature,
    terminator,
  ]);
  return Buffer.concat([
    Buffer.from("\x03$clusterTime\0", "latin1"),
    lengthOf(inner.length + 4),
    inner,
    Buffer.from("\x11operationTime\0", "latin1"),
    Buffer.alloc(8),
  ]);
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32LE(length, 0);
  return bytes;
}

function clusterTimes(instant: Instant): Buffer {
  const times = Buffer.from(timesTemplate);
  writeTimestamp(times, instant, clusterTimeOffset);
  writeTimestamp(times, instant, operationTimeOffset);
  return times;
}
