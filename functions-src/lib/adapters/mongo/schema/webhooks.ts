import { WEBHOOK_TYPES } from "../../../domain/webhook";
import { DELIVERY_STATES, ENDPOINT_STATUSES } from "../webhook-store";
import {
  type CollectionDefinition,
  closed,
  instant,
  instantOrNull,
  list,
  text,
  textOrNull,
  word,
} from "./define-collection";

export const webhookEndpointsDefinition: CollectionDefinition = {
  name: "webhookEndpoints",
  what: "services of the customer's own that hear of events, with the secrets that sign for them",
  schemaVersion: 1,
  shardKey: "_id",
  properties: {
    _id: text(64),
    url: text(2048),
    types: { bsonType: ["array", "null"], maxItems: 100, items: word(WEBHOOK_TYPES) },
    status: word(ENDPOINT_STATUSES),
    secrets: list(closed({ secret: text(128), validUntil: instantOrNull }), 10),
    createdAt: instant,
  },
  indexes: [],
};

export const webhookDeliveriesDefinition: CollectionDefinition = {
  name: "webhookDeliveries",
  what: "what was told to which endpoint, and how it went",
  schemaVersion: 1,
  shardKey: "_id",
  properties: {
    _id: text(128),
    endpointId: text(64),
    messageId: text(64),
    type: word(WEBHOOK_TYPES),
    body: text(65_536),
    state: word(DELIVERY_STATES),
    tries: { bsonType: "int", minimum: 0 },
    nextAttemptAt: instantOrNull,
    status: { bsonType: ["int", "null"] },
    failure: textOrNull(500),
    at: instant,
  },
  indexes: [
    {
      name: "pending_due",
      key: { state: 1, nextAttemptAt: 1 },
      partialFilterExpression: { state: "pending" },
      serves: "the outbox sweep: deliveries whose turn has come, oldest first",
    },
    {
      name: "endpoint_time",
      key: { endpointId: 1, at: -1 },
      serves: "the log of an endpoint, newest first",
    },
  ],
};
