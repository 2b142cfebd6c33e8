import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { ROOT } from "../build/definitions";

const READY_LIMIT_MS = 60_000;

/** The machine line of a start. */
export interface ReadyLine {
  readonly baseUrl: string;
  readonly appId: string;
  readonly mongodbUri: string;
  readonly stripeUrl: string;
  readonly stripeSecretKey: string;
  readonly adminKey: string;
}

/** The whole product in a process of its own, as `npm start` runs it. */
export interface ProductProcess extends ReadyLine {
  /** Kills it as a power cut would; nothing of it runs afterwards. */
  kill(): Promise<void>;
  /** Stops it in the middle of whatever it does; answers what lets it go on. */
  freeze(): () => void;
  /** Asks it to stop and answers its exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the product and waits for its machine line.
 * Throws: an Error with what it printed when it ends before, or takes longer than a minute.
 */
export async function startProductProcess(variables: Readonly<Record<string, string>>): Promise<ProductProcess> {
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "scripts/start.ts"], {
    cwd: ROOT,
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ready = await readReadyLine(child);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  return {
    ...ready,
    kill: async () => void (await end("SIGKILL")),
    freeze: () => {
      child.kill("SIGSTOP");
      return () => void child.kill("SIGCONT");
    },
    stop: () => end("SIGTERM"),
  };
}

async function readReadyLine(child: ChildProcess): Promise<ReadyLine> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("The product process has no output");
  let errors = "";
  stderr.on("data", (chunk: Buffer) => {
    errors = `${errors}${chunk.toString("utf8")}`.slice(-4000);
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`The product ${why}:\n${errors}`));
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`was not ready after ${READY_LIMIT_MS / 1000} s`);
    }, READY_LIMIT_MS);
    child.once("exit", (code) => fail(`ended with code ${code} before it was ready`));
    createInterface(stdout).on("line", (line) => {
      if (!line.startsWith('{"event":"ready"')) return;
      clearTimeout(limit);
      child.removeAllListeners("exit");
      resolve(JSON.parse(line) as ReadyLine);
    });
  });
}

/** Finds a port that is free now, so that a restarted product answers at the same address. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error(`Expected an address with a port, got ${String(address)}`);
}
