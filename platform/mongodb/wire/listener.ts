import { createServer, type Server } from "node:net";
import { SocketConnection, type WireHandler } from "./connection";

export interface Listener {
  readonly port: number;
  readonly connectionCount: number;
  /** Takes no more connections, lets requests in hand finish, then closes every socket. */
  close(): Promise<void>;
}

const drainTimeoutMs = 2_000;

/** Listens on one TCP port and serves each connection with the handler. Throws: the system's error when the port is taken. */
export async function listen(options: { host: string; port: number; handler: WireHandler }): Promise<Listener> {
  const connections = new Set<SocketConnection>();
  let lastId = 0;
  const server = createServer((socket) => {
    lastId += 1;
    const connection = new SocketConnection(lastId, socket, options.handler);
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
  });
  await bind(server, options);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no TCP address");
  return {
    port: address.port,
    get connectionCount() {
      return connections.size;
    },
    close: () => closeAll(server, connections),
  };
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closeAll(server: Server, connections: Set<SocketConnection>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, drainTimeoutMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    for (const connection of connections) connection.drain();
  });
}
