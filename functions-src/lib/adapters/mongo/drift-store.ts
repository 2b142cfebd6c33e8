import { DRIFT_ACTIONS, DRIFT_TYPES, type Drift } from "../../domain/drift";
import type { Database, OperationOptions, StoredDocument } from "../../ports/collection";
import type { DriftStore } from "../../ports/drift-store";
import { createAuditLog } from "./audit-log";
import { fromDbInstant, fromDbText, fromDbTextOrNull, fromDbWord, toDbInstant } from "./mapping";

/** Makes the store of drifts over the collections `drifts` and `jobs`. */
export function createDriftStore(database: Database): DriftStore {
  const drifts = database.collection("drifts");
  const jobs = database.collection("jobs");
  const audits = createAuditLog(database);
  const save = async ({ at, ...drift }: Drift, options: OperationOptions = {}): Promise<void> => {
    const known = { schemaVersion: 1, ...drift, at: toDbInstant(at) };
    const filter = { _id: `${drift.type}:${drift.stripeId}` };
    await drifts.updateOne(filter, { $set: known }, { ...options, upsert: true });
  };
  return {
    put: async (drift, repair) => {
      if (repair === null) await save(drift);
      else await audits.alongside(repair, (options) => save(drift, options));
    },
    list: async ({ action, limit }) => {
      const filter = action === null ? {} : { action };
      return (await drifts.find(filter, { sort: { at: -1 }, limit })).map(fromDbDrift);
    },
    readCursor: async (name) => {
      const job = await jobs.findOne({ _id: name });
      return job === null ? null : fromDbInstant(job["cursorAt"], "cursorAt");
    },
    writeCursor: async (name, at) => {
      const cursor = { schemaVersion: 1, cursorAt: toDbInstant(at) };
      await jobs.updateOne({ _id: name }, { $set: cursor }, { upsert: true });
    },
  };
}

function fromDbDrift(document: StoredDocument): Drift {
  return {
    type: fromDbWord(document["type"], DRIFT_TYPES, "type"),
    stripeId: fromDbText(document["stripeId"], "stripeId"),
    accountId: fromDbTextOrNull(document["accountId"], "accountId"),
    here: fromDbText(document["here"], "here"),
    there: fromDbText(document["there"], "there"),
    after: fromDbTextOrNull(document["after"], "after"),
    action: fromDbWord(document["action"], DRIFT_ACTIONS, "action"),
    at: fromDbInstant(document["at"], "at"),
  };
}
