import { AsyncLocalStorage } from "node:async_hooks";
import { format } from "node:util";
import type { FromWorker } from "../protocol";

/** The call on whose behalf code runs right now; also shared modules print under its name. */
export interface RunningCall {
  readonly functionName: string;
  readonly requestId: string;
  printed: number;
}

export const runningCall = new AsyncLocalStorage<RunningCall>();

const MOST_LINES = 25;
const LONGEST_LINE = 512;

/** Creates the `console` of functions: its lines go to the log of the runtime, as many and as long as App Services keeps. */
export function createSandboxConsole(
  post: (message: FromWorker) => void,
): Readonly<Record<string, (...values: unknown[]) => void>> {
  const print =
    (level: "debug" | "info" | "warn" | "error") =>
    (...values: unknown[]): void => {
      const call = runningCall.getStore();
      if (call !== undefined) {
        call.printed += 1;
        if (call.printed > MOST_LINES) return;
      }
      post({
        kind: "console",
        level,
        functionName: call?.functionName ?? "",
        requestId: call?.requestId ?? "",
        text: format(...values).slice(0, LONGEST_LINE),
      });
    };
  return {
    log: print("info"),
    info: print("info"),
    debug: print("debug"),
    trace: print("debug"),
    warn: print("warn"),
    error: print("error"),
  };
}

/** The `process` of functions: enough for libraries to find their way, and nothing of the host's environment. */
export const sandboxProcess = Object.freeze({
  version: process.version,
  versions: process.versions,
  platform: process.platform,
  arch: process.arch,
  env: Object.freeze({}),
  argv: Object.freeze([]),
  hrtime: process.hrtime.bind(process),
  nextTick: process.nextTick.bind(process),
  cwd: () => "/",
  emitWarning: () => {},
});

/**
 * Creates the `Date` of functions, which reads the clock of the runtime.
 *
 * Holds: it shares its prototype with the real one, so that instants from the driver are instances of it.
 */
export function createSandboxDate(nowMs: () => number): DateConstructor {
  return new Proxy(Date, {
    construct(target, args: unknown[], newTarget) {
      const values = args.length === 0 ? [nowMs()] : args;
      // A subclass keeps its own prototype; a plain `new Date()` gets the real one.
      const made: unknown = Reflect.construct(target, values, newTarget);
      return made instanceof Date ? made : new Date(nowMs());
    },
    apply: () => new Date(nowMs()).toString(),
    get: (target, key) => (key === "now" ? nowMs : Reflect.get(target, key)),
  });
}

/**
 * Creates the `globalThis` of functions: the worker's own, with the given names in front.
 *
 * Holds: this keeps code honest about its surroundings; it is no wall. Functions are the operator's own code and share the worker's
 * realm on purpose, so that `instanceof` holds for what the driver returns.
 */
export function createSandboxGlobal(overrides: Readonly<Record<string, unknown>>): object {
  const added: Record<PropertyKey, unknown> = { ...overrides };
  const self: object = new Proxy(added, {
    get(target, key) {
      if (key === "globalThis" || key === "global") return self;
      return Object.hasOwn(target, key) ? target[key] : Reflect.get(globalThis, key);
    },
    has: (target, key) => Object.hasOwn(target, key) || key in globalThis,
  });
  return self;
}
