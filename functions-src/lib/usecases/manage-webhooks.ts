import { AppError } from "../domain/app-error";
import type { Act } from "../domain/audit";
import type { Instant } from "../domain/instant";
import { OLD_SECRET_LIFE_MS, type WebhookDelivery, type WebhookEndpoint, type WebhookType } from "../domain/webhook";
import type { NotedRecord } from "../ports/audit-log";
import { recordOf } from "./audit";
import type { Caller } from "./caller";
import { deliver } from "./deliver-webhooks";
import type { Deps } from "./deps";
import { actorOf } from "./operation";

const MAX_ENDPOINTS = 100;

/** What an operator does with the subscribers. */
export type WebhooksInput =
  | {
      readonly action: "create";
      readonly url: string;
      readonly types: readonly WebhookType[] | null;
      readonly reason: string;
    }
  | { readonly action: "list" }
  | { readonly action: "rotate"; readonly endpointId: string; readonly reason: string }
  | { readonly action: "disable" | "enable"; readonly endpointId: string; readonly reason: string }
  | {
      readonly action: "deliveries";
      readonly endpointId: string;
      readonly limit: number;
      readonly before: Instant | null;
    }
  | { readonly action: "replay"; readonly deliveryId: string; readonly reason: string };

/** An endpoint as it is shown; its secret is shown only when it is made. */
export interface ShownEndpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly types: readonly WebhookType[] | null;
  readonly status: WebhookEndpoint["status"];
  readonly createdAt: Date;
}

/** A delivery as it is shown. */
export interface ShownDelivery {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly type: WebhookType;
  readonly state: WebhookDelivery["state"];
  readonly tries: number;
  readonly status: number | null;
  readonly failure: string | null;
  readonly nextAttemptAt: Date | null;
  readonly at: Date;
}

/** What `admin/webhooks` answers: the parts that the action is about. */
export interface WebhooksAnswer {
  readonly ok: true;
  readonly endpoint?: ShownEndpoint;
  readonly secret?: string;
  readonly endpoints?: readonly ShownEndpoint[];
  readonly delivery?: ShownDelivery;
  readonly deliveries?: readonly ShownDelivery[];
}

/**
 * Makes and shows subscribers, rolls their secrets, shows what was sent to them and sends it once more.
 * Throws: AppError `not_found` for an unknown endpoint or delivery, `invalid_input` for the 101st endpoint.
 */
export async function manageWebhooks(
  deps: Deps,
  caller: Caller,
  input: WebhooksInput,
  now: Instant,
): Promise<WebhooksAnswer> {
  const changing = { caller, now };
  switch (input.action) {
    case "create":
      return create(deps, input, changing);
    case "list":
      return { ok: true, endpoints: (await deps.webhooks.listEndpoints()).map(shownEndpoint) };
    case "rotate":
      return rotate(deps, await requireEndpoint(deps, input.endpointId), { ...changing, reason: input.reason });
    case "disable":
    case "enable": {
      const endpoint = await requireEndpoint(deps, input.endpointId);
      const status = input.action === "enable" ? "enabled" : "disabled";
      const noted = recordOfChange(deps, changing, {
        action: `${input.action}_webhook`,
        target: endpoint.id,
        before: { status: endpoint.status },
        after: { status },
        reason: input.reason,
      });
      await deps.webhooks.updateEndpoint(endpoint.id, { status }, noted);
      return { ok: true, endpoint: shownEndpoint({ ...endpoint, status }) };
    }
    case "deliveries": {
      await requireEndpoint(deps, input.endpointId);
      return { ok: true, deliveries: (await deps.webhooks.listDeliveries(input)).map(shownDelivery) };
    }
    case "replay":
      return replay(deps, input, changing);
  }
}

/** Who changes the subscribers, and when. */
interface Changing {
  readonly caller: Caller;
  readonly now: Instant;
}

function recordOfChange(
  deps: Deps,
  { caller, now }: Changing,
  { reason, ...change }: Pick<Act, "action" | "target" | "before" | "after"> & { readonly reason: string },
): NotedRecord {
  const act = { at: now, actor: actorOf(caller), accountId: null, ...change };
  return recordOf(deps.digest, act, { reason, identity: deps.timing.randomId() });
}

