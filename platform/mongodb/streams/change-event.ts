import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { viewOf } from "../store/document";
import { toTimestamp } from "../store/instant";
import type { OplogEntry, OplogOperation } from "../store/oplog";
import { type DocumentChange, describeChange } from "../update/diff";
import { toToken, type StreamPosition, type TokenKind } from "./resume-token";
import type { StreamOptions, StreamScope } from "./stream-options";

/** Finds the newest durable version of a document, for `updateLookup`. */
export type LookupDocument = (operation: OplogOperation, id: Value) => Doc | undefined;

const expandedKinds: ReadonlySet<string> = new Set(["create", "createIndexes", "dropIndexes", "modify"]);

/** Tells an operation as a change event; undefined when the stream does not watch it. Throws: NoMatchingDocument where a required image is missing. */
export function eventOf(
  entry: OplogEntry,
  index: number,
  options: StreamOptions,
  lookup: LookupDocument,
): Doc | undefined {
  const operation = entry.operations[index];
  if (operation === undefined || !isWatched(operation, options)) return undefined;
  const event = startEvent(entry, { at: entry.at, index }, operation.kind, "event");
  const id = documentIdOf(operation);
  if (id === undefined) return definitionEvent(event, operation, options);
  if (options.showsExpandedEvents && operation.uuid !== undefined) event.set("collectionUUID", operation.uuid);
  if (entry.lsid !== undefined) event.set("lsid", entry.lsid);
  if (entry.txnNumber !== undefined) event.set("txnNumber", entry.txnNumber);
  const full = fullDocumentOf(operation, options, id, lookup);
  if (full !== undefined) event.set("fullDocument", full);
  event.set("ns", namespaceOf(operation));
  event.set("documentKey", new Map([["_id", id]]));
  if (operation.kind === "update") event.set("updateDescription", updateDescription(operation, options));
  const before = fullDocumentBefore(operation, options);
  if (before !== undefined) event.set("fullDocumentBeforeChange", before);
  return event;
}

/** The `_id` of the document an operation wrote; undefined for changes of definitions. */
export function documentIdOf({ before, after, summary }: OplogOperation): Value | undefined {
  if (summary !== undefined) return summary.id;
  const document = after ?? before;
  return document === undefined ? undefined : (viewOf(document).get("_id") ?? null);
}

/** The event that ends a stream whose collection or database is gone; undefined when the operation does not end it. */
export function invalidateOf(entry: OplogEntry, index: number, { scope }: StreamOptions): Doc | undefined {
  const operation = entry.operations[index];
  if (operation === undefined) return undefined;
  const { database, collection } = scope;
  const isGone =
    database === operation.database &&
    (collection === undefined
      ? operation.kind === "dropDatabase"
      : (collection === operation.collection && (operation.kind === "drop" || operation.kind === "rename")) ||
        isRenamedTo(operation, collection));
  return isGone ? startEvent(entry, { at: entry.at, index }, "invalidate", "invalidate") : undefined;
}

function startEvent(entry: OplogEntry, position: StreamPosition, operationType: string, kind: TokenKind): Doc {
  return new Map<string, Value>([
    ["_id", toToken(position, kind)],
    ["operationType", operationType],
    ["clusterTime", toTimestamp(entry.at)],
    ["wallTime", new Date(entry.wallMs)],
  ]);
}

function isWatched(operation: OplogOperation, { scope, showsExpandedEvents }: StreamOptions): boolean {
  if (expandedKinds.has(operation.kind) && !showsExpandedEvents) return false;
  if (!isInDatabase(operation, scope)) return false;
  if (scope.collection === undefined) return true;
  return operation.collection === scope.collection || isRenamedTo(operation, scope.collection);
}

function isInDatabase({ database }: OplogOperation, scope: StreamScope): boolean {
  if (scope.database !== undefined) return database === scope.database;
  return database !== "admin" && database !== "local" && database !== "config";
}

function isRenamedTo({ kind, detail }: OplogOperation, collection: string): boolean {
  const to = kind === "rename" ? detail?.get("to") : undefined;
  return to instanceof Map && to.get("coll") === collection;
}

function definitionEvent(event: Doc, operation: OplogOperation, options: StreamOptions): Doc {
  const { kind, uuid, detail } = operation;
  if (options.showsExpandedEvents && uuid !== undefined) event.set("collectionUUID", uuid);
  event.set("ns", kind === "dropDatabase" ? new Map([["db", operation.database]]) : namespaceOf(operation));
  const to = detail?.get("to");
  if (kind === "rename" && to !== undefined) event.set("to", to);
  if (options.showsExpandedEvents && (detail !== undefined || kind === "create")) {
    event.set("operationDescription", detail ?? new Map());
  }
  return event;
}

function namespaceOf({ database, collection }: OplogOperation): Doc {
  return new Map([
    ["db", database],
    ["coll", collection],
  ]);
}

function updateDescription(operation: OplogOperation, { showsExpandedEvents }: StreamOptions): Doc {
  const { description, disambiguatedPaths } = operation.summary ?? changeOf(operation);
  const told: Doc = new Map(description);
  return showsExpandedEvents ? told.set("disambiguatedPaths", disambiguatedPaths) : told;
}

function changeOf({ before, after }: OplogOperation): DocumentChange {
  if (before === undefined || after === undefined)
    throw serverError("InternalError", "An update is logged without its documents");
  return describeChange(viewOf(before), viewOf(after));
}

function fullDocumentOf(
  operation: OplogOperation,
  { fullDocument }: StreamOptions,
  id: Value,
  lookup: LookupDocument,
): Value | undefined {
  const { kind, after, hasPreImage } = operation;
  if (kind === "delete") return undefined;
  if (after !== undefined && (kind === "insert" || kind === "replace")) return viewOf(after);
  if (fullDocument === "default") return undefined;
  if (fullDocument === "updateLookup") return lookup(operation, id) ?? null;
  if (hasPreImage && after !== undefined) return viewOf(after);
  if (fullDocument === "whenAvailable") return null;
  throw missingImage("post", fullDocument);
}

function fullDocumentBefore(operation: OplogOperation, options: StreamOptions): Value | undefined {
  const { kind, before, hasPreImage } = operation;
  if (options.fullDocumentBeforeChange === "off" || kind === "insert") return undefined;
  if (hasPreImage && before !== undefined) return viewOf(before);
  if (options.fullDocumentBeforeChange === "whenAvailable") return null;
  throw missingImage("pre", options.fullDocumentBeforeChange);
}

function missingImage(which: "pre" | "post", option: string): Error {
  return serverError(
    "NoMatchingDocument",
    `Change stream was configured to require a ${which}-image for all update, delete and replace events ('${option}'), but the ${which}-image was not found`,
    { labels: ["NonResumableChangeStreamError"] },
  );
}
