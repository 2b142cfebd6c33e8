import { isEqual } from "../bson/order";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { planIndex, type PlannedIndex } from "../store/index-specification";
import { buildIndex } from "../store/build-index";
import type { Collection } from "../store/collection";
import type { Index } from "../store/secondary-index";
import { definitionOf } from "../store/store";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { assertUntouched } from "./drop";
import { collectionForWrite, collectionName, existing, findCollection, untilUnblocked } from "./target";

/** Runs the createIndexes command; an index that is there already is left as it is. Throws: IndexOptionsConflict, IndexKeySpecsConflict, CannotCreateIndex, DuplicateKey. */
export function createIndexes(context: CommandContext): Reply | Promise<Reply> {
  const { args, server, database } = context;
  const name = collectionName(context);
  const planned = (args.docs("indexes") ?? []).map(planIndex);
  if (planned.length === 0) throw serverError("BadValue", "Must specify at least one index to create");
  if (context.session?.transaction !== undefined) return createInTransaction(context, name, planned);
  return untilUnblocked(context, () => {
    const isNew = server.store.catalogue.get(database, name) === undefined;
    const collection = collectionForWrite(context, name);
    assertSeriesIndexes(collection, planned);
    const before = collection.indexes.length + 1;
    const wanted = planned.filter((one) => !isThere(collection, one));
    if (wanted.length === 0) {
      context.dependsOn = Math.max(context.dependsOn, collection.definedAt);
      return reply(["numIndexesBefore", before], ["numIndexesAfter", before], ["note", "all indexes already exist"]);
    }
    assertUntouched(context, collection);
    const built = wanted.map((one) => buildIndex(collection, one));
    const detail: Doc = new Map([["indexes", wanted.map((one) => one.definition.specification)]]);
    context.dependsOn = server.store.commitDefinition(definitionOf("createIndexes", collection, detail), () => {
      for (const { index, entries } of built) collection.live.entries.set(index, entries);
      return [collection];
    });
    return reply(
      ["numIndexesBefore", before],
      ["numIndexesAfter", before + built.length],
      ["createdCollectionAutomatically", isNew],
    );
  });
}

/** Inside a transaction only a collection that it creates itself, and has not written to yet, can get an index. */
function createInTransaction(context: CommandContext, name: string, planned: readonly PlannedIndex[]): Reply {
  const isNew = findCollection(context, name) === undefined;
  const collection = collectionForWrite(context, name);
  const transaction = context.session?.transaction;
  const before = collection.indexes.length + 1;
  const wanted = planned.filter((one) => !isThere(collection, one));
  const isOwn = transaction?.created.get(collection.namespace) === collection && !transaction.hasWritten(collection);
  if (wanted.length > 0 && !isOwn) {
    throw serverError(
      "OperationNotSupportedInTransaction",
      `Cannot create new indexes on existing collection ${collection.namespace} in a multi-document transaction.`,
    );
  }
  for (const one of wanted) {
    const { index, entries } = buildIndex(collection, one);
    collection.live.entries.set(index, entries);
  }
  return reply(
    ["numIndexesBefore", before],
    ["numIndexesAfter", before + wanted.length],
    ["createdCollectionAutomatically", isNew],
  );
}

/** Throws: InvalidOptions for what the indexes of a time series cannot be. */
function assertSeriesIndexes({ options }: Collection, planned: readonly PlannedIndex[]): void {
  if (options.timeSeries === undefined) return;
  const bad = planned.find(({ definition }) => definition.isUnique || definition.expireAfterSeconds !== undefined);
  if (bad === undefined) return;
  const kind = bad.definition.isUnique ? "Unique" : "TTL";
  throw serverError("InvalidOptions", `${kind} indexes are not supported on time-series collections`);
}

function isThere(collection: Collection, { definition, isIdIndex }: PlannedIndex): boolean {
  if (isIdIndex) return true;
  for (const { definition: known } of collection.indexes) {
    const isSameKey = isEqual(known.key, definition.key);
    if (known.name === definition.name && isEqual(known.specification, definition.specification)) return true;
    if (known.name === definition.name) {
      throw serverError(
        "IndexKeySpecsConflict",
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${definition.name}, existing index: ${known.name}`,
      );
    }
    if (isSameKey && isSameMeaning(known.specification, definition.specification)) {
      throw serverError("IndexOptionsConflict", `Index already exists with a different name: ${known.name}`);
    }
  }
  return false;
}

/** Two indexes on the same key may stand side by side when their filter or sparseness differs, but not when only the name does. */
function isSameMeaning(a: Doc, b: Doc): boolean {
  return ["partialFilterExpression", "collation"].every((name) => isEqual(a.get(name), b.get(name)));
}

/** Runs the dropIndexes command. Throws: IndexNotFound, InvalidOptions for the `_id` index. */
export function dropIndexes(context: CommandContext): Reply | Promise<Reply> {
  const { server, database, body } = context;
  const name = collectionName(context);
  const wanted = body.get("index");
  return untilUnblocked(context, () => {
    const collection = existing(context, name, database);
    const before = collection.indexes.length + 1;
    const dropped = (Array.isArray(wanted) ? wanted : [wanted ?? null]).flatMap((one) => indexesNamed(collection, one));
    assertUntouched(context, collection);
    if (dropped.length > 0) {
      const detail: Doc = new Map([["indexes", dropped.map((index) => index.definition.specification)]]);
      context.dependsOn = server.store.commitDefinition(definitionOf("dropIndexes", collection, detail), () => {
        for (const index of dropped) collection.live.entries.delete(index);
        return [collection];
      });
    }
    return reply(["nIndexesWas", before]);
  });
}

function indexesNamed(collection: Collection, wanted: Value): Index[] {
  if (wanted === "*") return collection.indexes;
  if (wanted === "_id_") throw serverError("InvalidOptions", "cannot drop _id index");
  const found = collection.indexes.filter(({ definition }) =>
    wanted instanceof Map ? isEqual(definition.key, wanted) : definition.name === wanted,
  );
  if (found.length === 0) {
    throw serverError(
      "IndexNotFound",
      `index not found with name [${typeof wanted === "string" ? wanted : "key pattern"}]`,
    );
  }
  return found;
}
