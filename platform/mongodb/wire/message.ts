/** One request as it came from the wire; the body is still undecoded BSON. */
export interface WireRequest {
  readonly kind: "message" | "query";
  readonly requestId: number;
  /** The client does not want an answer (OP_MSG moreToCome). */
  readonly isUnanswered: boolean;
  readonly body: Buffer;
  /** OP_MSG sections of kind 1: field name to raw documents. */
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  /** Only legacy OP_QUERY names the database outside the body. */
  readonly database?: string;
}

/** Thrown when bytes are not a MongoDB message; the connection is closed, since its framing can no longer be trusted. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

export const headerBytes = 16;
export const maxMessageBytes = 48_000_000;
const opReply = 1;
const opQuery = 2004;
const opMessage = 2013;
const checksumPresent = 1;
const moreToCome = 2;
const requiredFlags = 0xffff;

/** Reads one complete message. Throws: MalformedMessage. */
export function parseMessage(message: Buffer): WireRequest {
  const opcode = message.readInt32LE(12);
  if (opcode === opMessage) return parseOpMessage(message);
  if (opcode === opQuery) return parseOpQuery(message);
  throw new MalformedMessage(`Unsupported opcode ${opcode}`);
}

function parseOpMessage(message: Buffer): WireRequest {
  if (message.length < headerBytes + 4) throw new MalformedMessage("OP_MSG without flags");
  const flags = message.readUInt32LE(headerBytes);
  const unknown = flags & requiredFlags & ~(checksumPresent | moreToCome);
  if (unknown !== 0) throw new MalformedMessage(`Unknown required OP_MSG flags ${unknown}`);
  const end = message.length - ((flags & checksumPresent) === 0 ? 0 : 4);
  const sequences = new Map<string, readonly Buffer[]>();
  let body: Buffer | undefined;
  let at = headerBytes + 4;
  while (at < end) {
    const kind = message[at];
    at += 1;
    if (kind === 0) {
      if (body !== undefined) throw new MalformedMessage("OP_MSG with two bodies");
      body = documentAt(message, at, end);
      at += body.length;
    } else if (kind === 1) {
      const stop = at + lengthAt(message, at, end);
      const nameEnd = message.indexOf(0, at + 4);
      if (nameEnd < 0 || nameEnd >= stop) throw new MalformedMessage("Document sequence without a name");
      const name = message.toString("utf8", at + 4, nameEnd);
      if (sequences.has(name)) throw new MalformedMessage("Document sequence given twice");
      sequences.set(name, documentsBetween(message, nameEnd + 1, stop));
      at = stop;
    } else {
      throw new MalformedMessage(`Unknown OP_MSG section kind ${kind}`);
    }
  }
  if (body === undefined) throw new MalformedMessage("OP_MSG without a body");
  const isUnanswered = (flags & moreToCome) !== 0;
  return { kind: "message", requestId: message.readInt32LE(4), isUnanswered, body, sequences };
}

function parseOpQuery(message: Buffer): WireRequest {
  const nameStart = headerBytes + 4;
  const nameEnd = message.indexOf(0, nameStart);
  if (nameEnd < 0 || nameEnd + 9 > message.length) throw new MalformedMessage("OP_QUERY is too short");
  const namespace = message.toString("utf8", nameStart, nameEnd);
  if (!namespace.endsWith(".$cmd")) throw new MalformedMessage("OP_QUERY is only accepted for commands");
  const body = documentAt(message, nameEnd + 9, message.length);
  return {
    kind: "query",
    requestId: message.readInt32LE(4),
    isUnanswered: false,
    body,
    sequences: new Map(),
    database: namespace.slice(0, -5),
  };
}

function documentsBetween(message: Buffer, start: number, stop: number): Buffer[] {
  const documents: Buffer[] = [];
  let at = start;
  while (at < stop) {
    const document = documentAt(message, at, stop);
    documents.push(document);
    at += document.length;
  }
  return documents;
}

function documentAt(message: Buffer, at: number, end: number): Buffer {
  const length = lengthAt(message, at, end);
  if (message[at + length - 1] !== 0) throw new MalformedMessage("Document without its end byte");
  return message.subarray(at, at + length);
}

function lengthAt(message: Buffer, at: number, end: number): number {
  if (at + 5 > end) throw new MalformedMessage("Message ends inside a section");
  const length = message.readInt32LE(at);
  if (length < 5 || at + length > end) throw new MalformedMessage("Section length runs past the message");
  return length;
}

let lastRequestId = 0;

/** Frames reply bodies (one BSON document in pieces) for the kind of request they answer. */
export function frameReply(request: WireRequest, pieces: readonly Buffer[]): Buffer {
  const isQuery = request.kind === "query";
  const prefix = Buffer.allocUnsafe(headerBytes + (isQuery ? 20 : 5));
  let length = prefix.length;
  for (const piece of pieces) length += piece.length;
  lastRequestId = (lastRequestId + 1) & 0x7fffffff;
  prefix.writeInt32LE(length, 0);
  prefix.writeInt32LE(lastRequestId, 4);
  prefix.writeInt32LE(request.requestId, 8);
  prefix.writeInt32LE(isQuery ? opReply : opMessage, 12);
  prefix.fill(0, headerBytes);
  if (isQuery) {
    prefix.writeInt32LE(8, headerBytes);
    prefix.writeInt32LE(1, headerBytes + 16);
  }
  return Buffer.concat([prefix, ...pieces], length);
}
