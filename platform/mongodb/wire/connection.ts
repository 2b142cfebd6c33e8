import type { Socket } from "node:net";
import { FrameReader } from "./frame-reader";
import { frameReply, MalformedMessage, parseMessage, type WireRequest } from "./message";

/** What a handler answers: BSON pieces, nothing (unanswered request), or an order to drop the connection. */
export type WireAnswer = readonly Buffer[] | "close";

/** Answers one request. It must turn every failure into an answer: what it throws closes the connection. */
export type WireHandler = (request: WireRequest, connection: Connection) => WireAnswer | Promise<WireAnswer>;

/** Facts about one client connection that commands may read, and its fate. */
export interface Connection {
  readonly id: number;
  readonly remote: string;
  /** Application name of the client's first hello. */
  appName: string | undefined;
  readonly isClosed: boolean;
  /** Calls back once when the socket has gone; returns a way to take the callback back. */
  onClose(callback: () => void): () => void;
}

const highWaterMessages = 64;

/** Serves one socket: requests of a connection are answered one after the other, as the protocol demands. */
export class SocketConnection implements Connection {
  appName: string | undefined;
  isClosed = false;
  private readonly reader = new FrameReader();
  private readonly queue: Buffer[] = [];
  private readonly closeCallbacks = new Set<() => void>();
  private isBusy = false;
  private isDraining = false;

  constructor(
    readonly id: number,
    private readonly socket: Socket,
    private readonly handler: WireHandler,
  ) {
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.closed());
  }

  get remote(): string {
    return `${this.socket.remoteAddress ?? "unknown"}:${this.socket.remotePort ?? 0}`;
  }

  onClose(callback: () => void): () => void {
    this.closeCallbacks.add(callback);
    return () => this.closeCallbacks.delete(callback);
  }

  /** Closes once the request in hand has been answered. */
  drain(): void {
    this.isDraining = true;
    this.queue.length = 0;
    if (!this.isBusy) this.socket.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    if (this.isDraining) return;
    try {
      this.queue.push(...this.reader.push(chunk));
    } catch {
      this.socket.destroy();
      return;
    }
    if (this.queue.length > highWaterMessages) this.socket.pause();
    if (!this.isBusy) this.work();
  }

  private work(): void {
    for (;;) {
      // A client that does not read its replies gets no more of them, so that they do not pile up in memory.
      if (this.socket.writableNeedDrain) {
        this.isBusy = true;
        this.socket.once("drain", () => this.resume());
        return;
      }
      const message = this.queue.shift();
      if (message === undefined || this.isClosed) break;
      const outcome = this.answer(message);
      if (outcome !== undefined) {
        this.isBusy = true;
        outcome.then(
          () => this.resume(),
          () => this.socket.destroy(),
        );
        return;
      }
    }
    if (this.socket.isPaused()) this.socket.resume();
  }

  private resume(): void {
    this.isBusy = false;
    if (this.isDraining) this.socket.end();
    else this.work();
  }

  /** Answers at once where the handler can, so that quick commands cost no extra turn of the event loop. */
  private answer(message: Buffer): Promise<void> | undefined {
    try {
      const request = parseMessage(message);
      const answer = this.handler(request, this);
      if (answer instanceof Promise) return answer.then((late) => this.send(request, late));
      this.send(request, answer);
      return undefined;
    } catch (error) {
      if (!(error instanceof MalformedMessage)) process.emitWarning(error instanceof Error ? error : String(error));
      this.socket.destroy();
      return undefined;
    }
  }

  private send(request: WireRequest, answer: WireAnswer): void {
    if (this.isClosed) return;
    if (answer === "close") this.socket.destroy();
    else if (!request.isUnanswered) this.socket.write(frameReply(request, answer));
  }

  private closed(): void {
    this.isClosed = true;
    this.queue.length = 0;
    for (const callback of this.closeCallbacks) callback();
    this.closeCallbacks.clear();
  }
}
