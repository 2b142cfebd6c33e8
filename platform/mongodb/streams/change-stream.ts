import { runPipeline } from "../aggregate/run-pipeline";
import { encode } from "../bson/encode";
import { isEqual } from "../bson/order";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { CursorSource } from "../commands/cursor-table";
import { maxDocumentBytes, viewOf } from "../store/document";
import type { OplogEntry, OplogOperation } from "../store/oplog";
import type { Store } from "../store/store";
import { documentIdOf, eventOf, invalidateOf } from "./change-event";
import { lastIndex, toToken, type StreamPosition } from "./resume-token";
import type { StreamOptions } from "./stream-options";
import { waitForCommit } from "./wait-for-commit";

const allowedStages = new Set([
  "$match",
  "$project",
  "$addFields",
  "$set",
  "$unset",
  "$replaceRoot",
  "$replaceWith",
  "$redact",
]);

/** How much of the log one call reads at most, so that a stream far behind does not hold up everybody else. */
const operationsPerRead = 20_000;

/** A change stream as a cursor: it reads the log of commits up to what is durable, and nothing beyond. */
export class ChangeStream implements CursorSource {
  private position: StreamPosition;
  private isInvalidated = false;
  private hasReadAll = true;

  /** Throws: IllegalOperation for stages that a stream may not have, ChangeStreamHistoryLost when the start has left the log. */
  constructor(
    private readonly store: Store,
    private readonly options: StreamOptions,
    private readonly pipeline: readonly Doc[],
    private readonly variables: Doc,
  ) {
    // Compiles the stages once, so that a faulty pipeline is refused when the stream is opened.
    for (const _ of this.shape([])) break;
    for (const stage of pipeline) {
      const name = stage.keys().next().value ?? "";
      if (!allowedStages.has(name)) {
        throw serverError("IllegalOperation", `${name} is not permitted in a $changeStream pipeline`);
      }
    }
    this.position = options.start ?? { at: store.lastCommit, index: lastIndex };
    this.assertHistory();
  }

  next(count: number): { documents: Buffer[]; isDone: boolean } {
    this.assertHistory();
    const documents: Buffer[] = [];
    do {
      const events = this.read(Math.min(count - documents.length, 1_000));
      documents.push(...this.shaped(events));
    } while (
      !this.hasReadAll &&
      documents.length < count &&
      !this.isInvalidated &&
      bytesOf(documents) < maxDocumentBytes / 2
    );
    return { documents, isDone: this.isInvalidated };
  }

  extra(): Doc {
    return new Map([["postBatchResumeToken", toToken(this.position, this.isInvalidated ? "invalidate" : "highWater")]]);
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return waitForCommit(this.store, timeoutMs, signal);
  }

  /** Reads events from the log and moves on behind them. */
  private read(count: number): Doc[] {
    const events: Doc[] = [];
    const { flushed } = this.store.flusher;
    let left = operationsPerRead;
    this.hasReadAll = false;
    for (const entry of this.store.oplog.between(this.position.at, flushed)) {
      for (let index = this.startIn(entry); index < entry.operations.length; index += 1) {
        const event = this.tell(entry, index, events.length > 0);
        if (event === "later") return events;
        if (event !== undefined) events.push(event);
        const end = invalidateOf(entry, index, this.options);
        if (end !== undefined) events.push(end);
        this.position = { at: entry.at, index };
        this.isInvalidated = end !== undefined;
        left -= 1;
        if (this.isInvalidated || events.length >= count || left <= 0) return events;
      }
    }
    if (flushed > this.position.at) this.position = { at: flushed, index: lastIndex };
    this.hasReadAll = true;
    return events;
  }

  /** Tells one operation. Where that fails, the events before it are delivered first and the failure is met again by the next call. */
  private tell(entry: OplogEntry, index: number, hasEvents: boolean): Doc | "later" | undefined {
    try {
      return eventOf(entry, index, this.options, (operation, id) => this.lookup(operation, id));
    } catch (error) {
      if (!hasEvents) throw error;
      this.hasReadAll = true;
      return "later";
    }
  }

  private startIn(entry: OplogEntry): number {
    return entry.at === this.position.at ? this.position.index + 1 : 0;
  }

  private shaped(events: readonly Doc[]): Buffer[] {
    if (events.length === 0) return [];
    const tokens = new Set(events.map((event) => dataOf(event)));
    const documents: Buffer[] = [];
    for (const result of this.shape(events)) {
      if (!tokens.has(dataOf(result))) {
        throw serverError(
          "ChangeStreamFatalError",
          "Encountered an event whose _id field, which contains the resume token, was modified by the pipeline. Modifying the _id field of an event makes it impossible to resume the stream from that point. Only transformations that retain the unmodified _id field are allowed.",
          { labels: ["NonResumableChangeStreamError"] },
        );
      }
      documents.push(encode(result));
    }
    return documents;
  }

  private shape(events: readonly Doc[]): Iterable<Doc> {
    if (this.pipeline.length === 0) return events;
    return runPipeline(this.pipeline, events, { collection: () => [], variables: this.variables, now: new Date() });
  }

  /** The newest durable version: the live document, or what stood there before the first write that is not durable yet. */
  private lookup({ database, collection: name, uuid }: OplogOperation, id: Value): Doc | undefined {
    const { catalogue, oplog, flusher, lastCommit } = this.store;
    for (const entry of oplog.between(flusher.flushed + 1, lastCommit)) {
      for (const written of entry.operations) {
        if (written.uuid !== uuid || !isEqual(documentIdOf(written), id)) continue;
        return written.before === undefined ? undefined : viewOf(written.before);
      }
    }
    const collection = catalogue.get(database, name);
    if (collection === undefined || !isEqual(collection.uuid, uuid)) return undefined;
    const key = collection.keyOf(collection.live, id);
    const bytes = key === undefined ? undefined : collection.live.documents.get(key);
    return bytes === undefined ? undefined : viewOf(bytes);
  }

  private assertHistory(): void {
    const { truncatedThrough } = this.store.oplog;
    const { at, index } = this.position;
    if (at > truncatedThrough || (at === truncatedThrough && index === lastIndex)) return;
    if (truncatedThrough === 0) return;
    throw serverError(
      "ChangeStreamHistoryLost",
      "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
      { labels: ["NonResumableChangeStreamError"] },
    );
  }
}

function dataOf(event: Doc): Value | undefined {
  const token = event.get("_id");
  return token instanceof Map ? token.get("_data") : undefined;
}

function bytesOf(documents: readonly Buffer[]): number {
  return documents.reduce((sum, document) => sum + document.length, 0);
}
