import { type OutboxMessage, type RefundMessage, outboxIdOf } from "../../domain/outbox-message";
import type { Database, OperationOptions, StoredDocument } from "../../ports/collection";
import type { ChargeSource, OutboxRow, OutboxStore } from "../../ports/outbox-store";
import { createAuditLog } from "./audit-log";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInteger,
} from "./mapping";
import { fromDbTopUpPack, toDbTopUpPack } from "./top-up-mapping";

export const OUTBOX_STATES: readonly OutboxRow["state"][] = ["pending", "sent", "refused"];
export const OUTBOX_KINDS: readonly OutboxMessage["kind"][] = ["low_balance", "stripe_refund", "top_up"];
const MAX_PENDING = 1000;

/** The collection `outbox`, whose messages are written in the transaction that makes them true. */
export interface OutboxCollection extends OutboxStore {
  insert(messages: readonly OutboxMessage[], options: OperationOptions): Promise<void>;
}

/** Opens the collection `outbox`. */
export function createOutbox(database: Database): OutboxCollection {
  const collection = database.collection("outbox");
  const audits = createAuditLog(database);
  const filterOf = (id: string): Record<string, unknown> => ({ _id: id, accountId: accountOf(id) });
  const insert = (messages: readonly OutboxMessage[], options: OperationOptions): Promise<void> =>
    collection.insertMany(
      messages.map((message) => toDbMessage(database, message)),
      options,
    );
  return {
    insert,
    put: (message, noted) =>
      audits.alongside(
        noted,
        (options) => insert([message], options),
        async (options) => (await collection.findOne(filterOf(outboxIdOf(message)), options)) !== null,
      ),
    claim: async (id, { now, nextAttemptAt }) => {
      const known = await collection.findOne(filterOf(id));
      if (known === null) return null;
      const row = fromDbRow(known);
      const tries = row.tries + 1;
      const firstTriedAt = row.firstTriedAt ?? now;
      // The number of tries is the guard: of two processes that read the same row only one matches it.
      const due = { ...filterOf(id), state: "pending", tries: row.tries, nextAttemptAt: { $lte: toDbInstant(now) } };
      const turn = { nextAttemptAt: toDbInstant(nextAttemptAt), tries, firstTriedAt: toDbInstant(firstTriedAt) };
      return (await collection.updateOne(due, { $set: turn })).matched ? { ...row, tries } : null;
    },
    fixChargeSource: async (id, { customerId, paymentMethodId }) => {
      const change = { $set: { chargeSource: { customerId, paymentMethodId } } };
      await collection.updateOne({ ...filterOf(id), chargeSource: { $exists: false } }, change);
      const document = await collection.findOne(filterOf(id));
      return fromDbChargeSource(document?.["chargeSource"]);
    },
    end: async (id, { state, answer }) => {
      const change = { state, answer: answer.slice(0, 500), nextAttemptAt: null };
      await collection.updateOne({ ...filterOf(id), state: "pending" }, { $set: change });
    },
    fail: async (id, { reason, nextAttemptAt, isKeySpent = false }) => {
      const change = { answer: reason.slice(0, 500), nextAttemptAt: toDbInstant(nextAttemptAt) };
      const update = isKeySpent ? { $set: change, $inc: { spentKeys: 1 } } : { $set: change };
      await collection.updateOne({ ...filterOf(id), state: "pending" }, update);
    },
    listDue: async ({ now, limit }) => {
      const filter = { state: "pending", nextAttemptAt: { $lte: toDbInstant(now) } };
      const documents = await collection.find(filter, { sort: { nextAttemptAt: 1 }, limit });
      return documents.map((document) => fromDbText(document["_id"], "_id"));
    },
    listPendingRefunds: async (accountId) => {
      const filter = { accountId, causeKey: { $gte: "refund:", $lt: "refund;" }, state: "pending" };
      const documents = await collection.find(filter, { sort: { causeKey: 1 }, limit: MAX_PENDING });
      return documents.map(fromDbRow).filter(isRefund);
    },
  };
}

