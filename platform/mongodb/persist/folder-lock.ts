import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const longestSocketPath = 100;

/**
 * Holds a folder for this process by listening on a local socket, which the system gives free when the process dies, however it dies.
 * Throws: an error that names the folder when another server holds it. Returns the way to let go.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = socketPathFor(folder);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const server = await tryListen(path);
    if (server !== undefined) return () => new Promise((resolve) => server.close(() => resolve()));
    if (await isAnswered(path)) break;
    // Nobody listens: its owner was killed and left the name behind.
    rmSync(path, { force: true });
  }
  throw new Error(
    `The data folder ${folder} is in use by another server; stop that one first, or choose another folder`,
  );
}

function socketPathFor(folder: string): string {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 24);
  if (process.platform === "win32") return `\\\\.\\pipe\\embedded-mongodb-${digest}`;
  const inside = join(folder, "lock.sock");
  return Buffer.byteLength(inside) <= longestSocketPath ? inside : join(tmpdir(), `embedded-mongodb-${digest}.sock`);
}

function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
