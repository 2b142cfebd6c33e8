import { connect, type Socket } from "node:net";
import { deserialize, serialize, type Document } from "bson";

/** Sends commands as they are, with none of the driver's sessions, retries and rewriting. */
export class RawClient {
  private held = Buffer.alloc(0);
  private waiting: ((message: Buffer) => void)[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => this.take(chunk));
    socket.on("error", () => undefined);
  }

  static dial(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new RawClient(socket)));
      socket.once("error", reject);
    });
  }

  async command(database: string, command: Document): Promise<Document> {
    const body = serialize({ ...command, $db: database });
    const header = Buffer.alloc(21);
    header.writeInt32LE(21 + body.length, 0);
    header.writeInt32LE(2013, 12);
    this.socket.write(Buffer.concat([header, body]));
    const message = await new Promise<Buffer>((resolve) => this.waiting.push(resolve));
    return deserialize(message.subarray(21));
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.held = Buffer.concat([this.held, chunk]);
    while (this.held.length >= 4 && this.held.length >= this.held.readInt32LE(0)) {
      const length = this.held.readInt32LE(0);
      this.waiting.shift()?.(this.held.subarray(0, length));
      this.held = this.held.subarray(length);
    }
  }
}
