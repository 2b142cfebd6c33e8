import type { AggregationCursor, Document, FindCursor } from "mongodb";

/** The App Services cursor: `next` resolves undefined at the end; order and window are set before reading. */
export class ServiceCursor {
  constructor(private readonly inner: FindCursor<Document> | AggregationCursor<Document>) {}

  sort(order: Document): this {
    this.inner.sort(order);
    return this;
  }

  skip(count: number): this {
    this.inner.skip(count);
    return this;
  }

  limit(count: number): this {
    this.inner.limit(count);
    return this;
  }

  async next(): Promise<Document | undefined> {
    return (await this.inner.next()) ?? undefined;
  }

  toArray(): Promise<Document[]> {
    return this.inner.toArray();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Document, void, undefined> {
    for await (const document of this.inner) yield document;
  }
}
