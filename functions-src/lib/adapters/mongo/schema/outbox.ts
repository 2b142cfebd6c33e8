import { type CollectionDefinition, amount, closed, instant, text, textOrNull, word } from "./define-collection";

export const outboxDefinition: CollectionDefinition = {
  name: "outbox",
  what: "what has to be told outside, written in the transaction that makes it true",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(1024),
    accountId: text(),
    kind: word(["low_balance"]),
    causeKey: text(),
    facts: closed({ unit: text(64), available: amount, lowAt: amount, channel: textOrNull(200) }),
    state: word(["pending"]),
    at: instant,
  },
  indexes: [
    {
      name: "cause",
      key: { accountId: 1, causeKey: 1 },
      unique: true,
      serves: "one message per cause, however often it is written",
    },
  ],
};
