import type { ChangeStreamDocument, Db, Document, ResumeToken } from "mongodb";

const MARKERS = "markers";

/**
 * A copy of the database that is built from its change stream alone. Each event must fit the copy, so an event that comes twice, comes out of order
 * or never comes shows as a misfit, at once or when the copy is compared with the database.
 */
export class StreamReplica {
  /** What did not fit, one line each. */
  readonly wrong: string[] = [];
  events = 0;
  private token: ResumeToken;
  private readonly collections = new Map<string, Map<string, Document>>();

  /** Follows the stream from where it was left, until the named marker has passed or the database is gone. */
  async follow(db: Db, marker?: number): Promise<void> {
    const stream = db.watch([], this.token === undefined ? {} : { resumeAfter: this.token });
    try {
      for (;;) {
        const event = await stream.next();
        this.token = stream.resumeToken;
        this.events += 1;
        if (this.apply(event) === marker && marker !== undefined) return;
      }
    } catch (error) {
      // Without a marker the stream is followed until the database dies under it, which is how it has to end.
      if (marker !== undefined) throw error;
    } finally {
      await stream.close().catch(() => undefined);
    }
  }

  /** Takes the token of the present, so that nothing written from now on is missed. */
  async begin(db: Db): Promise<void> {
    const stream = db.watch();
    await stream.tryNext();
    this.token = stream.resumeToken;
    await stream.close();
  }

  /** Catches up with a restarted database and compares every document. */
  async compare(db: Db, marker: number): Promise<void> {
    await db.collection<{ _id: number }>(MARKERS).insertOne({ _id: marker });
    await this.follow(db, marker);
    for (const name of ["entries", "parts", "counters", "plain"]) {
      const copy = this.copyOf(name);
      const documents = await db.collection<{ _id: string }>(name).find().toArray();
      for (const one of documents) {
        if (JSON.stringify(copy.get(one._id)) !== JSON.stringify(one)) this.wrong.push(`the stream misses ${one._id}`);
      }
      if (copy.size > documents.length) this.wrong.push(`the stream tells of ${name} that are not there`);
    }
  }

  private copyOf(name: string): Map<string, Document> {
    const known = this.collections.get(name) ?? new Map<string, Document>();
    this.collections.set(name, known);
    return known;
  }

  /** Answers the marker that the event is, if it is one. */
  private apply(event: ChangeStreamDocument): number | undefined {
    if (event.operationType === "insert") {
      if (event.ns.coll === MARKERS) return event.documentKey._id as unknown as number;
      const id = String(event.documentKey._id);
      if (this.copyOf(event.ns.coll).has(id)) this.wrong.push(`${event.ns.coll} ${id} is inserted twice`);
      this.copyOf(event.ns.coll).set(id, event.fullDocument);
    } else if (event.operationType === "update") {
      this.update(event.ns.coll, String(event.documentKey._id), event.updateDescription.updatedFields ?? {});
    } else if (event.operationType === "delete") {
      const id = String(event.documentKey._id);
      if (!this.copyOf(event.ns.coll).delete(id)) this.wrong.push(`${event.ns.coll} ${id} is deleted unseen`);
    } else this.wrong.push(`an event of type ${event.operationType}`);
    return undefined;
  }

  /** The only updates are those of the counters, and each raises one by one. */
  private update(name: string, id: string, fields: Document): void {
    const before = this.copyOf(name).get(id);
    if (before === undefined || fields["count"] !== Number(before["count"]) + 1) {
      this.wrong.push(`${name} ${id} goes from ${String(before?.["count"])} to ${String(fields["count"])}`);
    }
    this.copyOf(name).set(id, { ...before, ...fields, _id: id });
  }
}
