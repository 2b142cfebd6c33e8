import { WEBHOOK_TYPES, type WebhookDelivery, type WebhookEndpoint } from "../../domain/webhook";
import type { Database, StoredDocument } from "../../ports/collection";
import type { WebhookStore } from "../../ports/webhooks";
import { type AuditCollection, createAuditLog } from "./audit-log";
import { insertOnce } from "./insert-once";
import {
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbList,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInstantOrNull,
} from "./mapping";

export const ENDPOINT_STATUSES: readonly WebhookEndpoint["status"][] = ["enabled", "disabled"];
export const DELIVERY_STATES: readonly WebhookDelivery["state"][] = ["pending", "delivered", "failed"];
const MAX_ENDPOINTS = 100;

type Endpoints = Pick<WebhookStore, "insertEndpoint" | "findEndpoint" | "listEndpoints" | "updateEndpoint">;

/** Makes the store of subscribers over the collections `webhookEndpoints` and `webhookDeliveries`. */
export function createWebhookStore(database: Database): WebhookStore {
  const audits = createAuditLog(database);
  return { ...createEndpoints(database, audits), ...createDeliveries(database, audits) };
}

function createEndpoints(database: Database, audits: AuditCollection): Endpoints {
  const endpoints = database.collection("webhookEndpoints");
  return {
    insertEndpoint: ({ id, createdAt, secrets, types, ...endpoint }, noted) => {
      const document = {
        _id: id,
        schemaVersion: 1,
        ...endpoint,
        types: types === null ? null : [...types],
        secrets: toDbSecrets(secrets),
        createdAt: toDbInstant(createdAt),
      };
      return audits.alongside(noted, (options) => endpoints.insertMany([document], options));
    },
    findEndpoint: async (id) => {
      const document = await endpoints.findOne({ _id: id });
      return document === null ? null : fromDbEndpoint(document);
    },
    listEndpoints: async () => {
      const documents = await endpoints.find({}, { sort: { _id: 1 }, limit: MAX_ENDPOINTS });
      return documents.map(fromDbEndpoint);
    },
    updateEndpoint: async (id, { secrets, status }, noted) => {
      const change = {
        ...(secrets === undefined ? {} : { secrets: toDbSecrets(secrets) }),
        ...(status === undefined ? {} : { status }),
      };
      await audits.alongside(noted, async (options) => {
        await endpoints.updateOne({ _id: id }, { $set: change }, options);
      });
    },
  };
}

function createDeliveries(database: Database, audits: AuditCollection): Omit<WebhookStore, keyof Endpoints> {
  const deliveries = database.collection("webhookDeliveries");
  const find = async (id: string): Promise<WebhookDelivery | null> => {
    const document = await deliveries.findOne({ _id: id });
    return document === null ? null : fromDbDelivery(document);
  };
  return {
    putDelivery: async ({ id, at, nextAttemptAt, ...delivery }) => {
      const times = { nextAttemptAt: toDbInstantOrNull(nextAttemptAt), at: toDbInstant(at) };
      await insertOnce(() => deliveries.insertMany([{ _id: id, schemaVersion: 1, ...delivery, ...times }]));
    },
    findDelivery: find,
    claimDelivery: async (id, { now, nextAttemptAt }) => {
      const known = await find(id);
      if (known === null) return null;
      const tries = known.tries + 1;
      // The number of tries is the guard: of two processes that read the same row only one matches it.
      const due = { _id: id, state: "pending", tries: known.tries, nextAttemptAt: { $lte: toDbInstant(now) } };
      const { matched } = await deliveries.updateOne(due, {
        $set: { tries, nextAttemptAt: toDbInstant(nextAttemptAt) },
      });
      return matched ? { ...known, tries } : null;
    },
    updateDelivery: async (id, { state, nextAttemptAt, status, failure }) => {
      const change = {
        state,
        nextAttemptAt: toDbInstantOrNull(nextAttemptAt),
        status,
        failure: failure?.slice(0, 500) ?? null,
      };
      await deliveries.updateOne({ _id: id, state: "pending" }, { $set: change });
    },
    reopenDelivery: async (id, noted) => {
      const fresh = { state: "pending", tries: 0, nextAttemptAt: new Date(0) };
      await audits.alongside(noted, async (options) => {
        await deliveries.updateOne({ _id: id }, { $set: fresh }, options);
      });
    },
    listDueDeliveries: async ({ now, limit }) => {
      const filter = { state: "pending", nextAttemptAt: { $lte: toDbInstant(now) } };
      const documents = await deliveries.find(filter, { sort: { nextAttemptAt: 1 }, limit });
      return documents.map((document) => fromDbText(document["_id"], "_id"));
    },
    listDeliveries: async ({ endpointId, before, limit }) => {
      const filter = { endpointId, ...(before === null ? {} : { at: { $lt: toDbInstant(before) } }) };
      return (await deliveries.find(filter, { sort: { at: -1 }, limit })).map(fromDbDelivery);
    },
  };
}

function toDbSecrets(secrets: WebhookEndpoint["secrets"]): readonly Record<string, unknown>[] {
  return secrets.map(({ secret, validUntil }) => ({ secret, validUntil: toDbInstantOrNull(validUntil) }));
}

function fromDbEndpoint(document: StoredDocument): WebhookEndpoint {
  const word = (value: unknown, path: string) => fromDbWord(value, WEBHOOK_TYPES, path);
  return {
    id: fromDbText(document["_id"], "_id"),
    url: fromDbText(document["url"], "url"),
    types: document["types"] === null ? null : fromDbList(document["types"], "types", word),
    status: fromDbWord(document["status"], ENDPOINT_STATUSES, "status"),
    secrets: fromDbList(document["secrets"], "secrets", (element, path) => {
      const secret = fromDbDocument(element, path);
      return {
        secret: fromDbText(secret["secret"], `${path}.secret`),
        validUntil: fromDbInstantOrNull(secret["validUntil"], `${path}.validUntil`),
      };
    }),
    createdAt: fromDbInstant(document["createdAt"], "createdAt"),
  };
}

function fromDbDelivery(document: StoredDocument): WebhookDelivery {
  return {
    id: fromDbText(document["_id"], "_id"),
    endpointId: fromDbText(document["endpointId"], "endpointId"),
    messageId: fromDbText(document["messageId"], "messageId"),
    type: fromDbWord(document["type"], WEBHOOK_TYPES, "type"),
    body: fromDbText(document["body"], "body"),
    state: fromDbWord(document["state"], DELIVERY_STATES, "state"),
    tries: fromDbInteger(document["tries"], "tries"),
    nextAttemptAt: fromDbInstantOrNull(document["nextAttemptAt"], "nextAttemptAt"),
    status: document["status"] === null ? null : fromDbInteger(document["status"], "status"),
    failure: fromDbTextOrNull(document["failure"], "failure"),
    at: fromDbInstant(document["at"], "at"),
  };
}
