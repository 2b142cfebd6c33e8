import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const LONGEST_SOCKET_PATH = 100;
const TRIES = 3;

/**
 * Holds a folder by a local socket, which the system lets go when the process dies in whatever way. Answers how to let go.
 * Throws: an Error naming the folder when another simulator holds it.
 */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  const path = socketPathOf(resolve(folder));
  for (let count = 0; count < TRIES; count += 1) {
    const release = await listen(path);
    if (release !== undefined) return release;
    if (await isAnswered(path)) break;
    // Nobody answers: the holder was killed and left the socket's name behind.
    rmSync(path, { force: true });
  }
  throw new Error(`The data folder ${folder} is in use by another Stripe simulator`);
}

function socketPathOf(folder: string): string {
  const name = `stripe-simulator-${createHash("sha256").update(folder).digest("hex").slice(0, 24)}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  const inside = join(folder, "lock.sock");
  return Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `${name}.sock`);
}

function listen(path: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? done(undefined) : fail(error),
    );
    server.listen(path, () => {
      server.unref();
      done(() => new Promise((closed) => void server.close(() => closed())));
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}
