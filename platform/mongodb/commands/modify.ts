import { encode } from "../bson/encode";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Filter } from "../match/compile-filter";
import type { Collection } from "../store/collection";
import { idKeyOf, maxDocumentBytes, rememberView, viewOf } from "../store/document";
import { toTimestamp } from "../store/instant";
import { compileUpdate } from "../update/compile-update";
import type { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { assertValid, insertDocument, withLeadingId } from "./insert";
import { findForWrite, prepareWrite, type Found } from "./query";
import { assertDocumentSize, filterContextOf } from "./statements";
import { assertSeriesUpdate } from "./time-series";
import { collectionForWrite, findCollection, treesFor, writeDocument } from "./target";

/** An update statement, of the update command or of findAndModify. */
export interface UpdateStatement {
  readonly collectionName: string;
  readonly filter: Doc;
  readonly update: Value;
  readonly args: Arguments;
  readonly isMulti: boolean;
  readonly isUpsert: boolean;
  readonly sort: Doc | undefined;
}

/** What an update did. */
export interface UpdateResult {
  readonly matched: number;
  readonly modified: number;
  readonly upsertedId?: Value;
  /** The last document before and after, for findAndModify. */
  readonly before?: Buffer;
  readonly after?: Buffer;
}

type CompiledUpdate = ReturnType<typeof compileUpdate>;
type FilterContext = ReturnType<typeof filterContextOf>;

/** Finds and changes documents; inserts one where nothing matches and an upsert is asked for. Safe to run again after WriteBlocked: what is done stays done. */
export function createUpdate(context: CommandContext, statement: UpdateStatement): () => UpdateResult {
  const { args, isMulti, isUpsert } = statement;
  const constants = args.doc("c") ?? undefined;
  const filterContext = filterContextOf(context, args, constants);
  const compiled = compileUpdate(assertUpdate(statement.update), {
    ...filterContext,
    arrayFilters: args.docs("arrayFilters") ?? [],
    timestamp: toTimestamp(context.server.store.lastCommit + 1),
  });
  if (isMulti && compiled.kind === "replacement") {
    throw serverError("FailedToParse", "multi update is not supported for replacement-style update");
  }
  let visitMatches = createMatchVisitor(context, statement, filterContext);
  let matched = 0;
  let modified = 0;
  let last: { before?: Buffer; after?: Buffer } = {};
  return () => {
    const collection = findCollection(context, statement.collectionName);
    if (collection !== undefined) {
      assertSeriesUpdate(collection, statement);
      visitMatches(collection, (found, compiledFilter) => {
        const after = changeDocument(context, collection, found, compiled, compiledFilter);
        matched += 1;
        if (after !== found.bytes) modified += 1;
        last = { before: found.bytes, after };
      });
    }
    if (matched > 0 || !isUpsert) return { matched, modified, ...last };
    visitMatches = createMatchVisitor(context, statement, filterContext);
    return upsert(context, statement, compiled);
  };
}

/**
 * Makes the walk over the documents that a statement writes. Called again after `visit` threw WriteBlocked, it goes on with
 * the document that was blocked; what was visited before is not visited again.
 */
function createMatchVisitor(
  context: CommandContext,
  { args, filter, isMulti, sort }: Pick<UpdateStatement, "args" | "filter" | "isMulti" | "sort">,
  filterContext: FilterContext,
): (collection: Collection, visit: (found: Found, filter: Filter | undefined) => void) => void {
  let queue: Found[] | undefined;
  return (collection, visit) => {
    const prepared = prepareWrite(collection, treesFor(context, collection), {
      ...filterContext,
      filter,
      sort,
      hint: args.body.get("hint"),
      limit: isMulti ? 0 : 1,
      deadline: context.deadline,
    });
    queue ??= findForWrite(prepared);
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const current = treesFor(context, collection).documents.get(next.idKey);
      const isStale = current !== next.bytes;
      if (current === undefined || (isStale && prepared.filter?.matches(viewOf(current)) === false)) {
        // Somebody else changed the document while this statement waited: a single write looks for another one.
        queue.shift();
        if (!isMulti) queue = findForWrite(prepared);
        continue;
      }
      visit({ idKey: next.idKey, bytes: current }, prepared.filter);
      queue.shift();
    }
  };
}

/** Throws: FailedToParse unless it is a document, or a pipeline of documents. */
function assertUpdate(update: Value): Doc | Doc[] {
  if (update instanceof Map) return update;
  if (Array.isArray(update) && update.every((stage) => stage instanceof Map)) return update;
  throw serverError("FailedToParse", "Update argument must be either an object or an array");
}

function changeDocument(
  context: CommandContext,
  collection: Collection,
  found: Found,
  update: CompiledUpdate,
  filter: Filter | undefined,
): Buffer {
  const before = viewOf(found.bytes);
  const arrayIndex = filter?.arrayIndex(before);
  const changed = update.apply(before, arrayIndex === undefined ? {} : { arrayIndex });
  const view = changed.has("_id") ? changed : new Map([["_id", before.get("_id") ?? null], ...changed]);
  if (!isSameId(before, view)) {
    throw serverError(
      "ImmutableField",
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  const after = encode(view);
  if (after.equals(found.bytes)) return found.bytes;
  assertDocumentSize(after, maxDocumentBytes);
  assertValid(context, collection, view, before);
  rememberView(after, view);
  writeDocument(context, {
    collection,
    idKey: found.idKey,
    before: found.bytes,
    after,
    isReplacement: update.kind === "replacement",
  });
  return after;
}

function isSameId(before: Doc, after: Doc): boolean {
  const old = before.get("_id") ?? null;
  const id = after.get("_id") ?? null;
  return id === old || idKeyOf(id) === idKeyOf(old);
}

function upsert(context: CommandContext, statement: UpdateStatement, update: CompiledUpdate): UpdateResult {
  const collection = collectionForWrite(context, statement.collectionName);
  const { view } = withLeadingId(update.insert(statement.filter));
  const upsertedId = insertDocument(context, collection, view);
  const trees = treesFor(context, collection);
  const after = trees.documents.get(collection.keyOf(trees, upsertedId) ?? "");
  return { matched: 0, modified: 0, upsertedId, ...(after === undefined ? {} : { after }) };
}

/** A statement that removes documents. */
export interface DeleteStatement {
  readonly collectionName: string;
  readonly filter: Doc;
  readonly args: Arguments;
  readonly isMulti: boolean;
  readonly sort: Doc | undefined;
}

/** Finds and removes documents. Safe to run again after WriteBlocked. */
export function createDelete(
  context: CommandContext,
  statement: DeleteStatement,
): () => { removed: number; before?: Buffer } {
  const visitMatches = createMatchVisitor(context, statement, filterContextOf(context, statement.args));
  let removed = 0;
  let last: { before?: Buffer } = {};
  return () => {
    const collection = findCollection(context, statement.collectionName);
    if (collection === undefined) return { removed, ...last };
    visitMatches(collection, ({ idKey, bytes }) => {
      writeDocument(context, { collection, idKey, before: bytes, after: undefined, isReplacement: false });
      removed += 1;
      last = { before: bytes };
    });
    return { removed, ...last };
  };
}
