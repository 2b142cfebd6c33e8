import { OUTBOX_KINDS, OUTBOX_STATES } from "../outbox";
import {
  type CollectionDefinition,
  amount,
  closed,
  instant,
  instantOrNull,
  smallNumber,
  text,
  textOrNull,
  word,
} from "./define-collection";

const topUpPack = {
  packId: text(64),
  packVersion: smallNumber(1_000_000),
  units: amount,
  chargeMinor: amount,
  currency: text(3),
  lifeDays: { bsonType: ["int", "null"], minimum: 1 },
};

/** What an automatic top-up buys. */
export const topUpPackProperty = closed(topUpPack);

export const outboxDefinition: CollectionDefinition = {
  name: "outbox",
  what: "what has to be told outside, written in the transaction that makes it true",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(1024),
    accountId: text(),
    kind: word(OUTBOX_KINDS),
    causeKey: text(),
    facts: {
      bsonType: "object",
      oneOf: [
        closed({ unit: text(64), available: amount, lowAt: amount, channel: textOrNull(200) }),
        closed({ payment: text(), paymentIntentId: text(), amountMinor: amount, currency: text(3) }),
        closed({ ...topUpPack, topUpId: text(), unit: text(64) }),
      ],
    },
    state: word(OUTBOX_STATES),
    tries: { bsonType: "int", minimum: 0 },
    firstTriedAt: instantOrNull,
    spentKeys: smallNumber(1_000_000),
    nextAttemptAt: instantOrNull,
    answer: textOrNull(500),
    chargeSource: closed({ customerId: text(), paymentMethodId: text() }),
    at: instant,
  },
  optional: ["chargeSource"],
  indexes: [
    {
      name: "cause",
      key: { accountId: 1, causeKey: 1 },
      unique: true,
      serves: "one message per cause, however often it is written; the refunds of an account that are on their way",
    },
    {
      name: "pending_due",
      key: { state: 1, nextAttemptAt: 1 },
      partialFilterExpression: { state: "pending" },
      serves: "the outbox sweep: messages whose turn has come, oldest first, on whatever shard",
    },
  ],
};
