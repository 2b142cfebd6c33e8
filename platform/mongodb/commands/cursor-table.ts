import { randomBytes } from "node:crypto";
import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import { maxDocumentBytes } from "../store/document";
import type { Transaction } from "../store/transaction";

/** What a cursor reads from. */
export interface CursorSource {
  /** The next documents, at most `count` and 16 MB; `isDone` once there will never be more. */
  next(count: number): { documents: Buffer[]; isDone: boolean };
  /** Fields that go with every batch, such as postBatchResumeToken. */
  extra?(): Doc;
  /** Resolves when `next` may have more, or at the latest after `timeoutMs`. Only cursors that wait for data have it. */
  wait?(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close?(): void;
}

export interface Cursor {
  readonly id: bigint;
  readonly namespace: string;
  readonly source: CursorSource;
  readonly sessionKey: string | undefined;
  readonly transaction: Transaction | undefined;
  readonly neverTimesOut: boolean;
  readonly batchSize: number | undefined;
  lastUsedMs: number;
  isInUse: boolean;
  /** Aborted when the cursor is killed, so that a waiting getMore ends. */
  readonly killed: AbortController;
}

export const cursorTimeoutMs = 10 * 60_000;

/** Open cursors by id. */
export class CursorTable {
  private readonly cursors = new Map<bigint, Cursor>();

  get size(): number {
    return this.cursors.size;
  }

  open(options: Omit<Cursor, "id" | "lastUsedMs" | "isInUse" | "killed">): Cursor {
    const id = this.freeId();
    const cursor: Cursor = { ...options, id, lastUsedMs: Date.now(), isInUse: false, killed: new AbortController() };
    this.cursors.set(id, cursor);
    return cursor;
  }

  /** Throws: CursorNotFound. */
  get(id: bigint): Cursor {
    const cursor = this.cursors.get(id);
    if (cursor === undefined) throw serverError("CursorNotFound", `cursor id ${id} not found`);
    return cursor;
  }

  kill(id: bigint): boolean {
    const cursor = this.cursors.get(id);
    if (cursor === undefined) return false;
    this.cursors.delete(id);
    cursor.killed.abort();
    cursor.source.close?.();
    return true;
  }

  /** Kills every cursor the test names. */
  killWhere(test: (cursor: Cursor) => boolean): void {
    for (const cursor of this.cursors.values()) if (test(cursor)) this.kill(cursor.id);
  }

  /** Kills cursors that nobody has asked for more since the limit. */
  killIdle(nowMs: number): void {
    const limit = nowMs - cursorTimeoutMs;
    this.killWhere((cursor) => !cursor.neverTimesOut && !cursor.isInUse && cursor.lastUsedMs < limit);
  }

  private freeId(): bigint {
    for (;;) {
      const id = randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn;
      if (id !== 0n && !this.cursors.has(id)) return id;
    }
  }
}

/** Reads a cursor's documents from an iterator. */
export class IteratorSource implements CursorSource {
  private pending: Buffer | undefined;
  private isDone = false;

  constructor(
    private readonly iterator: Iterator<Buffer>,
    private readonly onClose?: () => void,
  ) {}

  next(count: number): { documents: Buffer[]; isDone: boolean } {
    const documents: Buffer[] = [];
    let bytes = 0;
    while (documents.length < count) {
      const document = this.pending ?? this.pull();
      this.pending = undefined;
      if (document === undefined) break;
      if (documents.length > 0 && bytes + document.length > maxDocumentBytes) {
        this.pending = document;
        break;
      }
      documents.push(document);
      bytes += document.length;
    }
    // Looking one ahead lets the last full batch say that it is the last.
    if (!this.isDone && this.pending === undefined && documents.length > 0) this.pending = this.pull();
    return { documents, isDone: this.isDone && this.pending === undefined };
  }

  close(): void {
    this.isDone = true;
    this.onClose?.();
  }

  private pull(): Buffer | undefined {
    if (this.isDone) return undefined;
    const step = this.iterator.next();
    if (step.done !== true) return step.value;
    this.close();
    return undefined;
  }
}
