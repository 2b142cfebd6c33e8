import type { Collection } from "../store/collection";
import { definitionOf } from "../store/store";
import { WriteBlocked } from "../store/transaction";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
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
    if (collection.options.view !== undefined) return reply(["ns", collection.namespace]);
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
