import { ACTOR_KINDS, ENTRY_KINDS, KEY_SCOPES, POSTING_ACCOUNTS } from "../../../domain/entry";
import {
  type CollectionDefinition,
  amount,
  closed,
  hash,
  instant,
  list,
  signedAmount,
  smallNumber,
  text,
  word,
} from "./define-collection";
import { receiptProperty } from "./lot-properties";

/** The index that makes an operation key unique; the stores recognize a replay by its name. */
export const OPERATION_KEY_INDEX = "operation_key";

export const ledgerDefinition: CollectionDefinition = {
  name: "ledger",
  appendOnly: true,
  what: "append-only entries; never updated, never deleted",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(),
    accountId: text(),
    walletId: text(),
    seq: { ...amount, minimum: 1 },
    kind: word(ENTRY_KINDS),
    scope: word(KEY_SCOPES),
    key: text(),
    leg: smallNumber(100),
    fingerprint: text(),
    at: instant,
    recordedAt: instant,
    actor: closed({ kind: word(ACTOR_KINDS), id: text() }),
    cause: closed({ kind: text(64), id: text() }),
    postings: { ...list(closed({ account: word(POSTING_ACCOUNTS), amount: signedAmount }), 20), minItems: 2 },
    receipt: receiptProperty,
    balanceAfter: closed({ available: amount, pending: amount, frozen: amount, held: amount, debt: amount }),
    answer: { bsonType: "object" },
    metadataHash: { bsonType: ["string", "null"], pattern: "^[0-9a-f]{64}$" },
    prevHash: hash,
    hash,
  },
  rules: [{ $eq: [{ $sum: "$postings.amount" }, 0] }, { $gte: ["$recordedAt", "$at"] }],
  indexes: [
    {
      name: OPERATION_KEY_INDEX,
      key: { accountId: 1, scope: 1, key: 1, leg: 1 },
      unique: true,
      serves: "one entry per operation key for ever; the look-up of a key before a refusal and after a duplicate",
    },
    {
      name: "cause",
      key: { accountId: 1, "cause.id": 1 },
      serves: "all entries of one cause: what reversals gave back of a spend",
    },
    {
      name: "debt_changes",
      key: { accountId: 1, walletId: 1, seq: 1 },
      partialFilterExpression: { "postings.account": "debt" },
      serves: "what became of the overdraft of a spend, when it is reversed",
    },
    {
      name: "wallet_time",
      key: { accountId: 1, walletId: 1, at: 1, seq: 1 },
      serves: "the balance of a wallet as of a past moment: its last entry until then",
    },
  ],
};
