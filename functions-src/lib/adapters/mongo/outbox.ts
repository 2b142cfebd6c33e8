import type { OutboxMessage } from "../../domain/outbox-message";
import type { Database, OperationOptions } from "../../ports/collection";
import { toDbInstant, toDbInteger } from "./mapping";

/** The collection `outbox`: what has to be told outside, written in the transaction that makes it true. */
export interface Outbox {
  insert(messages: readonly OutboxMessage[], options: OperationOptions): Promise<void>;
}

/** Opens the collection `outbox`. */
export function createOutbox(database: Database): Outbox {
  const collection = database.collection("outbox");
  return {
    insert: (messages, options) =>
      collection.insertMany(
        messages.map((message) => ({
          _id: `${message.accountId}:${message.causeKey}`,
          accountId: message.accountId,
          schemaVersion: 1,
          kind: message.kind,
          causeKey: message.causeKey,
          facts: {
            unit: message.facts.unit,
            available: toDbInteger(database, message.facts.available),
            lowAt: toDbInteger(database, message.facts.lowAt),
            channel: message.facts.channel,
          },
          state: "pending",
          at: toDbInstant(message.at),
        })),
        options,
      ),
  };
}
