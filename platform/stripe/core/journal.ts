import { closeSync, existsSync, fdatasync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { fdatasyncSync, ftruncateSync } from "node:fs";
import { join } from "node:path";

/** One write of a transaction; a value that is absent removes the row. */
export interface JournalRow {
  readonly kind: string;
  readonly id: string;
  readonly value?: unknown;
}

/** Where committed transactions go. */
export interface Journal {
  /** Reads all rows, oldest first. */
  read(): readonly JournalRow[];
  /** Replaces the content by these rows, so that the file does not grow over restarts. */
  compact(rows: readonly JournalRow[]): void;
  /** Appends one transaction as one line: after a crash it is there whole or not at all. */
  append(rows: readonly JournalRow[]): void;
  /** Resolves when everything appended so far is on disk. */
  settled(): Promise<void>;
  close(): void;
}

/** Keeps nothing. */
export const memoryJournal: Journal = {
  read: () => [],
  compact: () => undefined,
  append: () => undefined,
  settled: () => new Promise((resolve) => void setImmediate(resolve)),
  close: () => undefined,
};

const FILE = "stripe.journal";

/** Opens the journal of a folder. Throws: an Error naming the line when the file is damaged before its last line. */
export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  let file = openSync(path, "a+");
  const sync = createGroupSync(() => file);
  return {
    read: () => readRows(path, file),
    compact: (rows) => {
      const next = openSync(`${path}.next`, "w");
      for (const row of rows) writeAll(next, `${JSON.stringify([row])}\n`);
      fdatasyncSync(next);
      closeSync(next);
      closeSync(file);
      renameSync(`${path}.next`, path);
      file = openSync(path, "a+");
    },
    append: (rows) => writeAll(file, `${JSON.stringify(rows)}\n`),
    settled: sync,
    close: () => {
      fdatasyncSync(file);
      closeSync(file);
    },
  };
}

function readRows(path: string, file: number): readonly JournalRow[] {
  if (!existsSync(path)) return [];
  const content = readFileSync(path);
  const end = content.lastIndexOf(0x0a) + 1;
  // A line without its end was cut by a crash before it was acknowledged: it is dropped whole.
  if (end < content.length) ftruncateSync(file, end);
  const lines = content.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  return lines.flatMap((line, index) => {
    try {
      return JSON.parse(line) as JournalRow[];
    } catch (cause) {
      throw new Error(`The journal ${path} is damaged in line ${index + 1}`, { cause });
    }
  });
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

/** Shares one disk flush among all callers that wait at the same time. */
function createGroupSync(file: () => number): () => Promise<void> {
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => fdatasync(file(), (error) => (error === null ? resolve() : reject(error))));
  const start = (): Promise<void> => {
    running = flush().finally(() => (running = undefined));
    return running;
  };
  // A flush that has begun may have missed the caller's write: the caller waits for the one after it.
  return () => {
    if (running === undefined) return start();
    queued ??= running
      .catch(() => undefined)
      .then(() => {
        queued = undefined;
        return start();
      });
    return queued;
  };
}
