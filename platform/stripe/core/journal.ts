import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
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
  /** Brings everything to disk and lets the file go. */
  close(): Promise<void>;
}

/** Keeps nothing. */
export const memoryJournal: Journal = {
  read: () => [],
  compact: () => undefined,
  append: () => undefined,
  settled: () => new Promise((resolve) => void setImmediate(resolve)),
  close: () => Promise.resolve(),
};

const FILE = "stripe.journal";

/** Opens the journal of a folder. Throws: an Error naming the line when the file is damaged before its last line. */
export function openJournal(folder: string): Journal {
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
    append: (rows) => {
      const whole = fstatSync(file).size;
      try {
        writeAll(file, `${JSON.stringify(rows)}\n`);
      } catch (error) {
        // Half a line on a full disk would spoil the next one; its transaction is undone, so nothing is lost with it.
        ftruncateSync(file, whole);
        throw error;
      }
    },
    settled: sync,
    close: async () => {
      await sync();
      closeSync(file);
    },
  };
}

const NEWLINE = 0x0a;

function readRows(path: string, file: number): readonly JournalRow[] {
  const content = readFileSync(path);
  const end = content.lastIndexOf(NEWLINE) + 1;
  // A line without its end was cut by a crash before it was acknowledged: it is dropped whole.
  if (end < content.length) ftruncateSync(file, end);
  const rows: JournalRow[] = [];
  // Line by line, since the whole may be longer than the longest text that the engine allows.
  for (let from = 0, line = 1; from < end; line += 1) {
    const to = content.indexOf(NEWLINE, from);
    try {
      rows.push(...(JSON.parse(content.toString("utf8", from, to)) as JournalRow[]));
    } catch (cause) {
      throw new Error(`The journal ${path} is damaged in line ${line}`, { cause });
    }
    from = to + 1;
  }
  return rows;
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
