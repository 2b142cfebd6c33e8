import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock, DeliveryClock } from "../core/clock";
import { faultRulesOf, faultsOf } from "../core/faults";
import { OBJECT_KINDS } from "../core/kinds";
import type { Store } from "../core/store";
import type { Deliverer } from "../hooks/deliverer";
import { expireSession } from "../objects/settle-session";
import { serveClock, type AccountTime } from "./clock-route";
import { serveFaults } from "./faults-route";
import { readBody, route } from "./json-route";
import { rollSecret } from "../hooks/endpoint-secrets";
import { serveMoneyBack } from "./money-back-routes";
import { servePayments } from "./payment-routes";

/** What the control plane works on. */
export interface ControlPlane {
  readonly store: Store;
  readonly clock: Clock;
  readonly deliverer: Deliverer;
  readonly deliveryClock: DeliveryClock;
  /** The secret of the first endpoint. */
  readonly webhookSecret: string;
  readonly time: AccountTime;
  /** Moves the account's own clock; resolves when what fell due is kept. Units: unix seconds. */
  readonly moveTo: (seconds: number) => Promise<void>;
}

const rollBody = z.strictObject({ keepSeconds: z.number().int().min(0).max(86_400).default(86_400) });
const emptyBody = z.strictObject({});

/** Serves `/_sim`: what happens in the world around Stripe, for tests and demos. */
export function serveControl(server: FastifyInstance, plane: ControlPlane): void {
  const { store, clock, deliverer } = plane;
  const committed = async <T>(work: T): Promise<T> => {
    await store.settled();
    deliverer.wake();
    return work;
  };
  const sessionOf = ({ params }: FastifyRequest): string => (params as Record<string, string>)["session"] ?? "";
  const pending = (): object => ({ pending: deliverer.pending() });

  route(server, "POST", "/_sim/checkout/:session/expire", (request, body) => {
    readBody(emptyBody, body);
    return committed(store.atomically(null, (tx) => expireSession(tx, sessionOf(request))));
  });
  serveFaults(server, store, committed);
  route(server, "POST", "/_sim/webhook_endpoints/:endpoint/roll_secret", ({ params }, body) => {
    const { keepSeconds } = readBody(rollBody, body);
    const id = (params as Record<string, string>)["endpoint"] ?? "";
    const roll = { webhookSecret: plane.webhookSecret, nowMs: plane.deliveryClock.nowMs(), keepSeconds };
    return committed(store.atomically(null, (tx) => rollSecret(tx, id, roll)));
  });
  route(server, "GET", "/_sim/webhooks/pending", pending);
  route(server, "POST", "/_sim/webhooks/pending", pending);
  route(server, "POST", "/_sim/webhooks/flush", () => deliverer.flush());
  route(server, "GET", "/_sim/state", () => stateOf(store));
  serveMoneyBack(server, { store, clock, committed });
  servePayments(server, { store, clock, committed });
  serveClock(server, plane);
  server.all("/_sim/*", (request, reply) =>
    reply.code(404).send({ error: `The control plane has no ${request.method} ${request.url.split("?")[0]}` }),
  );
}

/** Counts and ids per object, oldest first. */
function stateOf(store: Store): object {
  const objects = OBJECT_KINDS.map((kind) => {
    const ids = [...store.values(kind)].map(({ id }) => id);
    return [kind, { count: ids.length, ids }] as const;
  });
  return {
    seed: store.seed,
    faults: { ...faultsOf(store), rules: faultRulesOf(store) },
    ...Object.fromEntries(objects),
  };
}
