import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../core/clock";
import { NO_FAULTS } from "../core/faults";
import { OBJECT_KINDS } from "../core/kinds";
import type { Store } from "../core/store";
import type { Deliverer } from "../hooks/deliverer";
import { expireSession } from "../objects/settle-session";
import { serveClock, type AccountTime } from "./clock-route";
import { readBody, route } from "./json-route";
import { servePayments } from "./payment-routes";

/** What the control plane works on. */
export interface ControlPlane {
  readonly store: Store;
  readonly clock: Clock;
  readonly deliverer: Deliverer;
  readonly time: AccountTime;
  /** Does what fell due by the clock; resolves when that is kept. */
  readonly runDue: () => Promise<void>;
}

const faultsBody = z.strictObject({
  duplicate: z.number().int().min(0).max(100).default(NO_FAULTS.duplicate),
  delaySeconds: z.number().min(0).max(86_400).default(NO_FAULTS.delaySeconds),
  drop: z.number().min(0).max(1).default(NO_FAULTS.drop),
});
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
  route(server, "POST", "/_sim/faults", (_request, body) => {
    const faults = readBody(faultsBody, body);
    store.atomically(null, (tx) => tx.putQuietly("setting", { id: "faults", value: faults }));
    return committed(faults);
  });
  route(server, "GET", "/_sim/webhooks/pending", pending);
  route(server, "POST", "/_sim/webhooks/pending", pending);
  route(server, "POST", "/_sim/webhooks/flush", () => deliverer.flush());
  route(server, "GET", "/_sim/state", () => stateOf(store));
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
    faults: store.get("setting", "faults")?.value ?? NO_FAULTS,
    ...Object.fromEntries(objects),
  };
}
