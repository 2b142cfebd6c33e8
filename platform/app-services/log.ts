import type { Clock } from "./clock";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts of one log line. Never tokens, passwords, keys or bodies. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes structured lines: one JSON object with time, level, event and the facts of the caller. */
export interface Log {
  write(level: LogLevel, event: string, facts?: LogFacts): void;
}

/** Values shorter than this are not looked for: blotting out every "1" would make the log unreadable and hide nothing. */
const SHORTEST_SECRET = 6;

/**
 * Creates the log.
 *
 * Holds: no value of `secrets` leaves through a line, even when a function prints it.
 */
export function createLog(deps: {
  readonly clock: Clock;
  readonly secrets: readonly string[];
  readonly sink: (line: string) => void;
}): Log {
  const hidden = deps.secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .toSorted((a, b) => b.length - a.length);
  return {
    write(level, event, facts = {}) {
      let line = JSON.stringify({ time: deps.clock.now().toISOString(), level, event, ...facts });
      for (const secret of hidden) {
        line = line.replaceAll(secret, "[secret]");
      }
      deps.sink(line);
    },
  };
}

/** Describes a caught value in one line for the log. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
