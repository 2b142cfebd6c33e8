import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { assertNamespace } from "../store/catalogue";
import type { Collection } from "../store/collection";
import { definitionOf } from "../store/store";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { assertUntouched, dropCollection } from "./drop";
import { createNow, existing, untilUnblocked, writeDocument } from "./target";

/** A collection's place. */
interface Namespace {
  readonly database: string;
  readonly name: string;
}

/** Runs the renameCollection command. Throws: NamespaceNotFound, NamespaceExists, IllegalOperation, CommandNotSupportedOnView. */
export function renameCollection(context: CommandContext): Reply | Promise<Reply> {
  const { args, server } = context;
  const from = splitNamespace(args.string("renameCollection"));
  const to = splitNamespace(args.string("to"));
  const dropsTarget = args.boolean("dropTarget", false);
  assertNamespace(to.database, to.name);
  return untilUnblocked(context, () => {
    const collection = existing(context, from.name, from.database);
    const target = server.store.catalogue.get(to.database, to.name);
    if (target === collection) throw serverError("IllegalOperation", "Can't rename a collection to itself");
    if (target !== undefined && !dropsTarget) throw serverError("NamespaceExists", "target namespace exists");
    // Whatever may have to be waited for comes before the first change, since all of this runs again after the wait.
    if (target !== undefined) assertUntouched(context, existing(context, to.name, to.database));
    assertUntouched(context, collection);
    if (from.database === to.database) renameOver(context, collection, to.name);
    else moveTo(context, collection, to);
    return reply();
  });
}

/** Gives a collection another name in its database and drops what had that name, in one commit. Throws: WriteBlocked. */
export function renameOver(context: CommandContext, collection: Collection, name: string): void {
  const { store } = context.server;
  const { database } = collection;
  const target = store.catalogue.get(database, name);
  if (target !== undefined) assertUntouched(context, target);
  const to: Doc = new Map([
    ["db", database],
    ["coll", name],
  ]);
  const detail: Doc = new Map<string, Value>([["to", to]]);
  if (target !== undefined) detail.set("dropTarget", target.uuid);
  context.dependsOn = store.commitDefinition(definitionOf("rename", collection, detail), () => {
    if (target !== undefined) store.catalogue.remove(target);
    store.catalogue.rename(collection, name);
    return target === undefined ? [collection] : [target, collection];
  });
}

/** Copies a collection into another database under a passing name, puts it in place there, and drops the old one. */
function moveTo(context: CommandContext, collection: Collection, to: Namespace): void {
  const { store } = context.server;
  const copy = store.catalogue.build(to.database, `tmp.rename.${store.nextCommit()}`, collection.options);
  createNow(context, copy);
  for (const index of collection.indexes) copy.live.entries.set(...index.emptyCopy());
  for (const [idKey, after] of collection.live.documents.entries()) {
    const key = copy.keepsOrder ? copy.restoreKey(new Map(), idKey) : idKey;
    writeDocument(context, { collection: copy, idKey: key, before: undefined, after, isReplacement: false });
  }
  renameOver(context, copy, to.name);
  dropCollection(context, collection);
}

function splitNamespace(namespace: string): Namespace {
  const dot = namespace.indexOf(".");
  return { database: namespace.slice(0, dot), name: namespace.slice(dot + 1) };
}
