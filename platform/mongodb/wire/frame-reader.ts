import { headerBytes, MalformedMessage, maxMessageBytes } from "./message";

/** Cuts a byte stream into complete messages, holding at most one unfinished message. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private buffered = 0;

  /** Takes what the socket gave and returns the messages it completes. Throws: MalformedMessage on an impossible length. */
  push(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const messages: Buffer[] = [];
    while (this.buffered >= 4) {
      const length = this.nextLength();
      if (this.buffered < length) break;
      messages.push(this.take(length));
    }
    return messages;
  }

  private nextLength(): number {
    const first = this.chunks[0];
    if (first === undefined || first.length < 4) this.join();
    const length = this.chunks[0]?.readInt32LE(0) ?? 0;
    if (length < headerBytes + 4 || length > maxMessageBytes) {
      throw new MalformedMessage(`Message length ${length} is not between ${headerBytes + 4} and ${maxMessageBytes}`);
    }
    return length;
  }

  private take(length: number): Buffer {
    if ((this.chunks[0]?.length ?? 0) < length) this.join();
    const first = this.chunks[0] ?? Buffer.alloc(0);
    const rest = first.subarray(length);
    this.buffered -= length;
    if (rest.length > 0) this.chunks[0] = rest;
    else this.chunks.shift();
    return first.subarray(0, length);
  }

  private join(): void {
    this.chunks = [Buffer.concat(this.chunks, this.buffered)];
  }
}
