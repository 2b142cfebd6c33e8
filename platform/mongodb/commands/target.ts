import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import { expired } from "../plan/deadline";
import { assertNamespace } from "../store/catalogue";
import type { Collection, CollectionOptions, Trees } from "../store/collection";
import type { Write } from "../store/change";
import { definitionOf } from "../store/store";
import { WriteBlocked } from "../store/transaction";
import type { CommandContext } from "./context";

/** The collection that the command's first field names. Throws: InvalidNamespace. */
export function collectionName({ body, command, database }: CommandContext): string {
  const name = body.get(command);
  if (typeof name !== "string") {
    throw serverError("InvalidNamespace", `Collection name must be a string, command '${command}'`);
  }
  if (name === "") throw serverError("InvalidNamespace", `Invalid namespace specified '${database}.'`);
  return name;
}

/** Finds a collection, as the command may see it. Throws: CommandNotSupportedOnView for a view. */
export function findCollection(context: CommandContext, name: string): Collection | undefined {
  const found = findAny(context, name);
  if (found?.options.view !== undefined) throw notOnView(found);
  return found;
}

function notOnView({ namespace }: Collection): Error {
  return serverError("CommandNotSupportedOnView", `Namespace ${namespace} is a view, not a collection`);
}

/** Finds what is to be defined anew, a collection or a view. Throws: NamespaceNotFound. */
export function existingAny({ server }: CommandContext, name: string, database: string): Collection {
  const collection = server.store.catalogue.get(database, name);
  if (collection === undefined) throw serverError("NamespaceNotFound", `ns does not exist: ${database}.${name}`);
  return collection;
}

/** Finds a collection that is to be defined anew. Throws: NamespaceNotFound, CommandNotSupportedOnView. */
export function existing(context: CommandContext, name: string, database: string): Collection {
  const collection = existingAny(context, name, database);
  if (collection.options.view !== undefined) throw notOnView(collection);
  return collection;
}

/** Finds a collection or a view as the command may see it: in a transaction as of its snapshot. */
export function findAny(context: CommandContext, name: string): Collection | undefined {
  const transaction = context.session?.transaction;
  const collection = context.server.store.catalogue.get(context.database, name);
  if (transaction === undefined) return isVisible(context, collection) ? collection : undefined;
  const created = transaction.created.get(`${context.database}.${name}`);
  if (created !== undefined) return created;
  return collection === undefined || collection.createdAt > transaction.snapshot ? undefined : collection;
}

function isVisible({ readAt }: CommandContext, collection: Collection | undefined): boolean {
  return readAt === undefined || (collection !== undefined && collection.createdAt <= readAt);
}

/** The contents a command reads; inside a transaction its snapshot with its own writes on top. */
export function treesFor(context: CommandContext, collection: Collection): Trees {
  context.dependsOn = Math.max(context.dependsOn, collection.changedAt);
  if (context.readAt !== undefined) {
    context.server.pins.assertReadable(collection, context.readAt);
    return collection.treesAt(context.readAt);
  }
  return context.session?.transaction?.treesOf(collection) ?? collection.live;
}

/** Finds the collection of a write, creating it if need be. Throws: InvalidNamespace, WriteBlocked, WriteConflict. */
export function collectionForWrite(context: CommandContext, name: string, options: CollectionOptions = {}): Collection {
  const { server, database } = context;
  const { store } = server;
  const transaction = context.session?.transaction;
  const known = findCollection(context, name);
  if (known !== undefined) return known;
  assertNamespace(database, name);
  if (transaction === undefined) {
    store.catalogue.assertUnclaimed(database, name);
    const collection = store.catalogue.build(database, name, options);
    createNow(context, collection);
    return collection;
  }
  if (store.catalogue.get(database, name) !== undefined) {
    throw serverError("WriteConflict", `Collection ${database}.${name} has been created since the transaction began`, {
      labels: ["TransientTransactionError"],
    });
  }
  return store.catalogue.buildFor(transaction, database, name, options);
}

/** Commits the creation of a collection. */
export function createNow(context: CommandContext, collection: Collection, detail?: Doc): void {
  const { store } = context.server;
  context.dependsOn = store.commitDefinition(definitionOf("create", collection, detail), (at) => {
    store.catalogue.add(collection, at);
    return [collection];
  });
}

/** Writes one document, in the transaction or at once. Throws: WriteBlocked, WriteConflict, DuplicateKey. */
export function writeDocument(context: CommandContext, write: Write): void {
  const { session, server } = context;
  if (session?.transaction !== undefined) {
    if (write.collection.keepsOrder) {
      throw serverError(
        "OperationNotSupportedInTransaction",
        `Writes to capped and time-series collections such as ${write.collection.namespace} are not allowed in transactions.`,
      );
    }
    session.transaction.write(write);
    return;
  }
  const told = write.collection.options.timeSeries === undefined ? write : { ...write, isSilent: true };
  context.dependsOn = server.store.writeNow(told, session?.record === undefined ? {} : { session: session.record });
}

/** Runs a step that may meet an open transaction's document; then waits for that transaction's end and runs the step again. Throws: MaxTimeMSExpired. */
export function untilUnblocked<T>(context: CommandContext, step: () => T): T | Promise<T> {
  try {
    return step();
  } catch (error) {
    if (error instanceof WriteBlocked) return retryUnblocked(context, step, error);
    throw error;
  }
}

async function retryUnblocked<T>(context: CommandContext, step: () => T, first: WriteBlocked): Promise<T> {
  let blocked = first;
  for (;;) {
    await endOrDeadline(context, blocked);
    try {
      return step();
    } catch (error) {
      if (!(error instanceof WriteBlocked)) throw error;
      blocked = error;
    }
  }
}

/** A timer beyond this fires at once. */
const longestTimerMs = 2 ** 31 - 1;

async function endOrDeadline(context: CommandContext, blocked: WriteBlocked): Promise<void> {
  const { operations } = context.server;
  const operation = operations.enter(context, "transaction");
  const { leftMs } = context.deadline;
  let timer: NodeJS.Timeout | undefined;
  const stopped = new Promise<never>((_, reject) => {
    operation.killed.signal.addEventListener("abort", () => reject(interrupted()));
    if (leftMs !== Number.POSITIVE_INFINITY) {
      timer = setTimeout(() => reject(expired()), Math.min(Math.max(0, leftMs), longestTimerMs));
    }
  });
  try {
    await Promise.race([blocked.by.ended, stopped]);
  } finally {
    clearTimeout(timer);
    operations.leave(operation);
  }
}

/** The error of an operation that killOp has ended. */
export function interrupted(): Error {
  return serverError("Interrupted", "operation was interrupted");
}
