import type { UsageCounter, UsageRecord } from "../../domain/usage";
import type { Database, OperationOptions, StoredDocument } from "../../ports/collection";
import type { UsageName, UsageStore, UsageTransaction } from "../../ports/usage-store";
import { StoreFailure } from "../../ports/wallet-store";
import { inTransaction } from "./in-transaction";
import {
  fromDbAmount,
  fromDbInstant,
  fromDbInteger,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInteger,
} from "./mapping";
import { isDuplicateKey } from "./store-errors";

export const USAGE_STATES: readonly UsageRecord["state"][] = ["counted", "out_of_window"];

const keyOf = ({ accountId, source, id }: UsageName): string => `${accountId}:${source}:${id}`;

/** Makes the store of usage over the collections `usageKeys`, `usageCounters` and the time series `usageEvents`. */
export function createUsageStore(database: Database): UsageStore {
  const keys = database.collection("usageKeys");
  const events = database.collection("usageEvents");
  const findRecord = async (name: UsageName, options?: OperationOptions): Promise<UsageRecord | null> => {
    const document = await keys.findOne({ _id: keyOf(name), accountId: name.accountId }, options);
    return document === null ? null : fromDbRecord(document);
  };
  return {
    findRecord: (name) => findRecord(name),
    transact: (body) =>
      inTransaction(database.openSession(), (options) => body(transactionOver(database, findRecord, options))),
    listUnprojected: async (limit) =>
      (await keys.find({ projected: false }, { sort: { recordedAt: 1 }, limit })).map(fromDbRecord),
    project: async (record) => {
      const meta = { accountId: record.accountId, feature: record.feature };
      const point = { at: toDbInstant(record.at), keyId: keyOf(record) };
      const known = { "meta.accountId": record.accountId, "meta.feature": record.feature, ...point };
      // A time series has no unique index: whoever projects looks first, and only one projects at a time.
      if ((await events.findOne(known)) === null) {
        const quantity = record.corrects === null ? record.quantity : -record.quantity;
        await events.insertMany([{ meta, ...point, quantity: toDbInteger(database, quantity) }]);
      }
      await keys.updateOne({ _id: keyOf(record), accountId: record.accountId }, { $set: { projected: true } });
    },
    listPoints: async ({ accountId, feature, from, to, limit }) => {
      const filter = {
        "meta.accountId": accountId,
        "meta.feature": feature,
        at: { $gte: toDbInstant(from), $lt: toDbInstant(to) },
      };
      return (await events.find(filter, { sort: { at: 1 }, limit })).map((document) => ({
        at: fromDbInstant(document["at"], "at"),
        quantity: fromDbInteger(document["quantity"], "quantity"),
      }));
    },
  };
}

function transactionOver(
  database: Database,
  findRecord: (name: UsageName, options: OperationOptions) => Promise<UsageRecord | null>,
  options: OperationOptions,
): UsageTransaction {
  const keys = database.collection("usageKeys");
  const counters = createUsageCounters(database);
  return {
    findRecord: (name) => findRecord(name, options),
    loadCounter: (counter) => counters.load(counter, options),
    record: async ({ record, counter, original }) => {
      if (counter !== null) await counters.save(counter, options);
      try {
        await keys.insertMany([{ _id: keyOf(record), ...toDbRecord(database, record) }], options);
      } catch (error) {
        if (isDuplicateKey(error)) throw new StoreFailure("duplicate_key", error);
        throw error;
      }
      if (original !== null) {
        const corrected = toDbInteger(database, original.corrected);
        await keys.updateOne({ _id: keyOf(original), accountId: original.accountId }, { $set: { corrected } }, options);
      }
    },
  };
}

/** The collection `usageCounters`: one authoritative count per account, feature and slot. */
export interface UsageCounters {
  load(counter: Omit<UsageCounter, "used">, options?: OperationOptions): Promise<UsageCounter>;
  save(counter: UsageCounter, options: OperationOptions): Promise<void>;
}

/** Opens the collection `usageCounters`. */
export function createUsageCounters(database: Database): UsageCounters {
  const collection = database.collection("usageCounters");
  return {
    load: async (counter, options) => {
      const document = await collection.findOne({ _id: counter.id, accountId: counter.accountId }, options);
      return { ...counter, used: document === null ? 0 : fromDbInteger(document["used"], "used") };
    },
    // Inside a transaction the snapshot that was read guards the write: a counter that moved on makes it fail.
    save: async ({ id, accountId, feature, slot, used }, options) => {
      const $set = { schemaVersion: 1, feature, slot, used: toDbInteger(database, used) };
      await collection.updateOne({ _id: id, accountId }, { $set }, { ...options, upsert: true });
    },
  };
}

function toDbRecord(database: Database, record: UsageRecord): Record<string, unknown> {
  return {
    accountId: record.accountId,
    schemaVersion: 1,
    source: record.source,
    eventId: record.id,
    feature: record.feature,
    quantity: toDbInteger(database, record.quantity),
    at: toDbInstant(record.at),
    corrects: record.corrects,
    payloadHash: record.payloadHash,
    state: record.state,
    countedIn: record.countedIn,
    corrected: toDbInteger(database, record.corrected),
    used: toDbInteger(database, record.used),
    limit: record.limit === null ? null : toDbInteger(database, record.limit),
    recordedAt: toDbInstant(record.recordedAt),
    projected: record.state !== "counted",
  };
}

function fromDbRecord(document: StoredDocument): UsageRecord {
  return {
    accountId: fromDbText(document["accountId"], "accountId"),
    source: fromDbText(document["source"], "source"),
    id: fromDbText(document["eventId"], "eventId"),
    feature: fromDbText(document["feature"], "feature"),
    quantity: fromDbAmount(document["quantity"], "quantity"),
    at: fromDbInstant(document["at"], "at"),
    corrects: fromDbTextOrNull(document["corrects"], "corrects"),
    payloadHash: fromDbText(document["payloadHash"], "payloadHash"),
    state: fromDbWord(document["state"], USAGE_STATES, "state"),
    countedIn: fromDbText(document["countedIn"], "countedIn"),
    corrected: fromDbAmount(document["corrected"], "corrected"),
    used: fromDbInteger(document["used"], "used"),
    limit: document["limit"] === null ? null : fromDbAmount(document["limit"], "limit"),
    recordedAt: fromDbInstant(document["recordedAt"], "recordedAt"),
  };
}
