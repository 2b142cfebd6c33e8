import { encode } from "../bson/encode";
import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import { compileFilter } from "../match/compile-filter";
import type { Collection } from "../store/collection";
import { maxDocumentBytes, viewOf } from "../store/document";
import type { Store } from "../store/store";
import { waitForCommit } from "../streams/wait-for-commit";
import type { CommandContext } from "./context";
import type { CursorSource } from "./cursor-table";
import type { Query } from "./query";

/** What a tailable cursor shows of each document. */
interface TailOptions {
  readonly query: Query;
  readonly projection: ((doc: Doc) => Doc) | undefined;
}

/** Opens a cursor that stays at the end of a capped collection and goes on with what is inserted. Throws: BadValue for other collections and for a sort. */
export function openTail(context: CommandContext, collection: Collection, options: TailOptions): CursorSource {
  const { sort } = options.query;
  if (collection.options.capped === undefined) {
    throw serverError(
      "BadValue",
      `error processing query: ns=${collection.namespace}: tailable cursor requested on non capped collection`,
    );
  }
  if (sort !== undefined && sort.size > 0 && sort.get("$natural") !== 1) {
    throw serverError("BadValue", "cannot use tailable option with a sort other than {$natural: 1}");
  }
  const tail = new TailSource(collection, options);
  return context.args.boolean("awaitData", false) ? new AwaitingTail(tail, context.server.store) : tail;
}

/** Reads a capped collection in order of insertion, again and again from where it stopped. */
class TailSource implements CursorSource {
  private position: string | undefined;
  private readonly matches: (doc: Doc) => boolean;
  /** A cursor that finds the collection empty is over at once, as on a server. */
  private readonly isDead: boolean;

  constructor(
    private readonly collection: Collection,
    private readonly options: TailOptions,
  ) {
    const { filter } = options.query;
    const compiled = filter.size === 0 ? undefined : compileFilter(filter);
    this.matches = (doc) => compiled?.matches(doc) !== false;
    this.isDead = collection.live.documents.size === 0;
  }

  next(count: number): { documents: Buffer[]; isDone: boolean } {
    this.assertPosition();
    const { projection } = this.options;
    const documents: Buffer[] = [];
    let bytes = 0;
    for (const [key, stored] of this.collection.live.documents.entries(this.position)) {
      if (documents.length >= count || bytes + stored.length > maxDocumentBytes) break;
      if (key === this.position) continue;
      this.position = key;
      if (!this.matches(viewOf(stored))) continue;
      const shown = projection === undefined ? stored : encode(projection(viewOf(stored)));
      documents.push(shown);
      bytes += shown.length;
    }
    return { documents, isDone: this.isDead };
  }

  private assertPosition(): void {
    const { collection, position } = this;
    if (collection.isDropped) throw serverError("QueryPlanKilled", `collection dropped: ${collection.namespace}`);
    if (position !== undefined && !collection.live.documents.has(position)) {
      throw serverError("CappedPositionLost", "CollectionScan died due to position in capped collection being deleted");
    }
  }
}

/** A tail whose getMore waits for what comes. */
class AwaitingTail implements CursorSource {
  constructor(
    private readonly tail: TailSource,
    private readonly store: Store,
  ) {}

  next(count: number): { documents: Buffer[]; isDone: boolean } {
    return this.tail.next(count);
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return waitForCommit(this.store, timeoutMs, signal);
  }
}
