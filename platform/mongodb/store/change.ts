import { encodeKey } from "../bson/keystring";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Collection, Trees } from "./collection";
import { viewOf } from "./document";
import type { Index } from "./secondary-index";

/** The entries one index loses and gains. */
export interface IndexDelta {
  readonly index: Index;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** One document written: created (no before), changed, or removed (no after). */
export interface Change {
  readonly collection: Collection;
  readonly idKey: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer | undefined;
  readonly isReplacement: boolean;
  /** Not told to change streams: what happens in a time series. */
  readonly isSilent?: boolean;
  readonly deltas: readonly IndexDelta[];
}

/** What a caller wants written. */
export type Write = Omit<Change, "deltas">;

/** Works out what a write does to the indexes. */
export function planChange(write: Write): Change {
  const { collection, idKey, before, after } = write;
  const deltas: IndexDelta[] = [];
  for (const index of collection.live.entries.keys()) {
    const old = before === undefined ? [] : index.keysOf(viewOf(before), idKey);
    const fresh = after === undefined ? [] : index.keysOf(viewOf(after), idKey);
    if (old.length === fresh.length && old.every((key, at) => key === fresh[at])) continue;
    const kept = new Set(fresh.filter((key) => old.includes(key)));
    deltas.push({
      index,
      removed: old.filter((key) => !kept.has(key)),
      added: fresh.filter((key) => !kept.has(key)),
    });
  }
  return { ...write, deltas };
}

/** Throws: DuplicateKey when the trees already hold the document's `_id` or one of its unique keys. */
export function assertUnique(trees: Trees, change: Change): void {
  const { collection, idKey, before, after } = change;
  if (after === undefined) return;
  if (before === undefined && !collection.keepsOrder && trees.documents.has(idKey)) {
    throw duplicateError(collection, "_id_", new Map([["_id", 1]]), [viewOf(after).get("_id") ?? null]);
  }
  for (const { index, added } of change.deltas) {
    if (!index.isUnique) continue;
    const entries = trees.entries.get(index);
    const taken = added.find((key) => entries?.has(key) === true);
    if (taken === undefined) continue;
    throw duplicateKey(collection, index, viewOf(after), taken);
  }
}

/** Writes the change into the trees. */
export function applyChange(trees: Trees, change: Change): void {
  if (change.after === undefined) trees.documents.delete(change.idKey);
  else trees.documents.set(change.idKey, change.after);
  for (const { index, removed, added } of change.deltas) {
    const entries = trees.entries.get(index);
    for (const key of removed) entries?.delete(key);
    for (const key of added) entries?.set(key, change.idKey);
  }
}

/** The error for a document whose unique key is taken. */
export function duplicateKey(collection: Collection, index: Index, doc: Doc, taken: string): Error {
  const values = index.valuesOf(doc).find((candidate) => encodeKey(candidate, index.descending) === taken);
  return duplicateError(collection, index.definition.name, index.definition.key, values ?? []);
}

function duplicateError(
  collection: Collection,
  indexName: string,
  keyPattern: Doc,
  values: readonly (Value | undefined)[],
): Error {
  const keyValue: Doc = new Map([...keyPattern.keys()].map((path, at) => [path, values[at] ?? null]));
  const shown = [...keyValue].map(([path, value]) => `${path}: ${showValue(value)}`).join(", ");
  return serverError(
    "DuplicateKey",
    `E11000 duplicate key error collection: ${collection.namespace} index: ${indexName} dup key: { ${shown} }`,
    {
      extra: new Map<string, Value>([
        ["keyPattern", keyPattern],
        ["keyValue", keyValue],
      ]),
    },
  );
}

/** Shows a value as the server's messages do. */
export function showValue(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null) return "null";
  if (typeof value !== "object") return String(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[ ${value.map(showValue).join(", ")} ]`;
  if (value instanceof Map)
    return `{ ${[...value].map(([name, inner]) => `${name}: ${showValue(inner)}`).join(", ")} }`;
  if ("toHexString" in value) return `ObjectId('${value.toHexString()}')`;
  return "toString" in value ? String(value) : "?";
}
