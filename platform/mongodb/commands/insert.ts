import { decode } from "../bson/decode";
import { encode } from "../bson/encode";
import { typeNameOf } from "../bson/types";
import { BSONRegExp, BsonUndefined, ObjectId, type Doc, type Value } from "../bson/values";
import { serverError } from "../errors";
import type { Collection } from "../store/collection";
import { maxDocumentBytes, ownBytes, rememberView } from "../store/document";
import { rawDocumentsIn } from "../wire/raw-documents";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { assertDocumentSize, runStatements, statementDocs } from "./statements";
import { collectionForWrite, collectionName, untilUnblocked, writeDocument } from "./target";
import { assertMeasurement } from "./time-series";
import { whenSettled } from "./when-settled";
import { writeReply } from "./write-reply";

/** Runs the insert command. */
export function insert(context: CommandContext): Reply | Promise<Reply> {
  const name = collectionName(context);
  const documents =
    context.sequences.get("documents") ??
    rawDocumentsIn(context.rawBody, "documents") ??
    statementDocs(context, "documents");
  if (documents.length === 0 || documents.length > 100_000) {
    throw serverError(
      "InvalidLength",
      `Write batch sizes must be between 1 and 100000. Got ${documents.length} operations.`,
    );
  }
  const opened = untilUnblocked(context, () => collectionForWrite(context, name));
  return whenSettled(opened, (collection) => insertInto(context, collection, documents));
}

function insertInto(
  context: CommandContext,
  opened: Collection,
  documents: readonly (Buffer | Doc)[],
): Reply | Promise<Reply> {
  let collection = opened;
  const ran = runStatements<Buffer | Doc>(context, documents, (document) => () => {
    if (collection.isDropped) collection = collectionForWrite(context, collection.name);
    insertDocument(context, collection, document);
    return new Map([["n", 1]]);
  });
  return whenSettled(ran, (outcomes) => {
    const inserted = outcomes.results.filter((result) => result !== undefined).length;
    return writeReply(outcomes, [["n", inserted]]);
  });
}

/** Stores one new document. Throws: DuplicateKey, DocumentValidationFailure, InvalidIdField, BSONObjectTooLarge. */
export function insertDocument(context: CommandContext, collection: Collection, document: Buffer | Doc): Value {
  const given = document instanceof Map ? document : decode(document);
  const { view, id, isChanged } = withLeadingId(given);
  const after = isChanged || document instanceof Map ? encode(view) : ownBytes(document);
  assertDocumentSize(after, maxDocumentBytes);
  assertMeasurement(collection, view);
  assertValid(context, collection, view, undefined);
  rememberView(after, view);
  writeDocument(context, {
    collection,
    idKey: collection.newKey(view),
    before: undefined,
    after,
    isReplacement: false,
  });
  return id;
}

/** Throws: DocumentValidationFailure, unless the command bypasses validation. */
export function assertValid(
  context: CommandContext,
  collection: Collection,
  after: Doc,
  before: Doc | undefined,
): void {
  if (context.args.boolean("bypassDocumentValidation", false)) return;
  const details = collection.violation(after, before);
  if (details === undefined) return;
  const info = new Map<string, Value>([
    ["failingDocumentId", after.get("_id") ?? null],
    ["details", details],
  ]);
  throw serverError("DocumentValidationFailure", "Document failed validation", { extra: new Map([["errInfo", info]]) });
}

/** Puts `_id` first, making one where it is missing. Throws: InvalidIdField, DollarPrefixedFieldName. */
export function withLeadingId(doc: Doc): { view: Doc; id: Value; isChanged: boolean } {
  const given = doc.get("_id");
  const id = given ?? (doc.has("_id") ? null : new ObjectId());
  assertId(id);
  const first = doc.keys().next().value;
  if (given !== undefined && first === "_id") return { view: doc, id, isChanged: false };
  return { view: new Map([["_id", id], ...[...doc].filter(([name]) => name !== "_id")]), id, isChanged: true };
}

function assertId(id: Value): void {
  if (Array.isArray(id) || id instanceof BSONRegExp || id instanceof BsonUndefined) {
    throw serverError("InvalidIdField", `The '_id' value cannot be of type ${typeNameOf(id)}`);
  }
  const bad = id instanceof Map ? [...id.keys()].find((name) => name.startsWith("$")) : undefined;
  if (bad !== undefined) {
    throw serverError(
      "DollarPrefixedFieldName",
      `_id fields may not contain '$'-prefixed fields: ${bad} is not valid for storage.`,
    );
  }
}
