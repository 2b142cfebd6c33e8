import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(__dirname, "../../platform/mongodb/main.ts");
const READY_LIMIT_MS = 60_000;

/** The embedded database in a process of its own. */
export interface MongodbProcess {
  readonly uri: string;
  readonly pid: number;
  /** Kills it as a power cut would, and answers when it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop and answers its exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the embedded database on a folder, or on ":memory:", and waits until it is ready.
 * Throws: an Error when it ends before, or takes longer than a minute.
 */
export async function startMongodbProcess(dataDir: string): Promise<MongodbProcess> {
  const loader = require.resolve("tsx/cjs");
  const child = spawn(process.execPath, ["--require", loader, MAIN, "--data", dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const uri = await new Promise<string>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`The database was not ready after ${READY_LIMIT_MS / 1000} s`));
    }, READY_LIMIT_MS);
    child.once("exit", (code) => {
      clearTimeout(limit);
      reject(new Error(`The database ended with code ${code} before it was ready`));
    });
    createInterface(child.stdout).once("line", (line) => {
      clearTimeout(limit);
      resolve((JSON.parse(line) as { mongodbUri: string }).mongodbUri);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return {
    uri,
    pid: child.pid ?? 0,
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGTERM");
      return child.exitCode;
    },
  };
}
