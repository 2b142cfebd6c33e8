import { AUDIT_ACTIONS, type AuditRecord, firstAuditIdAt } from "../../domain/audit";
import type { JsonObject } from "../../domain/entry";
import type { AuditLog, AuditPage, NotedRecord } from "../../ports/audit-log";
import type { Database, OperationOptions, StoredDocument } from "../../ports/collection";
import { StoreFailure } from "../../ports/wallet-store";
import { createEntryNotes } from "./entry-notes";
import { inTransaction } from "./in-transaction";
import {
  fromDbActor,
  fromDbDocument,
  fromDbInstant,
  fromDbJson,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbJson,
} from "./mapping";

const MAX_TRIES = 10;

/** The collection `auditLog`, whose records are written in the transaction that makes them true. */
export interface AuditCollection extends AuditLog {
  insert(records: readonly AuditRecord[], options: OperationOptions): Promise<void>;
  /**
   * Runs a write of an open transaction and keeps its record. An act whose record is kept already is not done again: that is
   * how a commit of unknown fate, and a second process with the same act, end well.
   */
  keep(noted: NotedRecord, options: OperationOptions, write: () => Promise<void>): Promise<void>;
  /**
   * The same in a transaction of its own; `isDone` tells whether the act was done under another record, at another time.
   * Throws: StoreFailure when others keep getting in the way.
   */
  alongside(
    noted: NotedRecord,
    write: (options: OperationOptions) => Promise<void>,
    isDone?: (options: OperationOptions) => Promise<boolean>,
  ): Promise<void>;
}

/** Opens the collection `auditLog`. */
export function createAuditLog(database: Database): AuditCollection {
  const collection = database.collection("auditLog");
  const notes = createEntryNotes(database);

  const insert = (records: readonly AuditRecord[], options: OperationOptions): Promise<void> =>
    collection.insertMany(
      records.map((record) => toDbRecord(database, record)),
      options,
    );
  const keep: AuditCollection["keep"] = async ({ record, note }, options, write) => {
    if ((await collection.findOne({ _id: record.id, accountId: record.accountId }, options)) !== null) return;
    await write();
    await insert([record], options);
    if (note !== null) await notes.insert(record.accountId, [{ ...note, entryId: record.id }], options);
  };
  const alongside: AuditCollection["alongside"] = async (noted, write, isDone) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await inTransaction(database.openSession(), async (options) => {
          if (isDone !== undefined && (await isDone(options))) return;
          await keep(noted, options, () => write(options));
        });
      } catch (error) {
        // A duplicate key ("corrupt") is another process with the same act: the next try finds its record.
        if (!(error instanceof StoreFailure) || tries === MAX_TRIES) throw error;
      }
    }
  };

  return {
    insert,
    keep,
    alongside,
    list: async (page) => {
      const documents = await collection.find(filterOf(page), { sort: { _id: -1 }, limit: page.limit });
      const records = documents.map(fromDbRecord);
      const reasons = await notes.findReasons(records.flatMap(({ noteId }) => noteId ?? []));
      return records.map((record) => ({ record, reason: reasons.get(record.noteId ?? "") ?? null }));
    },
  };
}

function filterOf({ accountId, actorId, from, to, before }: AuditPage): Record<string, unknown> {
  const ends = [before, to === null ? null : firstAuditIdAt(to)].flatMap((end) => end ?? []).sort();
  const [end] = ends;
  const id = {
    ...(from === null ? {} : { $gte: firstAuditIdAt(from) }),
    ...(end === undefined ? {} : { $lt: end }),
  };
  return {
    ...(accountId === null ? {} : { accountId }),
    ...(actorId === null ? {} : { "actor.id": actorId }),
    ...(Object.keys(id).length === 0 ? {} : { _id: id }),
  };
}

function toDbRecord(database: Database, { id, at, actor, before, after, ...rest }: AuditRecord) {
  return {
    _id: id,
    schemaVersion: 1,
    ...rest,
    at: toDbInstant(at),
    actor: { ...actor },
    before: before === null ? null : toDbJson(database, before),
    after: after === null ? null : toDbJson(database, after),
  };
}

function fromDbRecord(document: StoredDocument): AuditRecord {
  return {
    id: fromDbText(document["_id"], "_id"),
    accountId: fromDbTextOrNull(document["accountId"], "accountId"),
    at: fromDbInstant(document["at"], "at"),
    actor: fromDbActor(document["actor"], "actor"),
    action: fromDbWord(document["action"], AUDIT_ACTIONS, "action"),
    target: fromDbText(document["target"], "target"),
    before: factsOf(document["before"], "before"),
    after: factsOf(document["after"], "after"),
    noteId: fromDbTextOrNull(document["noteId"], "noteId"),
  };
}

function factsOf(value: unknown, field: string): JsonObject | null {
  return value === null ? null : (fromDbJson(fromDbDocument(value, field), field) as JsonObject);
}
