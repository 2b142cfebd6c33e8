import type { EntryNote } from "../../domain/wallet-draft";
import type { Database, OperationOptions } from "../../ports/collection";
import { fromDbDocument, fromDbText } from "./mapping";

/** The collection `entryNotes`: free text of entries and audit records, kept apart so that it can be erased. */
export interface EntryNotes {
  insert(accountId: string | null, notes: readonly EntryNote[], options: OperationOptions): Promise<void>;
  /** The reasons of entries and audit records by id; those that were erased are missing. */
  findReasons(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Opens the collection `entryNotes`. */
export function createEntryNotes(database: Database): EntryNotes {
  const collection = database.collection("entryNotes");
  return {
    insert: (accountId, notes, options) =>
      collection.insertMany(
        notes.map((note) => ({
          _id: note.entryId,
          accountId,
          schemaVersion: 1,
          content: note.content,
          hash: note.hash,
        })),
        options,
      ),
    findReasons: async (ids) => {
      if (ids.length === 0) return new Map();
      const documents = await collection.find({ _id: { $in: [...ids] } }, { limit: ids.length });
      return new Map(
        documents.flatMap((document) => {
          const { reason } = fromDbDocument(document["content"], "content");
          return typeof reason === "string" ? [[fromDbText(document["_id"], "_id"), reason]] : [];
        }),
      );
    },
  };
}
