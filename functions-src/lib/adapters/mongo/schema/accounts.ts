import { ACCOUNT_STATUSES } from "../../../domain/standing";
import { ROLES } from "../account-mapping";
import { SIGNUP_STATES } from "../account-store";
import {
  type CollectionDefinition,
  amount,
  closed,
  flag,
  instant,
  instantOrNull,
  list,
  smallNumber,
  text,
  textOrNull,
  word,
} from "./define-collection";

const roles = word(ROLES);
const customerWish = closed({
  askedAt: instant,
  replaces: textOrNull(),
  spentKeys: smallNumber(1_000_000),
  spentAt: instantOrNull,
});

export const accountsDefinition: CollectionDefinition = {
  name: "accounts",
  what: "paying parties",
  schemaVersion: 1,
  shardKey: "_id",
  properties: {
    _id: text(),
    status: word(ACCOUNT_STATUSES),
    frozen: flag,
    suspendedFor: list(text(128), 2000),
    standingAt: instant,
    members: { ...list(closed({ userId: text(), role: roles }), 1000), minItems: 1 },
    stripeCustomers: closed({ live: text(), test: text() }, ["live", "test"]),
    customerWishes: closed({ live: customerWish, test: customerWish }, ["live", "test"]),
    entitlementVersion: amount,
    createdAt: instant,
  },
  optional: ["customerWishes"],
  indexes: [],
};

export const usersDefinition: CollectionDefinition = {
  name: "users",
  what: "people who sign in; no personal data",
  schemaVersion: 1,
  shardKey: "_id",
  properties: {
    _id: text(),
    memberships: list(closed({ accountId: text(), role: roles }), 1000),
    signup: word(SIGNUP_STATES),
    createdAt: instant,
  },
  indexes: [],
  copies: { memberships: "accounts.members; written in the transaction that changes its source" },
};

export const identityMarksDefinition: CollectionDefinition = {
  name: "identityMarks",
  what: "keyed hashes of identities that had their one sign-up grant; kept after deletion",
  schemaVersion: 1,
  shardKey: "_id",
  properties: { _id: text(), accountId: text(), at: instant },
  indexes: [],
};
