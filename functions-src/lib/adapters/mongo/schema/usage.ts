import { USAGE_STATES } from "../usage-store";
import {
  type CollectionDefinition,
  amount,
  amountOrNull,
  flag,
  hash,
  instant,
  signedAmount,
  text,
  textOrNull,
  word,
} from "./define-collection";

export const usageKeysDefinition: CollectionDefinition = {
  name: "usageKeys",
  what: "usage events, each once for ever",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(1024),
    accountId: text(),
    source: text(100),
    eventId: text(200),
    feature: text(64),
    quantity: amount,
    at: instant,
    corrects: textOrNull(200),
    payloadHash: hash,
    state: word(USAGE_STATES),
    countedIn: text(7),
    corrected: amount,
    used: signedAmount,
    limit: amountOrNull,
    recordedAt: instant,
    projected: flag,
  },
  rules: [{ $lte: ["$corrected", "$quantity"] }],
  indexes: [
    {
      name: "unprojected",
      key: { recordedAt: 1 },
      partialFilterExpression: { projected: false },
      serves: "the events that are not in the time series yet, oldest first",
    },
  ],
};

export const usageCountersDefinition: CollectionDefinition = {
  name: "usageCounters",
  what: "the authoritative count per account, feature and month",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: { _id: text(1024), accountId: text(), feature: text(64), slot: text(7), used: signedAmount },
  indexes: [],
};

/** The projection for charts. A time series has no validator, no unique index and no transaction, and decides nothing. */
export const USAGE_EVENTS = {
  name: "usageEvents",
  timeSeries: { timeField: "at", metaField: "meta", granularity: "minutes" },
  index: { name: "meta_time", key: { "meta.accountId": 1, "meta.feature": 1, at: 1 } },
} as const;
