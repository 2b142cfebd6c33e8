import { AUDIT_ACTIONS } from "../../../domain/audit";
import { ACTOR_KINDS } from "../../../domain/entry";
import { type CollectionDefinition, closed, instant, text, textOrNull, word } from "./define-collection";

const facts = { bsonType: ["object", "null"] };

export const auditLogDefinition: CollectionDefinition = {
  name: "auditLog",
  appendOnly: true,
  what: "who did what to whom, before and after; never updated, never deleted",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: { bsonType: "string", pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" },
    accountId: textOrNull(),
    at: instant,
    actor: closed({ kind: word(ACTOR_KINDS), id: text() }),
    action: word(AUDIT_ACTIONS),
    target: text(1024),
    before: facts,
    after: facts,
    noteId: textOrNull(),
  },
  indexes: [
    {
      name: "account_time",
      key: { accountId: 1, _id: -1 },
      serves: "the records of an account, newest first: ids of version 7 are in order of time",
    },
    {
      name: "actor_time",
      key: { "actor.id": 1, _id: -1 },
      serves: "the records of an operator or a job, newest first, on whatever shard",
    },
  ],
};
