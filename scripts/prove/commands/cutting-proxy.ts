import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** Where a process dies: before its n-th command reaches the database, or after that was done and before it hears of it. */
export interface Cut {
  readonly command: number;
  readonly when: "before" | "after";
}

/** A way to the database that ends like the process that used it: at one command, at once and for good. */
export interface CuttingProxy {
  readonly uri: string;
  /** The commands that came so far, those of the driver's own housekeeping left out. */
  readonly commands: readonly string[];
  readonly isCut: boolean;
  /** Fulfilled when the cut was made. */
  readonly cut: Promise<void>;
  close(): Promise<void>;
}

const HOUSEKEEPING = new Set(["hello", "isMaster", "ismaster", "ping", "endSessions"]);
const OP_MSG = 2013;
const HEADER_BYTES = 16;
/** Length of the document, flags, kind of section and type of the first field stand between header and first field's name. */
const NAME_AT = HEADER_BYTES + 4 + 1 + 4 + 1;

/** Opens a proxy in front of a database that cuts every connection at one command, and lets nobody in afterwards. */
export async function openCuttingProxy(mongodbUri: string, plan: Cut | null): Promise<CuttingProxy> {
  const target = new URL(mongodbUri);
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let isCut = false;
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const cutAll = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    tell();
  };
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const database = connect(Number(target.port), target.hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      // A cut connection resets both ends, which is what it is for.
      socket.on("error", () => undefined);
      socket.setNoDelay(true);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    let isLast = false;
    const take = createFrameReader((frame) => {
      const name = commandOf(frame);
      if (!HOUSEKEEPING.has(name)) {
        commands.push(name);
        const isHere = plan !== null && commands.length === plan.command;
        if (isHere && plan.when === "before") return cutAll();
        isLast ||= isHere;
      }
      if (!isCut) database.write(frame);
    });
    client.on("data", take);
    database.on("data", (chunk: Buffer) => {
      if (isLast) cutAll();
      else if (!isCut) client.write(chunk);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    commands,
    cut: told,
    get isCut() {
      return isCut;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Puts the pieces of a stream together to messages of the wire protocol. */
function createFrameReader(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= HEADER_BYTES && waiting.length >= waiting.readInt32LE(0)) {
      const length = waiting.readInt32LE(0);
      const frame = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      onFrame(frame);
    }
  };
}

/** The name of a command is the name of the first field of its message; the greeting of a new connection may be of an older form. */
function commandOf(frame: Buffer): string {
  if (frame.readInt32LE(12) !== OP_MSG) return "hello";
  return frame.toString("latin1", NAME_AT, frame.indexOf(0, NAME_AT));
}
