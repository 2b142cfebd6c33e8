import { KEY_SCOPES } from "../../../domain/entry";
import { STRIPE_MODES } from "../../../domain/payment";
import { INBOX_STATES } from "../inbox-store";
import { OPERATION_STATES } from "../operation-store";
import {
  type CollectionDefinition,
  type JsonSchema,
  amount,
  amountOrNull,
  closed,
  flag,
  hash,
  instant,
  instantOrNull,
  list,
  smallNumber,
  text,
  textOrNull,
  word,
} from "./define-collection";
import { holdTermsProperty } from "./holds";

const mode = word(STRIPE_MODES);
const NINETY_DAYS_SECONDS = 90 * 86_400;

const featureTerms: JsonSchema = {
  bsonType: "object",
  required: ["kind"],
  additionalProperties: false,
  properties: {
    kind: word(["boolean", "limit", "metered"]),
    enabled: { bsonType: "bool" },
    limit: amountOrNull,
    hard: { bsonType: "bool" },
    price: {
      bsonType: ["object", "null"],
      required: ["kind"],
      properties: {
        kind: word(["fixed", "per_unit", "tiered"]),
        tokens: amount,
        tiers: { bsonType: "array", maxItems: 20 },
      },
    },
    holds: holdTermsProperty,
  },
};

export const plansDefinition: CollectionDefinition = {
  name: "plans",
  what: "immutable catalog versions of plans and packs",
  schemaVersion: 1,
  shardKey: null,
  properties: {
    _id: text(),
    kind: word(["plan", "pack"]),
    itemId: text(64),
    version: smallNumber(1_000_000),
    name: text(128),
    price: closed({ amountMinor: amount, currency: text(3) }),
    group: text(64),
    rank: smallNumber(1000),
    interval: { bsonType: ["string", "null"], enum: ["month", "year", null] },
    signupTokens: amount,
    monthlyTokens: amount,
    rollover: { bsonType: ["object", "null"], properties: { percent: smallNumber(100), periods: smallNumber(36) } },
    trial: { bsonType: ["object", "null"], properties: { days: smallNumber(730), tokens: amount } },
    features: { bsonType: "object", additionalProperties: featureTerms },
    tokens: amount,
    lifeDays: { bsonType: ["int", "null"], minimum: 1 },
  },
  optional: [
    "group",
    "rank",
    "interval",
    "signupTokens",
    "monthlyTokens",
    "rollover",
    "trial",
    "features",
    "tokens",
    "lifeDays",
  ],
  indexes: [],
};

export const operationsDefinition: CollectionDefinition = {
  name: "operations",
  what: "keyed calls that write no ledger entry, with their answers, kept for ever",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(1024),
    accountId: text(),
    scope: word(KEY_SCOPES),
    key: text(),
    useCase: text(64),
    fingerprint: hash,
    state: word(OPERATION_STATES),
    answer: { bsonType: ["object", "null"] },
    spentKeys: smallNumber(1_000_000),
    at: instant,
  },
  indexes: [],
};

export const paymentsDefinition: CollectionDefinition = {
  name: "payments",
  what: "per economic cause: what Stripe collected and what was granted for it",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(1024),
    accountId: text(),
    cause: text(),
    mode,
    valueMinor: amount,
    currency: text(3),
    packId: text(64),
    packVersion: smallNumber(1_000_000),
    quantity: smallNumber(1_000_000),
    stripePaymentIntentId: textOrNull(),
    stripeInvoiceId: textOrNull(),
    unitsGranted: amount,
    paidAt: instant,
    returnedMinor: amount,
    disputedMinor: amount,
    unitsTaken: amount,
    frozenBy: list(text(128), 20),
    contests: list(closed({ disputeId: text(128), open: flag, fraud: flag }), 20),
    contested: flag,
    recheckAt: instantOrNull,
    claimsAt: instantOrNull,
    revision: smallNumber(1_000_000),
  },
  rules: [{ $lte: ["$unitsTaken", "$unitsGranted"] }],
  indexes: [
    {
      name: "contested",
      key: { accountId: 1 },
      partialFilterExpression: { contested: true },
      serves: "the disputes of an account, which decide whether it is suspended",
    },
    {
      name: "claimed_in_time",
      key: { claimsAt: 1 },
      partialFilterExpression: { claimsAt: { $type: "date" } },
      serves: "the report of refunds: payments whose claims changed in a period, on whatever shard",
    },
    {
      name: "recheck_due",
      key: { recheckAt: 1 },
      partialFilterExpression: { recheckAt: { $type: "date" } },
      serves: "the sweep: payments whose fraud warning freezes no longer, the longest due first, on whatever shard",
    },
  ],
};

export const stripeLinksDefinition: CollectionDefinition = {
  name: "stripeLinks",
  what: "Stripe object to account and cause",
  schemaVersion: 1,
  shardKey: "_id",
  properties: { _id: text(), accountId: text(), cause: text(), at: instant },
  indexes: [],
};

export const stripeEventsDefinition: CollectionDefinition = {
  name: "stripeEvents",
  what: "the inbox: received Stripe events and their state",
  schemaVersion: 1,
  shardKey: "_id",
  properties: {
    _id: text(),
    type: text(128),
    objectId: text(),
    mode,
    apiVersion: text(64),
    state: word(INBOX_STATES),
    attempts: { bsonType: "int", minimum: 0 },
    receivedAt: instant,
    nextAttemptAt: instant,
    bodyHash: hash,
    failure: textOrNull(500),
    doneAt: instantOrNull,
  },
  indexes: [
    {
      name: "unfinished_due",
      key: { state: 1, nextAttemptAt: 1 },
      partialFilterExpression: { state: "received" },
      serves: "the inbox sweep: unfinished events whose turn has come, oldest first",
    },
    {
      name: "unfinished_object",
      key: { objectId: 1 },
      partialFilterExpression: { state: "received" },
      serves: "the unfinished events about one object, which one look at it settles",
    },
  ],
};

export const stripeEventBodiesDefinition: CollectionDefinition = {
  name: "stripeEventBodies",
  what: "raw bodies of received events, for replay and proof; the only TTL near money",
  schemaVersion: 1,
  shardKey: "_id",
  properties: { _id: text(), body: { bsonType: "string" }, at: instant },
  indexes: [
    {
      name: "ninety_days",
      key: { at: 1 },
      expireAfterSeconds: NINETY_DAYS_SECONDS,
      serves: "the server's own removal of bodies after 90 days",
    },
  ],
};

export const entryNotesDefinition: CollectionDefinition = {
  name: "entryNotes",
  what: "erasable free text of ledger entries and audit records; an entry keeps its keyed hash",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: { _id: text(), accountId: textOrNull(), content: { bsonType: "object" }, hash },
  indexes: [],
};