async function create(
  deps: Deps,
  { url, types, reason }: Extract<WebhooksInput, { action: "create" }>,
  changing: Changing,
): Promise<WebhooksAnswer> {
  if ((await deps.webhooks.listEndpoints()).length >= MAX_ENDPOINTS) {
    throw new AppError("invalid_input", `url: expected at most ${MAX_ENDPOINTS} endpoints, there are as many already`);
  }
  const secret = deps.webhookSender.newSecret();
  const endpoint: WebhookEndpoint = {
    id: deps.webhookSender.newId("ep"),
    url,
    types,
    status: "enabled",
    secrets: [{ secret, validUntil: null }],
    createdAt: changing.now,
  };
  const noted = recordOfChange(deps, changing, {
    action: "create_webhook",
    target: endpoint.id,
    before: null,
    after: { url, types, status: endpoint.status },
    reason,
  });
  await deps.webhooks.insertEndpoint(endpoint, noted);
  return { ok: true, endpoint: shownEndpoint(endpoint), secret };
}

/** Puts a new secret first; the one before signs for another day. */
async function rotate(
  deps: Deps,
  endpoint: WebhookEndpoint,
  { reason, ...changing }: Changing & { readonly reason: string },
): Promise<WebhooksAnswer> {
  const { now } = changing;
  const secret = deps.webhookSender.newSecret();
  const old = endpoint.secrets
    .filter(({ validUntil }) => validUntil === null || validUntil > now)
    .map((known) => ({ ...known, validUntil: known.validUntil ?? now + OLD_SECRET_LIFE_MS }))
    .slice(0, 9);
  const secrets = [{ secret, validUntil: null }, ...old];
  const noted = recordOfChange(deps, changing, {
    action: "rotate_webhook_secret",
    target: endpoint.id,
    before: { secrets: endpoint.secrets.length },
    after: { secrets: secrets.length },
    reason,
  });
  await deps.webhooks.updateEndpoint(endpoint.id, { secrets }, noted);
  return { ok: true, endpoint: shownEndpoint(endpoint), secret };
}

async function replay(
  deps: Deps,
  { deliveryId, reason }: Extract<WebhooksInput, { action: "replay" }>,
  changing: Changing,
): Promise<WebhooksAnswer> {
  const { state, tries } = await requireDelivery(deps, deliveryId);
  const noted = recordOfChange(deps, changing, {
    action: "replay_delivery",
    target: deliveryId,
    before: { state, tries },
    after: { state: "pending", tries: 0 },
    reason,
  });
  await deps.webhooks.reopenDelivery(deliveryId, noted);
  await deliver(deps, deliveryId, changing.now);
  return { ok: true, delivery: shownDelivery(await requireDelivery(deps, deliveryId)) };
}

async function requireEndpoint(deps: Deps, id: string): Promise<WebhookEndpoint> {
  const endpoint = await deps.webhooks.findEndpoint(id);
  if (endpoint === null) throw new AppError("not_found", `endpointId: expected the id of an endpoint, got "${id}"`);
  return endpoint;
}

async function requireDelivery(deps: Deps, id: string): Promise<WebhookDelivery> {
  const delivery = await deps.webhooks.findDelivery(id);
  if (delivery === null) throw new AppError("not_found", `deliveryId: expected the id of a delivery, got "${id}"`);
  return delivery;
}

function shownEndpoint({ id, url, types, status, createdAt }: WebhookEndpoint): ShownEndpoint {
  return { endpointId: id, url, types, status, createdAt: new Date(createdAt) };
}

function shownDelivery({ id, body: _body, endpointId: _endpointId, ...delivery }: WebhookDelivery): ShownDelivery {
  const { nextAttemptAt, at } = delivery;
  return {
    ...delivery,
    deliveryId: id,
    nextAttemptAt: nextAttemptAt === null ? null : new Date(nextAttemptAt),
    at: new Date(at),
  };
}
