import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { faultRulesOf, faultsOf, NO_FAULTS, setFaults, type FaultRule } from "../core/faults";
import type { Store } from "../core/store";
import { rulesOfShares, shareFields, wrongShares } from "./fault-shares";
import { ControlError, readBody, route } from "./json-route";

const MOST_RULES = 100;
/** What Stripe names as the largest event it sends. */
const LARGEST_BODY = 256 * 1024;
const DAY = 86_400;

const line = { commit: z.boolean().default(false) };

const apiEffect = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status: z.literal([400, 402, 409, 429, 500, 503]),
    ...line,
    reason: z
      .enum(["global-rate", "global-concurrency", "endpoint-rate", "endpoint-concurrency", "resource-specific"])
      .default("global-rate"),
  }),
  z.strictObject({ kind: z.literal("lock_timeout") }),
  z.strictObject({ kind: z.literal("reset"), ...line }),
  z.strictObject({ kind: z.literal("cut"), ...line }),
  z.strictObject({ kind: z.literal("hang"), ...line }),
  z.strictObject({ kind: z.literal("latency"), ms: z.number().int().min(0).max(300_000) }),
]);

const hookEffect = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("duplicate"), copies: z.number().int().min(1).max(100).default(1) }),
  z.strictObject({ kind: z.literal("twin") }),
  z.strictObject({ kind: z.literal("drop") }),
  z.strictObject({ kind: z.literal("drop_until_retry") }),
  z.strictObject({ kind: z.literal("wrong_secret") }),
  z.strictObject({ kind: z.literal("livemode") }),
  z.strictObject({ kind: z.literal("reorder"), windowSeconds: z.number().positive().max(DAY) }),
  z.strictObject({ kind: z.literal("delay"), seconds: z.number().min(0).max(DAY) }),
  z.strictObject({ kind: z.literal("expired_timestamp"), ageSeconds: z.number().int().min(1).max(DAY).default(600) }),
  z.strictObject({ kind: z.literal("api_version"), version: z.string().min(1).default("2025-03-31.basil") }),
  z.strictObject({ kind: z.literal("unknown_type"), type: z.string().min(1).default("simulator.never_heard_of") }),
  z.strictObject({
    kind: z.literal("oversize"),
    bytes: z.number().int().min(1).max(10_000_000).default(LARGEST_BODY),
  }),
]);

const frequency = {
  nth: z.number().int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  times: z.number().int().min(1).optional(),
};

const rule = z.discriminatedUnion("plane", [
  z.strictObject({
    plane: z.literal("api"),
    method: z.enum(["GET", "POST", "DELETE"]).optional(),
    path: z.string().optional(),
    ...frequency,
    effect: apiEffect,
  }),
  z.strictObject({ plane: z.literal("hook"), type: z.string().optional(), ...frequency, effect: hookEffect }),
]);

const faultsBody = z.strictObject({
  duplicate: z.number().int().min(0).max(100).default(NO_FAULTS.duplicate),
  delaySeconds: z.number().min(0).max(DAY).default(NO_FAULTS.delaySeconds),
  drop: z.number().min(0).max(1).default(NO_FAULTS.drop),
  ...shareFields,
  rules: z.array(rule).max(MOST_RULES).default([]),
});

/** Serves what goes wrong on purpose, and the log of what did. */
export function serveFaults(server: FastifyInstance, store: Store, committed: <T>(work: T) => Promise<T>): void {
  route(server, "POST", "/_sim/faults", (_request, body) => {
    const { rules, duplicate, delaySeconds, drop, ...shares } = readBody(faultsBody, body);
    const wrong = wrongShares(shares);
    if (wrong !== null)
      throw new ControlError(400, { error: `Invalid body: ${wrong}`, value: shares, expected: wrong });
    const all: readonly FaultRule[] = [...rules, ...rulesOfShares(shares)];
    store.atomically(null, (tx) => setFaults(tx, { duplicate, delaySeconds, drop }, all));
    return committed({ duplicate, delaySeconds, drop, ...shares, rules });
  });
  route(server, "GET", "/_sim/faults", () => {
    const log = [...store.values("fault_hit")].map(({ id: _id, ...hit }) => hit);
    return { ...faultsOf(store), rules: faultRulesOf(store), log };
  });
}
