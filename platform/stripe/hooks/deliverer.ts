import type Stripe from "stripe";
import { realDeliveries, type Clock, type DeliveryClock } from "../core/clock";
import type { Delivery } from "../core/kinds";
import type { Store } from "../core/store";
import { deliveriesOf, isOpenDelivery, renderEvent } from "../objects/events";
import { createAttemptWaits } from "./attempt-waits";
import { activeSecrets } from "./endpoint-secrets";
import { followOpenDeliveries, type OpenDeliveries } from "./open-deliveries";
import { createPoster, type Poster } from "./post-event";
import { bodyOf, isLostOnTheWay, signatureOf } from "./spoil-delivery";

const MOST_ATTEMPTS = 16;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 300_000;
const MOST_AT_ONCE = 64;

/** What a flush did. */
export interface FlushResult {
  readonly sent: number;
  readonly delivered: number;
  readonly failed: number;
}

/** Sends events to webhook endpoints until they answer 2xx. */
export interface Deliverer {
  /** Looks for deliveries that fell due. */
  wake(): void;
  /** Sends everything that is not delivered yet, now, and waits for the answers. */
  flush(): Promise<FlushResult>;
  /** Waits until everything that is due was sent once, whatever came back; at most this long. */
  whenTried(limitMs: number): Promise<void>;
  /** Tells when the next delivery falls due after now, so that a clock which leaps stops there. */
  nextDueMs(): number | null;
  /** Deliveries that were not answered with 2xx yet. */
  pending(): readonly Delivery[];
  /** Starts nothing more and ends what is on its way; that is sent again after the next start. */
  close(): Promise<void>;
}

interface Parts {
  readonly store: Store;
  /** The secret of the first endpoint. */
  readonly webhookSecret: string;
  /** The clock that signatures are dated by: that of the receivers, which refuse what is too old. */
  readonly signingClock: Clock;
  /** The clock that deliveries and their repeats fall due by. */
  readonly deliveryClock?: DeliveryClock;
  readonly log: (line: string) => void;
}

/** Makes the deliverer; the state of each delivery is in the store, so that a restart goes on where this one ended. */
export function createDeliverer(parts: Parts): Deliverer {
  const { store, deliveryClock = realDeliveries } = parts;
  const poster = createPoster();
  const sending = new Map<string, Promise<boolean>>();
  const open = followOpenDeliveries(store);
  let stopped = false;
  let awake = false;
  let timer: NodeJS.Timeout | undefined;
  const waits = createAttemptWaits();

  const send = (delivery: Delivery): Promise<boolean> => {
    const running = sending.get(delivery.id);
    if (running !== undefined) return running;
    const sent = attempt(parts, poster, delivery)
      .then((error) => !stopped && record(parts, delivery.id, error))
      .finally(() => {
        sending.delete(delivery.id);
        waits.attemptEnded();
      });
    sending.set(delivery.id, sent);
    sent.then(wake, (error: unknown) => {
      parts.log(`Delivery ${delivery.id} could not be written down: ${String(error)}`);
      // Its state is as before, so it is due at once: without a pause a full disk would make a storm of repeats.
      setTimeout(wake, FIRST_RETRY_MS).unref();
    });
    return sent;
  };

  /** Asks for one look at all that is open, however many ask in this turn of the loop. */
  const wake = (): void => {
    if (awake) return;
    awake = true;
    setImmediate(look);
  };

  const look = (): void => {
    awake = false;
    if (stopped) return;
    clearTimeout(timer);
    const now = deliveryClock.nowMs();
    let next = Infinity;
    for (const delivery of open.walk()) {
      if (sending.size >= MOST_AT_ONCE) return;
      if (delivery.status !== "pending" || sending.has(delivery.id) || !isEnabled(store, delivery)) continue;
      if (delivery.nextAtMs > now) next = Math.min(next, delivery.nextAtMs);
      else void send(delivery);
    }
    if (next !== Infinity && !deliveryClock.standsStill) timer = setTimeout(wake, Math.max(1, next - now)).unref();
  };

  return {
    wake,
    whenTried: (limitMs) => waits.until(() => stopped || duesOf(store, open, deliveryClock).now === 0, limitMs),
    nextDueMs: () => duesOf(store, open, deliveryClock).nextMs,
    pending: () => allOf(open),
    flush: () => sendAll(sendable(store, open), send),
    close: async () => {
      stopped = true;
      clearTimeout(timer);
      waits.attemptEnded();
      poster.close();
      await Promise.allSettled(sending.values());
    },
  };
}

