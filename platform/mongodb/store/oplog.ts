import type { Binary, Doc, Value } from "../bson/values";
import { beginning, type Instant } from "./instant";

export type OperationKind =
  | "insert"
  | "update"
  | "replace"
  | "delete"
  | "create"
  | "drop"
  | "rename"
  | "dropDatabase"
  | "createIndexes"
  | "dropIndexes"
  | "modify";

/** A document write without its documents. */
export interface ChangeSummary {
  readonly id: Value;
  /** The fields of an update event's updateDescription: new values, removed fields, arrays cut short; empty for a delete. */
  readonly description: Doc;
  /** The paths whose dotted form is ambiguous, for events that ask for them. */
  readonly disambiguatedPaths: Doc;
}

/** One step of a commit: a document written, or a definition changed. */
export interface OplogOperation {
  readonly kind: OperationKind;
  readonly database: string;
  readonly collection: string;
  readonly uuid?: Binary;
  readonly before?: Buffer;
  readonly after?: Buffer;
  /** Stands for `before` and `after` in entries read back from disk, where an update without images is stored as what changed. */
  readonly summary?: ChangeSummary;
  /** The collection kept pre-images when this was written. */
  readonly hasPreImage: boolean;
  /** For definitions: what was asked for. */
  readonly detail?: Doc;
}

/** One commit, with everything a change stream needs to tell it. */
export interface OplogEntry {
  readonly at: Instant;
  readonly wallMs: number;
  readonly operations: readonly OplogOperation[];
  readonly lsid?: Doc;
  readonly txnNumber?: bigint;
}

const entryOverheadBytes = 300;

export function sizeOf(entry: OplogEntry): number {
  let size = entryOverheadBytes;
  for (const { before, after } of entry.operations) size += (before?.length ?? 0) + (after?.length ?? 0) + 100;
  return size;
}

/**
 * The bounded tail of all commits, in order. Older entries fall off; who still needs them is told that history is lost.
 * Units: limitBytes bounds the documents held, before- and after-images included.
 */
export class Oplog {
  /** Every entry up to here has fallen off. */
  truncatedThrough: Instant = beginning;
  private entries: OplogEntry[] = [];
  /** Entries before this position are gone; the array is compacted now and then, so that dropping one costs nothing. */
  private start = 0;
  private bytes = 0;
  /** How many entries have fallen off so far. */
  droppedCount = 0;

  constructor(private readonly limitBytes: number) {}

  get oldest(): Instant | undefined {
    return this.entries[this.start]?.at;
  }

  get newest(): Instant | undefined {
    return this.entries.at(-1)?.at;
  }

  append(entry: OplogEntry): void {
    this.entries.push(entry);
    this.bytes += sizeOf(entry);
    while (this.bytes > this.limitBytes && this.entries.length - this.start > 1) this.dropOldest();
    if (this.start > 1_024 && this.start * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.start);
      this.start = 0;
    }
  }

  /** Entries at or after `from`, up to and including `through`. */
  *between(from: Instant, through: Instant): Generator<OplogEntry> {
    let next = from;
    for (;;) {
      const entry = this.entries[this.positionOf(next)];
      if (entry === undefined || entry.at > through) return;
      yield entry;
      next = entry.at + 1;
    }
  }

  private positionOf(at: Instant): number {
    let low = this.start;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle]?.at ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private dropOldest(): void {
    const entry = this.entries[this.start];
    if (entry === undefined) return;
    this.bytes -= sizeOf(entry);
    this.truncatedThrough = entry.at;
    this.start += 1;
    this.droppedCount += 1;
  }
}
