import { seededShare } from "./seeded";
import { realDeliveries, type Clock, type DeliveryClock } from "./clock";
import { eventTypesOf, previousAttributesOf } from "./event-table";
import { drawHookFault, faultsOf, type HookEffect } from "./faults";
import { timeOf } from "./living-time";
import type { Delivery, StoredEvent } from "./kinds";
import type { Change, Store, Transaction } from "./store";

/** The API version of the account, which the pinned SDK speaks. */
export const API_VERSION = "2026-10-28.endive";

/** Makes every change of the store an event, and every event a delivery to each endpoint that asked for its type. */
export function recordEvents(store: Store, clock: Clock, deliveryClock: DeliveryClock = realDeliveries): void {
  store.onChange = (tx, change) => {
    const now = timeOf(tx, change.before ?? change.after, clock.nowSeconds());
    for (const type of eventTypesOf(change)) {
      recordEvent({ tx, change, type, now, dueMs: deliveryClock.nowMs(), seed: store.seed });
    }
  };
}

interface Recording {
  readonly tx: Transaction;
  readonly change: Change;
  readonly type: string;
  readonly now: number;
  /** When deliveries without a delay fall due. */
  readonly dueMs: number;
  readonly seed: number;
}

function recordEvent(recording: Recording): void {
  const { tx, change, type, now, seed } = recording;
  const previous = previousAttributesOf(type, change);
  const event: StoredEvent = {
    id: tx.newId("evt_"),
    object: "event",
    api_version: API_VERSION,
    created: now,
    // A deleted object travels as it was last, not as the stub that the API answers afterwards.
    data: {
      object: type.endsWith(".deleted") ? (change.before ?? change.after) : change.after,
      ...(previous === undefined ? {} : { previous_attributes: previous }),
    },
    livemode: false,
    request: { id: tx.cause?.requestId ?? null, idempotency_key: tx.cause?.idempotencyKey ?? null },
    type,
  };
  const fault = drawHookFault(tx, { type, event: event.id, seed, now });
  const told = fault?.kind === "twin" ? [event, { ...event, id: tx.newId("evt_") }] : [event];
  for (const one of told) {
    tx.putQuietly("event", one);
    for (const delivery of planDeliveries(recording, one, fault)) tx.putQuietly("delivery", delivery);
  }
}

/** Plans one delivery per endpoint, and one more per duplicate that the faults ask for. */
function planDeliveries(
  { tx, dueMs, seed }: Recording,
  event: StoredEvent,
  fault: HookEffect | null,
): readonly Delivery[] {
  const faults = faultsOf(tx);
  const copies = faults.duplicate + (fault?.kind === "duplicate" ? fault.copies : 0);
  const endpoints = tx
    .list("webhook_endpoint")
    .filter((endpoint) => !("deleted" in endpoint) && endpoint.status === "enabled")
    .filter((endpoint) => "enabled_events" in endpoint && wants(endpoint.enabled_events, event.type));
  return endpoints.flatMap((endpoint) =>
    Array.from({ length: 1 + copies }, (_, copy) => {
      const id = `${event.id}:${endpoint.id}:${copy}`;
      const lost = fault?.kind === "drop" || seededShare(seed, `drop:${id}`) < faults.drop;
      return {
        id,
        event: event.id,
        endpoint: endpoint.id,
        status: lost ? "delivered" : "pending",
        lost,
        attempts: 0,
        nextAtMs: dueMs + (faults.delaySeconds + delayOf(fault, seededShare(seed, `reorder:${id}`))) * 1000,
        lastError: null,
        ...(fault === null ? {} : { fault }),
      } as const;
    }),
  );
}

/** Units: seconds; deliveries that wait a drawn share of a window arrive in another order. */
function delayOf(fault: HookEffect | null, share: number): number {
  if (fault?.kind === "delay") return fault.seconds;
  return fault?.kind === "reorder" ? Math.round(share * fault.windowSeconds * 1000) / 1000 : 0;
}

function wants(enabled: readonly string[], type: string): boolean {
  return enabled.includes("*") || enabled.includes(type);
}
