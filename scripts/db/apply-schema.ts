import type { Db, Document, MongoClient } from "mongodb";
import {
  type CollectionDefinition,
  type IndexDefinition,
  validatorOf,
} from "../../functions-src/lib/adapters/mongo/schema/define-collection";
import { COLLECTIONS, DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { USAGE_EVENTS } from "../../functions-src/lib/adapters/mongo/schema/usage";

/** The code of a server that does not have a feature. */
const NOT_IMPLEMENTED = 238;

/** One difference between the schema files and a database. */
export interface SchemaChange {
  readonly kind: "create_collection" | "set_validator" | "create_index" | "replace_index" | "drop_index" | "left_out";
  readonly collection: string;
  readonly detail: string;
}

/** `apply` makes what is missing, `compare` only tells; `prune` also drops and replaces indexes. */
export interface ApplyOptions {
  readonly mode: "apply" | "compare";
  readonly prune: boolean;
}

/**
 * Brings collections, validators and indexes in line with the schema files, or tells what differs. Running it again changes
 * nothing. It drops only with `prune`, and then only indexes. What the server cannot do is left out and named.
 */
export async function applySchema(client: MongoClient, options: ApplyOptions): Promise<readonly SchemaChange[]> {
  const db = client.db(DATABASE_NAME);
  const existing = new Map((await db.listCollections().toArray()).map((info) => [info.name, info]));
  const changes: SchemaChange[] = [];
  for (const definition of COLLECTIONS) {
    const info = existing.get(definition.name);
    changes.push(...(await applyCollection(db, definition, { ...options, info })));
    changes.push(...(await applyIndexes(db, definition, { ...options, exists: info !== undefined })));
  }
  changes.push(...(await applyTimeSeries(db, { ...options, exists: existing.has(USAGE_EVENTS.name) })));
  return changes;
}

/** Makes the time series of usage with its index; it has no validator, because a time series cannot have one. */
async function applyTimeSeries(
  db: Db,
  options: ApplyOptions & { readonly exists: boolean },
): Promise<readonly SchemaChange[]> {
  if (options.exists) return [];
  const { name, timeSeries, index } = USAGE_EVENTS;
  try {
    if (options.mode === "apply") {
      await db.createCollection(name, { timeseries: { ...timeSeries } });
      await db.collection(name).createIndex({ ...index.key }, { name: index.name });
    }
    return [{ kind: "create_collection", collection: name, detail: "time series of usage, a projection for charts" }];
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NOT_IMPLEMENTED) throw error;
    return [
      { kind: "left_out", collection: name, detail: "this server has no time series; an ordinary collection serves" },
    ];
  }
}

async function applyCollection(
  db: Db,
  definition: CollectionDefinition,
  options: ApplyOptions & { readonly info: Document | undefined },
): Promise<readonly SchemaChange[]> {
  const { name } = definition;
  const settings = { validator: validatorOf(definition), validationLevel: "strict", validationAction: "error" };
  if (options.info === undefined) {
    if (options.mode === "apply") await db.createCollection(name, settings);
    return [{ kind: "create_collection", collection: name, detail: definition.what }];
  }
  const current = (options.info["options"] ?? {}) as Document;
  const same =
    canonical(current["validator"]) === canonical(settings.validator) &&
    (current["validationLevel"] ?? "strict") === "strict" &&
    (current["validationAction"] ?? "error") === "error";
  if (same) return [];
  if (options.mode === "apply") await db.command({ collMod: name, ...settings });
  return [{ kind: "set_validator", collection: name, detail: `schema version ${definition.schemaVersion}` }];
}

async function applyIndexes(
  db: Db,
  definition: CollectionDefinition,
  options: ApplyOptions & { readonly exists: boolean },
): Promise<readonly SchemaChange[]> {
  const { name } = definition;
  const found = options.exists ? await db.collection(name).listIndexes().toArray() : [];
  const byName = new Map(found.map((index) => [String(index["name"]), index]));
  const changes: SchemaChange[] = [];
  for (const index of definition.indexes) {
    const current = byName.get(index.name);
    if (current !== undefined && sameIndex(current, index)) continue;
    if (current !== undefined && !options.prune) {
      changes.push({ kind: "replace_index", collection: name, detail: `${index.name} differs; needs --prune` });
      continue;
    }
    if (current !== undefined && options.mode === "apply") await db.collection(name).dropIndex(index.name);
    changes.push(await createIndex(db, name, index, options.mode));
  }
  const wanted = new Set(["_id_", ...definition.indexes.map((index) => index.name)]);
  for (const extra of [...byName.keys()].filter((indexName) => !wanted.has(indexName))) {
    if (!options.prune) continue;
    if (options.mode === "apply") await db.collection(name).dropIndex(extra);
    changes.push({ kind: "drop_index", collection: name, detail: extra });
  }
  return changes;
}

async function createIndex(
  db: Db,
  collection: string,
  index: IndexDefinition,
  mode: ApplyOptions["mode"],
): Promise<SchemaChange> {
  const detail = `${index.name}: ${index.serves}`;
  const { key, serves: _serves, ...options } = index;
  try {
    if (mode === "apply") await db.collection(collection).createIndex(key, options);
    return { kind: "create_index", collection, detail };
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NOT_IMPLEMENTED) throw error;
    return { kind: "left_out", collection, detail: `${index.name}: this server does not have it` };
  }
}

function sameIndex(current: Document, wanted: IndexDefinition): boolean {
  return (
    canonical(current["key"]) === canonical(wanted.key) &&
    (current["unique"] ?? false) === (wanted.unique ?? false) &&
    canonical(current["partialFilterExpression"]) === canonical(wanted.partialFilterExpression) &&
    current["expireAfterSeconds"] === wanted.expireAfterSeconds
  );
}

/** Field order matters in keys and not in validators; the order of our files is stable, so one form serves both. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_field, content: unknown) =>
      typeof content === "object" && content !== null && !Array.isArray(content) ? { ...content } : content,
    ) ?? "none"
  );
}
