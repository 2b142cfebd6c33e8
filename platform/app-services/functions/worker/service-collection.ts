import type {
  AnyBulkWriteOperation,
  BulkWriteOptions,
  Collection,
  Document,
  FindOneAndUpdateOptions,
  FindOptions,
  OrderedBulkOperation,
  UnorderedBulkOperation,
} from "mongodb";
import { ServiceCursor } from "./cursor";

type Options = Record<string, unknown>;

interface UpdateResultShape {
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly upsertedId?: unknown;
}

/**
 * A collection as App Services functions know it: the projection is the second argument, results are bare.
 *
 * Holds: errors of the driver pass through untouched, since callers read their code and labels.
 */
export class ServiceCollection {
  constructor(private readonly inner: Collection) {}

  find(query: Document = {}, projection?: Document, options: Options = {}): ServiceCursor {
    return new ServiceCursor(this.inner.find(query, withProjection(options, projection)));
  }

  findOne(query: Document = {}, projection?: Document, options: Options = {}): Promise<Document | null> {
    return this.inner.findOne(query, withProjection(options, projection));
  }

  findOneAndUpdate(query: Document, update: Document, options: Options = {}): Promise<Document | null> {
    return this.inner.findOneAndUpdate(query, update, toReturnOptions(options));
  }

  findOneAndReplace(query: Document, replacement: Document, options: Options = {}): Promise<Document | null> {
    return this.inner.findOneAndReplace(query, replacement, toReturnOptions(options));
  }

  findOneAndDelete(query: Document, options: Options = {}): Promise<Document | null> {
    return this.inner.findOneAndDelete(query, options);
  }

  async insertOne(document: Document, options: Options = {}): Promise<{ insertedId: unknown }> {
    return { insertedId: (await this.inner.insertOne(document, options)).insertedId };
  }

  async insertMany(documents: Document[], options: Options = {}): Promise<{ insertedIds: unknown[] }> {
    return { insertedIds: Object.values((await this.inner.insertMany(documents, options)).insertedIds) };
  }

  async updateOne(query: Document, update: Document, options: Options = {}): Promise<UpdateResultShape> {
    return toUpdateResult(await this.inner.updateOne(query, update, options));
  }

  async updateMany(query: Document, update: Document, options: Options = {}): Promise<UpdateResultShape> {
    return toUpdateResult(await this.inner.updateMany(query, update, options));
  }

  async deleteOne(query: Document, options: Options = {}): Promise<{ deletedCount: number }> {
    return { deletedCount: (await this.inner.deleteOne(query, options)).deletedCount };
  }

  async deleteMany(query: Document, options: Options = {}): Promise<{ deletedCount: number }> {
    return { deletedCount: (await this.inner.deleteMany(query, options)).deletedCount };
  }

  aggregate(pipeline: Document[], options: Options = {}): ServiceCursor {
    return new ServiceCursor(this.inner.aggregate(pipeline, options));
  }

  count(query: Document = {}, options: Options = {}): Promise<number> {
    return this.inner.countDocuments(query, options);
  }

  distinct(field: string, query: Document = {}, options: Options = {}): Promise<unknown[]> {
    return this.inner.distinct(field, query, options);
  }

  async bulkWrite(operations: AnyBulkWriteOperation[], options: BulkWriteOptions = {}): Promise<null> {
    await this.inner.bulkWrite(operations, options);
    return null;
  }

  initializeOrderedBulkOp(options: BulkWriteOptions = {}): OrderedBulkOperation {
    return this.inner.initializeOrderedBulkOp(options);
  }

  initializeUnorderedBulkOp(options: BulkWriteOptions = {}): UnorderedBulkOperation {
    return this.inner.initializeUnorderedBulkOp(options);
  }
}

function withProjection(options: Options, projection: Document | undefined): FindOptions {
  return projection === undefined || projection === null ? options : { ...options, projection };
}

function toReturnOptions(options: Options): FindOneAndUpdateOptions & { upsert?: boolean } {
  const { returnNewDocument, ...rest } = options;
  return { ...rest, returnDocument: returnNewDocument === true ? "after" : "before" };
}

function toUpdateResult(result: {
  matchedCount: number;
  modifiedCount: number;
  upsertedId: unknown;
}): UpdateResultShape {
  const { matchedCount, modifiedCount, upsertedId } = result;
  // Atlas leaves the key out unless an upsert inserted; callers test for its presence.
  return upsertedId === null || upsertedId === undefined
    ? { matchedCount, modifiedCount }
    : { matchedCount, modifiedCount, upsertedId };
}
