import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const READY_LIMIT_MS = 60_000;

/** A part of the product in a process of its own, with the line it printed when it was ready. */
export interface PartProcess<Ready> {
  readonly ready: Ready;
  readonly pid: number;
  /** Kills it as a power cut would, and answers when it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop and answers its exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the program of a part and waits until it is ready.
 * Throws: an Error when it ends before, or takes longer than a minute.
 */
export async function startPartProcess<Ready>(main: string, args: readonly string[]): Promise<PartProcess<Ready>> {
  const loader = require.resolve("tsx/cjs");
  const child = spawn(process.execPath, ["--require", loader, main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const ready = await new Promise<Ready>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${main} was not ready after ${READY_LIMIT_MS / 1000} s`));
    }, READY_LIMIT_MS);
    child.once("exit", (code) => {
      clearTimeout(limit);
      reject(new Error(`${main} ended with code ${code} before it was ready`));
    });
    createInterface(child.stdout).once("line", (line) => {
      clearTimeout(limit);
      resolve(JSON.parse(line) as Ready);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return {
    ready,
    pid: child.pid ?? 0,
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGTERM");
      return child.exitCode;
    },
  };
}