function allOf(open: OpenDeliveries): readonly Delivery[] {
  return [...open.walk()];
}

/** What is not delivered yet and has an endpoint that takes it. */
function sendable(store: Store, open: OpenDeliveries): readonly Delivery[] {
  return allOf(open).filter((delivery) => isEnabled(store, delivery));
}

async function sendAll(due: readonly Delivery[], send: (delivery: Delivery) => Promise<boolean>): Promise<FlushResult> {
  const queue = due.values();
  let delivered = 0;
  const worker = async (): Promise<void> => {
    for (const delivery of queue) if (await send(delivery)) delivered += 1;
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, worker));
  return { sent: due.length, delivered, failed: due.length - delivered };
}

function endpointOf(store: Store, { endpoint: id }: Delivery): Stripe.WebhookEndpoint | undefined {
  const endpoint = store.get("webhook_endpoint", id);
  return endpoint === undefined || "deleted" in endpoint ? undefined : (endpoint as Stripe.WebhookEndpoint);
}

function isEnabled(store: Store, delivery: Delivery): boolean {
  return endpointOf(store, delivery)?.status === "enabled";
}

/** Counts the deliveries that wait for a try that has fallen due, and finds when the next one will. */
function duesOf(
  store: Store,
  open: OpenDeliveries,
  clock: DeliveryClock,
): { readonly now: number; readonly nextMs: number | null } {
  const nowMs = clock.nowMs();
  const waiting = sendable(store, open).filter(({ status }) => status === "pending");
  const later = waiting.map(({ nextAtMs }) => nextAtMs).filter((at) => at > nowMs);
  return { now: waiting.length - later.length, nextMs: later.length === 0 ? null : Math.min(...later) };
}

/** Posts one event; answers what went wrong, or null. */
async function attempt(
  { store, webhookSecret, signingClock, deliveryClock = realDeliveries }: Parts,
  poster: Poster,
  delivery: Delivery,
): Promise<string | null> {
  // What made this delivery due may not be on disk yet; an event must not be told before it is sure.
  await store.settled();
  const endpoint = endpointOf(store, delivery);
  const event = store.get("event", delivery.event);
  const kept = store.get("endpoint_secrets", delivery.endpoint);
  if (endpoint === undefined || event === undefined || kept === undefined) return "The endpoint or the event is gone";
  if (isLostOnTheWay(delivery)) return "The delivery was lost on its way";
  const body = bodyOf(renderEvent(event, deliveriesOf(store, event.id), endpoint.api_version), delivery);
  const secrets = activeSecrets(kept, webhookSecret, deliveryClock.nowMs());
  const signature = signatureOf(body, delivery, { secrets, nowSeconds: signingClock.nowSeconds() });
  try {
    const status = await poster.post(endpoint.url, { body, signature });
    return status >= 200 && status < 300 ? null : `The endpoint answered ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

/** Writes down how an attempt went; answers whether the event is delivered. */
function record({ store, log, deliveryClock = realDeliveries }: Parts, id: string, error: string | null): boolean {
  store.atomically(null, (tx) => {
    const delivery = tx.get("delivery", id);
    if (delivery === undefined || !isOpenDelivery(delivery)) return;
    const attempts = delivery.attempts + 1;
    if (error === null) {
      tx.putQuietly("delivery", { ...delivery, attempts, status: "delivered", lastError: null });
      return;
    }
    const wait = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
    const status = attempts >= MOST_ATTEMPTS ? "given_up" : "pending";
    tx.putQuietly("delivery", {
      ...delivery,
      attempts,
      status,
      nextAtMs: deliveryClock.nowMs() + wait,
      lastError: error,
    });
    log(`Delivery ${id} failed at attempt ${attempts}: ${error}`);
  });
  return error === null;
}
