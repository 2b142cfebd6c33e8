import { randomUUID } from "node:crypto";
import { UUID } from "bson";
import { serverError } from "../errors";
import type { CollectionRecord } from "../persist/persistence";
import { Collection, type CollectionOptions } from "./collection";
import type { Instant } from "./instant";
import { WriteBlocked, type Transaction } from "./transaction";

const maxNamespaceBytes = 255;

/** All collections by namespace, and the namespaces that open transactions are about to create. */
export class Catalogue {
  readonly collections = new Map<string, Collection>();
  private readonly claims = new Map<string, Transaction>();
  private lastId = 0;

  get(database: string, name: string): Collection | undefined {
    return this.collections.get(`${database}.${name}`);
  }

  /** Collections of a database, by name. */
  of(database: string): Collection[] {
    return [...this.collections.values()]
      .filter((collection) => collection.database === database)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Builds a collection that is not listed yet. Throws: InvalidNamespace. */
  build(database: string, name: string, options: CollectionOptions): Collection {
    assertNamespace(database, name);
    this.lastId += 1;
    const collection = new Collection(this.lastId, new UUID(randomUUID()), database, name);
    collection.options = options;
    return collection;
  }

  /** Builds the collection a transaction creates, by name or by its first insert. Throws: WriteConflict when another transaction is creating it. */
  buildFor(transaction: Transaction, database: string, name: string, options: CollectionOptions = {}): Collection {
    const namespace = `${database}.${name}`;
    if (this.claims.has(namespace)) {
      throw serverError("WriteConflict", `Another transaction is creating ${namespace}`, {
        labels: ["TransientTransactionError"],
      });
    }
    const collection = this.build(database, name, options);
    this.claims.set(namespace, transaction);
    transaction.created.set(namespace, collection);
    return collection;
  }

  /** Throws: WriteBlocked while an open transaction is creating the namespace. */
  assertUnclaimed(database: string, name: string): void {
    const claim = this.claims.get(`${database}.${name}`);
    if (claim !== undefined) throw new WriteBlocked(claim);
  }

  release(namespace: string): void {
    this.claims.delete(namespace);
  }

  add(collection: Collection, at: Instant): void {
    collection.createdAt = at;
    collection.definedAt = at;
    this.collections.set(collection.namespace, collection);
    this.claims.delete(collection.namespace);
  }

  remove(collection: Collection): void {
    collection.isDropped = true;
    this.collections.delete(collection.namespace);
  }

  rename(collection: Collection, name: string): void {
    this.collections.delete(collection.namespace);
    collection.name = name;
    this.collections.set(collection.namespace, collection);
  }

  /** Takes in a collection read from disk. */
  restore(record: CollectionRecord): Collection {
    const collection = new Collection(record.id, record.uuid, record.database, record.name);
    collection.options = record.options;
    this.collections.set(collection.namespace, collection);
    this.lastId = Math.max(this.lastId, record.id);
    return collection;
  }
}

/** The stored form of a collection's definition. */
export function recordOf(collection: Collection): CollectionRecord {
  const { id, uuid, database, name, options } = collection;
  return {
    id,
    uuid,
    database,
    name,
    options,
    indexes: collection.indexes.map((index) => index.definition.specification),
  };
}

/** Throws: InvalidNamespace when a database or collection may not have this name. */
export function assertNamespace(database: string, name: string): void {
  const isBad =
    database === "" ||
    /[\0 ."$/\\]/.test(database) ||
    Buffer.byteLength(database) > 63 ||
    name === "" ||
    name.includes("\0") ||
    name.includes("$") ||
    name.startsWith(".") ||
    name.endsWith(".") ||
    name.startsWith("system.") ||
    Buffer.byteLength(name) + Buffer.byteLength(database) + 1 > maxNamespaceBytes;
  if (isBad) throw serverError("InvalidNamespace", `Invalid namespace specified '${database}.${name}'`);
}
