import type { Instant } from "../../domain/instant";
import { STRIPE_MODES } from "../../domain/payment";
import type { Collection, Database, StoredDocument } from "../../ports/collection";
import type { InboxEvent, InboxStore } from "../../ports/inbox-store";
import { createAuditLog } from "./audit-log";
import { insertOnce } from "./insert-once";
import { fromDbInstant, fromDbInteger, fromDbText, fromDbTextOrNull, fromDbWord, toDbInstant } from "./mapping";

export const INBOX_STATES: readonly InboxEvent["state"][] = ["received", "done", "parked", "dead"];

/** More events about one object than these are taken in a second turn. */
const MAX_OF_ONE_OBJECT = 50;

/** Makes the inbox over the collections `stripeEvents` and `stripeEventBodies`. */
export function createInboxStore(database: Database): InboxStore {
  const events = database.collection("stripeEvents");
  const bodies = database.collection("stripeEventBodies");
  const audits = createAuditLog(database);
  return {
    store: async (event, rawBody) => {
      const body = { _id: event.id, schemaVersion: 1, body: rawBody, at: toDbInstant(event.receivedAt) };
      // Both at once: Stripe hears of success only when both are there, and comes again until it does.
      const [, stored] = await Promise.all([
        insertOnce(() => bodies.insertMany([body])),
        insertOnce(() => events.insertMany([toDbEvent(event)])),
      ]);
      return stored === "inserted";
    },
    claim: async (id, turn) => {
      const known = await events.findOne({ _id: id });
      const first = known === null ? null : await claimOne(events, fromDbEvent(known), turn);
      if (first === null) return [];
      const filter = { objectId: first.objectId, state: "received", nextAttemptAt: { $lte: toDbInstant(turn.now) } };
      const others = await events.find(filter, { limit: MAX_OF_ONE_OBJECT });
      const claimed = await Promise.all(others.map((other) => claimOne(events, fromDbEvent(other), turn)));
      return [first, ...claimed.flatMap((event) => event ?? [])];
    },
    find: async (id) => {
      const known = await events.findOne({ _id: id });
      return known === null ? null : { ...fromDbEvent(known), failure: fromDbTextOrNull(known["failure"], "failure") };
    },
    reopen: async (id, noted) => {
      const fresh = { state: "received", attempts: 0, nextAttemptAt: new Date(0), failure: null, doneAt: null };
      await audits.alongside(noted, async (options) => {
        await events.updateOne({ _id: id }, { $set: fresh }, options);
      });
    },
    finish: async (id, at) => {
      await events.updateOne(
        { _id: id, state: "received" },
        { $set: { state: "done", doneAt: toDbInstant(at), failure: null } },
      );
    },
    fail: async (id, { reason, nextAttemptAt }) => {
      const failure = reason.slice(0, 500);
      const change =
        nextAttemptAt === null ? { state: "dead", failure } : { nextAttemptAt: toDbInstant(nextAttemptAt), failure };
      await events.updateOne({ _id: id, state: "received" }, { $set: change });
    },
    listDue: async ({ now, limit }) => {
      const filter = { state: "received", nextAttemptAt: { $lte: toDbInstant(now) } };
      const documents = await events.find(filter, { sort: { nextAttemptAt: 1 }, limit });
      return documents.map(fromDbEvent);
    },
  };
}

async function claimOne(
  events: Collection,
  event: InboxEvent,
  { now, nextAttemptAt }: { readonly now: Instant; readonly nextAttemptAt: Instant },
): Promise<InboxEvent | null> {
  const { id, attempts } = event;
  // The number of attempts is the guard: of two processes that read the same row only one matches it.
  const due = { _id: id, state: "received", attempts, nextAttemptAt: { $lte: toDbInstant(now) } };
  const turn = { $set: { nextAttemptAt: toDbInstant(nextAttemptAt), attempts: attempts + 1 } };
  return (await events.updateOne(due, turn)).matched ? { ...event, attempts: attempts + 1 } : null;
}

type NewEvent = Parameters<InboxStore["store"]>[0];

function toDbEvent({ id, receivedAt, ...facts }: NewEvent): Record<string, unknown> {
  const at = toDbInstant(receivedAt);
  return {
    _id: id,
    schemaVersion: 1,
    ...facts,
    receivedAt: at,
    // The epoch: due at once on every clock.
    nextAttemptAt: new Date(0),
    failure: null,
    doneAt: facts.state === "done" ? at : null,
  };
}

function fromDbEvent(document: StoredDocument): InboxEvent {
  return {
    id: fromDbText(document["_id"], "_id"),
    type: fromDbText(document["type"], "type"),
    objectId: fromDbText(document["objectId"], "objectId"),
    mode: fromDbWord(document["mode"], STRIPE_MODES, "mode"),
    apiVersion: fromDbText(document["apiVersion"], "apiVersion"),
    state: fromDbWord(document["state"], INBOX_STATES, "state"),
    attempts: fromDbInteger(document["attempts"], "attempts"),
    receivedAt: fromDbInstant(document["receivedAt"], "receivedAt"),
  };
}