function isRefund(row: OutboxRow): row is OutboxRow<RefundMessage> {
  return row.message.kind === "stripe_refund";
}

function accountOf(id: string): string {
  return id.slice(0, id.indexOf(":"));
}

function toDbMessage(database: Database, message: OutboxMessage): Record<string, unknown> {
  return {
    _id: outboxIdOf(message),
    accountId: message.accountId,
    schemaVersion: 1,
    kind: message.kind,
    causeKey: message.causeKey,
    facts: toDbFacts(database, message),
    state: "pending",
    tries: 0,
    firstTriedAt: null,
    spentKeys: 0,
    // The epoch: due at once on every clock.
    nextAttemptAt: new Date(0),
    answer: null,
    at: toDbInstant(message.at),
  };
}

function toDbFacts(database: Database, message: OutboxMessage): Record<string, unknown> {
  switch (message.kind) {
    case "low_balance": {
      const { unit, available, lowAt, channel } = message.facts;
      return { unit, available: toDbInteger(database, available), lowAt: toDbInteger(database, lowAt), channel };
    }
    case "stripe_refund":
      return { ...message.facts, amountMinor: toDbInteger(database, message.facts.amountMinor) };
    case "top_up": {
      const { topUpId, unit } = message.facts;
      return { ...toDbTopUpPack(database, message.facts), topUpId, unit };
    }
  }
}

function fromDbRow(document: StoredDocument): OutboxRow {
  return {
    id: fromDbText(document["_id"], "_id"),
    message: fromDbMessage(document),
    state: fromDbWord(document["state"], OUTBOX_STATES, "state"),
    tries: fromDbInteger(document["tries"], "tries"),
    firstTriedAt: fromDbInstantOrNull(document["firstTriedAt"], "firstTriedAt"),
    spentKeys: fromDbInteger(document["spentKeys"], "spentKeys"),
    chargeSource: document["chargeSource"] === undefined ? null : fromDbChargeSource(document["chargeSource"]),
  };
}

function fromDbChargeSource(value: unknown): ChargeSource {
  const source = fromDbDocument(value, "chargeSource");
  return {
    customerId: fromDbText(source["customerId"], "chargeSource.customerId"),
    paymentMethodId: fromDbText(source["paymentMethodId"], "chargeSource.paymentMethodId"),
  };
}

function fromDbMessage(document: StoredDocument): OutboxMessage {
  const facts = fromDbDocument(document["facts"], "facts");
  const base = {
    accountId: fromDbText(document["accountId"], "accountId"),
    causeKey: fromDbText(document["causeKey"], "causeKey"),
    at: fromDbInstant(document["at"], "at"),
  };
  const kind = fromDbWord(document["kind"], OUTBOX_KINDS, "kind");
  switch (kind) {
    case "low_balance":
      return {
        ...base,
        kind,
        facts: {
          unit: fromDbText(facts["unit"], "facts.unit"),
          available: fromDbAmount(facts["available"], "facts.available"),
          lowAt: fromDbAmount(facts["lowAt"], "facts.lowAt"),
          channel: fromDbTextOrNull(facts["channel"], "facts.channel"),
        },
      };
    case "stripe_refund":
      return {
        ...base,
        kind,
        facts: {
          payment: fromDbText(facts["payment"], "facts.payment"),
          paymentIntentId: fromDbText(facts["paymentIntentId"], "facts.paymentIntentId"),
          amountMinor: fromDbAmount(facts["amountMinor"], "facts.amountMinor"),
          currency: fromDbText(facts["currency"], "facts.currency"),
        },
      };
    case "top_up":
      return {
        ...base,
        kind,
        facts: {
          ...fromDbTopUpPack(facts),
          topUpId: fromDbText(facts["topUpId"], "facts.topUpId"),
          unit: fromDbText(facts["unit"], "facts.unit"),
        },
      };
  }
}
