import { encode } from "../bson/encode";
import { Double, type Doc, type Value } from "../bson/values";
import { serverError } from "../errors";
import { compileFilter } from "../match/compile-filter";
import type { Collection } from "../store/collection";
import { reply, type Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { clusteredIndex, shownOptions } from "./collection-options";
import { IteratorSource } from "./cursor-table";
import { openCursor } from "./open-cursor";
import { collectionName, existing, findCollection } from "./target";

/** Runs the listDatabases command. */
export function listDatabases(context: CommandContext): Reply {
  const { args, server } = context;
  const isNameOnly = args.boolean("nameOnly", false);
  const filter = args.doc("filter");
  const matches = filter === undefined ? undefined : compileFilter(filter);
  const sizes = new Map<string, number>();
  for (const collection of server.store.catalogue.collections.values()) {
    sizes.set(collection.database, (sizes.get(collection.database) ?? 0) + (isNameOnly ? 0 : collection.dataBytes));
  }
  const names = [...sizes.keys()].toSorted();
  const shown = names
    .map(
      (name): Doc =>
        new Map<string, Value>(
          isNameOnly
            ? [["name", name]]
            : [
                ["name", name],
                ["sizeOnDisk", BigInt(sizes.get(name) ?? 0)],
                ["empty", false],
              ],
        ),
    )
    .filter((database) => matches?.matches(database) !== false);
  if (isNameOnly) return reply(["databases", shown]);
  let total = 0;
  for (const size of sizes.values()) total += size;
  return reply(
    ["databases", shown],
    ["totalSize", BigInt(total)],
    ["totalSizeMb", BigInt(Math.round(total / 2 ** 20))],
  );
}

/** Runs the listCollections command. */
export function listCollections(context: CommandContext): Reply {
  const { args, server, database } = context;
  const isNameOnly = args.boolean("nameOnly", false);
  const filter = args.doc("filter");
  const matches = filter === undefined ? undefined : compileFilter(filter);
  const shown = server.store.catalogue
    .of(database)
    .map(describe)
    .filter((one) => matches?.matches(one) !== false)
    .map((one) =>
      encode(
        isNameOnly
          ? new Map<string, Value>([
              ["name", one.get("name") ?? ""],
              ["type", one.get("type") ?? "collection"],
            ])
          : one,
      ),
    );
  return openListing(context, "$cmd.listCollections", shown);
}

function describe(collection: Collection): Doc {
  const isView = collection.options.view !== undefined;
  const { clusteredName } = collection.options;
  const byId = idIndexOf(collection);
  return new Map<string, Value>([
    ["name", collection.name],
    ["type", isView ? "view" : collection.options.timeSeries === undefined ? "collection" : "timeseries"],
    ["options", shownOptions(collection.options)],
    ["info", new Map<string, Value>([["readOnly", isView], ...(isView ? [] : [["uuid", collection.uuid] as const])])],
    ...(byId === undefined || clusteredName !== undefined ? [] : [["idIndex", byId] as const]),
  ]);
}

/** The index on `_id` as it is listed; a time series and a view have none. */
export function idIndexOf({ options }: Collection): Doc | undefined {
  const { view, timeSeries, clusteredName } = options;
  if (view !== undefined || timeSeries !== undefined) return undefined;
  return clusteredName === undefined ? idIndex() : clusteredIndex(clusteredName).set("clustered", true);
}

function idIndex(): Doc {
  return new Map<string, Value>([
    ["v", 2],
    ["key", new Map([["_id", 1]])],
    ["name", "_id_"],
  ]);
}

/** Runs the listIndexes command. Throws: NamespaceNotFound. */
export function listIndexes(context: CommandContext): Reply {
  const name = collectionName(context);
  const collection = existing(context, name, context.database);
  const byId = idIndexOf(collection);
  const shown = [
    ...(byId === undefined ? [] : [byId]),
    ...collection.indexes.map((index) => index.definition.specification),
  ];
  return openListing(context, name, shown.map(encode));
}

function openListing(context: CommandContext, name: string, documents: readonly Buffer[]): Reply {
  const batchSize = new Arguments(context.args.doc("cursor") ?? new Map(), "cursor").count("batchSize");
  return openCursor(context, { name, source: new IteratorSource(documents[Symbol.iterator]()), batchSize });
}

/** Runs the collStats command. */
export function collStats(context: CommandContext): Reply {
  const name = collectionName(context);
  const fields: Doc = new Map<string, Value>([["ns", `${context.database}.${name}`], ...storageStats(context, name)]);
  return { fields };
}

/** What the `$collStats` stage gives for one collection: the parts it is asked for. Throws: NotImplemented for latencies. */
export function collStatsDocument(context: CommandContext, name: string, asked: Doc): Doc {
  for (const part of asked.keys()) {
    if (part !== "storageStats" && part !== "count")
      throw serverError("NotImplemented", `$collStats with '${part}' is not implemented`);
  }
  const shown: Doc = new Map<string, Value>([
    ["ns", `${context.database}.${name}`],
    ["host", context.server.address],
    ["localTime", new Date()],
  ]);
  const stats = storageStats(context, name);
  if (asked.has("storageStats")) shown.set("storageStats", stats);
  if (asked.has("count")) shown.set("count", stats.get("count") ?? 0);
  return shown;
}

function storageStats(context: CommandContext, name: string): Doc {
  const collection = findCollection(context, name);
  const capped = collection?.options.capped;
  const size = collection === undefined ? 0 : collection.dataBytes;
  const count = collection?.live.documents.size ?? 0;
  return new Map<string, Value>([
    ["size", BigInt(size)],
    ["count", count],
    ["storageSize", BigInt(size)],
    ["avgObjSize", count === 0 ? 0 : Math.floor(size / count)],
    ["nindexes", collection === undefined ? 0 : collection.indexes.length + 1],
    ["totalIndexSize", 0],
    ["indexSizes", new Map()],
    ["totalSize", BigInt(size)],
    ["capped", capped !== undefined],
    ...(capped === undefined ? [] : [["maxSize", BigInt(capped.sizeBytes)] as const]),
    ...(capped?.maxDocuments === undefined ? [] : [["max", capped.maxDocuments] as const]),
    ["numOrphanDocs", 0],
  ]);
}

/** Runs the dbStats command. */
export function dbStats(context: CommandContext): Reply {
  const { server, database } = context;
  const all = server.store.catalogue.of(database);
  const collections = all.filter((collection) => collection.options.view === undefined);
  let objects = 0;
  let size = 0;
  let indexes = 0;
  for (const collection of collections) {
    objects += collection.live.documents.size;
    size += collection.dataBytes;
    indexes += collection.indexes.length + 1;
  }
  return reply(
    ["db", database],
    ["collections", collections.length],
    ["views", all.length - collections.length],
    ["objects", objects],
    ["avgObjSize", new Double(objects === 0 ? 0 : size / objects)],
    ["dataSize", new Double(size)],
    ["storageSize", new Double(size)],
    ["indexes", indexes],
  );
}
