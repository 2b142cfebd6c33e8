import { LOT_PARTS } from "../../../domain/lot";
import { type CollectionDefinition, amount, text, textOrNull, word } from "./define-collection";
import { lotTermProperties, openLotProperties } from "./lot-properties";

export const lotsDefinition: CollectionDefinition = {
  name: "lots",
  appendOnly: true,
  what: "immutable facts of every grant",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(),
    accountId: text(),
    walletId: text(),
    ...lotTermProperties,
    granted: amount,
    causeKey: text(),
    part: word(LOT_PARTS),
    parentLotId: textOrNull(),
  },
  indexes: [
    {
      name: "cause_part",
      key: { accountId: 1, causeKey: 1, part: 1 },
      unique: true,
      serves: "one grant per economic cause and part, whatever keys the calls carried",
    },
    {
      name: "root_cause",
      key: { rootCause: 1, accountId: 1 },
      serves:
        "all lots that a payment stands behind, of its account and, where units were transferred, on whatever shard",
    },
  ],
};

export const lotStatesDefinition: CollectionDefinition = {
  name: "lotStates",
  what: "what is left in the open lots that wait outside the wallet",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(),
    accountId: text(),
    walletId: text(),
    state: word(["waiting", "embedded", "ended"]),
    burnKey: text(1024),
    nextAt: { bsonType: ["date", "null"] },
    ...openLotProperties,
  },
  indexes: [
    {
      name: "waiting_burn_order",
      key: { accountId: 1, walletId: 1, burnKey: 1 },
      partialFilterExpression: { state: "waiting" },
      serves: "the next waiting lots of a wallet in burn order",
    },
    {
      name: "waiting_due",
      key: { accountId: 1, walletId: 1, nextAt: 1 },
      partialFilterExpression: { state: "waiting" },
      serves: "the waiting lots of a wallet with something to book",
    },
  ],
  copies: {
    "class, priority, scope, effectiveAt, expiresAt, costMinor, currency, grantedAt, rootCause, granted":
      "lots; never change",
  },
};
