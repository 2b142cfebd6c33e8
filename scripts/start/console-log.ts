/** Levels that a person at the terminal should see; the others are for a log collector (`LOG_LEVEL=info`). */
const SHOWN_LEVELS: ReadonlySet<string> = new Set(["warn", "error", "alert"]);

/** Makes the sink of the runtime's log lines: all of them with LOG_LEVEL=info, else warnings and errors, on stderr. */
export function createConsoleLog(level: string | undefined): (line: string) => void {
  return (line) => {
    if (level === "info" || SHOWN_LEVELS.has(levelOf(line))) process.stderr.write(`${line}\n`);
  };
}

function levelOf(line: string): string {
  return /"level":"(\w+)"/.exec(line)?.[1] ?? "info";
}
