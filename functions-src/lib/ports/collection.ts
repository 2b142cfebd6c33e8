/** A document as the database gives it; only `adapters/mongo/mapping.ts` knows what is inside. */
export type StoredDocument = Readonly<Record<string, unknown>>;

/** A filter, an update or a sort in the database's own language. */
export type DatabaseDocument = Readonly<Record<string, unknown>>;

/** One database session; between `start` and `commit` everything that names it is one transaction. */
export interface DatabaseSession {
  /** Starts a transaction: snapshot reads from the primary, commit at majority. */
  start(): void;
  /** Commits. Throws: the database's own error, unwrapped. */
  commit(): Promise<void>;
  /** Aborts; safe to call when nothing is open. */
  abort(): Promise<void>;
  /** Gives the session back. */
  end(): Promise<void>;
}

/** How an operation is read or written: inside a session, or on its own at majority. */
export interface OperationOptions {
  readonly session?: DatabaseSession;
}

/** One collection, in the few verbs that the adapters use. Errors are the database's own objects. */
export interface Collection {
  findOne(filter: DatabaseDocument, options?: OperationOptions): Promise<StoredDocument | null>;
  find(
    filter: DatabaseDocument,
    options: OperationOptions & {
      readonly sort?: DatabaseDocument;
      readonly limit: number;
      /** The index to walk, where a planner that counts equalities would choose another and sort. */
      readonly hint?: string;
    },
  ): Promise<readonly StoredDocument[]>;
  insertMany(documents: readonly DatabaseDocument[], options?: OperationOptions): Promise<void>;
  /** Updates at most one document, by operators or by a pipeline; answers whether one matched the filter. */
  updateOne(
    filter: DatabaseDocument,
    update: DatabaseDocument | readonly DatabaseDocument[],
    options?: OperationOptions & { readonly upsert?: true },
  ): Promise<{ readonly matched: boolean }>;
}

/** The product's database. */
export interface Database {
  collection(name: string): Collection;
  openSession(): DatabaseSession;
  /** Makes a 64-bit integer of the database from a safe integer; a plain number above 2^31 would become a double. */
  int64(value: number): unknown;
}
