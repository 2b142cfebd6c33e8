import { DRIFT_ACTIONS, DRIFT_TYPES } from "../../../domain/drift";
import { type CollectionDefinition, instant, text, textOrNull, word } from "./define-collection";

export const driftsDefinition: CollectionDefinition = {
  name: "drifts",
  what: "where we and Stripe disagreed, what each side said, and what was done",
  schemaVersion: 1,
  shardKey: "_id",
  properties: {
    _id: text(),
    type: word(DRIFT_TYPES),
    stripeId: text(),
    accountId: textOrNull(),
    here: text(1000),
    there: text(1000),
    after: textOrNull(1000),
    action: word(DRIFT_ACTIONS),
    at: instant,
  },
  indexes: [
    { name: "action_time", key: { action: 1, at: -1 }, serves: "the drifts that wait for an operator, newest first" },
    { name: "time", key: { at: -1 }, serves: "all drifts, newest first" },
  ],
};

export const jobsDefinition: CollectionDefinition = {
  name: "jobs",
  what: "how far work that goes on by itself has come",
  schemaVersion: 1,
  shardKey: null,
  properties: { _id: text(), cursorAt: instant },
  indexes: [],
};
