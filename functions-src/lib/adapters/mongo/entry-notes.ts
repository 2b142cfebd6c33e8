import type { EntryNote } from "../../domain/wallet-draft";
import type { Database, OperationOptions } from "../../ports/collection";

/** The collection `entryNotes`: free text of entries, kept apart so that it can be erased. */
export interface EntryNotes {
  insert(accountId: string, notes: readonly EntryNote[], options: OperationOptions): Promise<void>;
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
  };
}
