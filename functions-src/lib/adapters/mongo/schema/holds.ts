import { LATE_CAPTURES } from "../../../domain/hold";
import { HOLD_STATES } from "../holds";
import { type CollectionDefinition, amount, closed, flag, instant, text, textOrNull, word } from "./define-collection";
import { receiptProperty } from "./lot-properties";

/** What a feature allows the captures of its holds. */
export const holdTermsProperty = closed({ lateCapture: word(LATE_CAPTURES), captureMore: flag });

export const holdsDefinition: CollectionDefinition = {
  name: "holds",
  what: "open and ended authorizations",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(),
    accountId: text(),
    walletId: text(),
    state: word(HOLD_STATES),
    amount,
    captured: amount,
    released: amount,
    receipt: receiptProperty,
    feature: textOrNull(64),
    terms: holdTermsProperty,
    openedAt: instant,
    expiresAt: instant,
    maxUntil: instant,
  },
  rules: [{ $lte: [{ $add: ["$captured", "$released"] }, "$amount"] }, { $lte: ["$expiresAt", "$maxUntil"] }],
  indexes: [
    {
      name: "open_deadline",
      key: { accountId: 1, walletId: 1, expiresAt: 1 },
      partialFilterExpression: { state: "open" },
      serves: "the open holds of a wallet, and those whose lease is over",
    },
  ],
};
