import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Collection } from "../store/collection";
import { definitionOf } from "../store/store";
import { WriteBlocked } from "../store/transaction";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { assertNamespace } from "../store/catalogue";
import { existing } from "./create-collection";
import { collectionName, untilUnblocked } from "./target";

/** Runs the drop command; a missing collection is no error, as on servers since 7.0. */
export function drop(context: CommandContext): Reply | Promise<Reply> {
  const { server, database } = context;
  const name = collectionName(context);
  return untilUnblocked(context, () => {
    const collection = server.store.catalogue.get(database, name);
    if (collection === undefined) return reply();
    const indexes = collection.indexes.length + 1;
    dropCollection(context, collection);
    return reply(["nIndexesWas", indexes], ["ns", collection.namespace]);
  });
}

/** Runs the dropDatabase command. */
export function dropDatabase(context: CommandContext): Reply | Promise<Reply> {
  const { server, database } = context;
  return untilUnblocked(context, () => {
    const { store } = server;
    const collections = store.catalogue.of(database);
    for (const collection of collections) dropCollection(context, collection);
    if (collections.length > 0) {
      const operation = { kind: "dropDatabase" as const, database, collection: "", hasPreImage: false };
      context.dependsOn = store.commitDefinition(operation, () => []);
    }
    return reply(["dropped", database]);
  });
}

/** Runs the renameCollection command. Throws: NamespaceNotFound, NamespaceExists. */
export function renameCollection(context: CommandContext): Reply | Promise<Reply> {
  const { args, server } = context;
  const [database, name] = splitNamespace(args.string("renameCollection"));
  const [toDatabase, toName] = splitNamespace(args.string("to"));
  assertNamespace(toDatabase, toName);
  if (database !== toDatabase) throw serverError("NotImplemented", "Renaming to another database is not implemented");
  return untilUnblocked(context, () => {
    const { store } = server;
    const collection = existing(context, name, database);
    const target = store.catalogue.get(toDatabase, toName);
    if (target === collection) throw serverError("IllegalOperation", "Can't rename a collection to itself");
    if (target !== undefined) {
      if (!args.boolean("dropTarget", false)) throw serverError("NamespaceExists", "target namespace exists");
      dropCollection(context, target);
    }
    assertUntouched(context, collection);
    const detail: Doc = new Map<string, Value>([
      [
        "to",
        new Map([
          ["db", toDatabase],
          ["coll", toName],
        ]),
      ],
    ]);
    if (target !== undefined) detail.set("dropTarget", target.uuid);
    context.dependsOn = store.commitDefinition(definitionOf("rename", collection, detail), () => {
      store.catalogue.rename(collection, toName);
      return [collection];
    });
    return reply();
  });
}

/** Drops one collection. Throws: WriteBlocked while an open transaction has written to it. */
export function dropCollection(context: CommandContext, collection: Collection): void {
  const { store } = context.server;
  assertUntouched(context, collection);
  context.dependsOn = store.commitDefinition(definitionOf("drop", collection), () => {
    store.catalogue.remove(collection);
    return [collection];
  });
}

/** Throws: WriteBlocked while an open transaction has read or written the collection, whose definition must not change under it. */
export function assertUntouched({ server }: CommandContext, collection: Collection): void {
  for (const transaction of server.store.openTransactions) {
    if (transaction.touched.has(collection)) throw new WriteBlocked(transaction);
  }
}

function splitNamespace(namespace: string): [string, string] {
  const dot = namespace.indexOf(".");
  return [namespace.slice(0, dot), namespace.slice(dot + 1)];
}
