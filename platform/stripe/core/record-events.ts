import { seededShare } from "./seeded";
import type { Clock } from "./clock";
import { eventTypesOf, previousAttributesOf } from "./event-table";
import { faultsOf } from "./faults";
import type { Delivery, StoredEvent } from "./kinds";
import type { Change, Store, Transaction } from "./store";

/** The API version of the account, which the pinned SDK speaks. */
export const API_VERSION = "2026-10-28.endive";

/** Makes every change of the store an event, and every event a delivery to each endpoint that asked for its type. */
export function recordEvents(store: Store, clock: Clock): void {
  store.onChange = (tx, change) => {
    for (const type of eventTypesOf(change)) recordEvent({ tx, change, type, clock, seed: store.seed });
  };
}

interface Recording {
  readonly tx: Transaction;
  readonly change: Change;
  readonly type: string;
  readonly clock: Clock;
  readonly seed: number;
}

function recordEvent({ tx, change, type, clock, seed }: Recording): void {
  const previous = previousAttributesOf(type, change);
  const event: StoredEvent = {
    id: tx.newId("evt_"),
    object: "event",
    api_version: API_VERSION,
    created: clock.nowSeconds(),
    // A deleted object travels as it was last, not as the stub that the API answers afterwards.
    data: {
      object: type.endsWith(".deleted") ? (change.before ?? change.after) : change.after,
      ...(previous === undefined ? {} : { previous_attributes: previous }),
    },
    livemode: false,
    request: { id: tx.cause?.requestId ?? null, idempotency_key: tx.cause?.idempotencyKey ?? null },
    type,
  };
  tx.putQuietly("event", event);
  for (const delivery of planDeliveries(tx, event, seed)) tx.putQuietly("delivery", delivery);
}

/** Plans one delivery per endpoint, and one more per duplicate that the faults ask for. */
function planDeliveries(tx: Transaction, event: StoredEvent, seed: number): readonly Delivery[] {
  const faults = faultsOf(tx);
  const endpoints = tx
    .list("webhook_endpoint")
    .filter((endpoint) => !("deleted" in endpoint) && endpoint.status === "enabled")
    .filter((endpoint) => "enabled_events" in endpoint && wants(endpoint.enabled_events, event.type));
  return endpoints.flatMap((endpoint) =>
    Array.from({ length: 1 + faults.duplicate }, (_, copy) => {
      const id = `${event.id}:${endpoint.id}:${copy}`;
      const lost = seededShare(seed, `drop:${id}`) < faults.drop;
      return {
        id,
        event: event.id,
        endpoint: endpoint.id,
        status: lost ? "delivered" : "pending",
        lost,
        attempts: 0,
        nextAtMs: Date.now() + faults.delaySeconds * 1000,
        lastError: null,
      } as const;
    }),
  );
}

function wants(enabled: readonly string[], type: string): boolean {
  return enabled.includes("*") || enabled.includes(type);
}
