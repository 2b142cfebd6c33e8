import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { flag, listParameters, mergeMetadata, metadata, text, unsettableText, webUrl } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";

const fields = {
  url: webUrl(),
  enabled_events: z.array(text(100)).min(1),
  description: unsettableText().optional(),
  metadata: metadata().optional(),
};

const MOST_ENDPOINTS = 16;

function liveEndpoint(tx: Transaction, id: string): Stripe.WebhookEndpoint {
  const endpoint = tx.get("webhook_endpoint", id);
  if (endpoint === undefined || "deleted" in endpoint) throw resourceMissing("webhook endpoint", id);
  return endpoint as Stripe.WebhookEndpoint;
}

function assertUrl(url: string): void {
  if (url.length > 2048) throw invalidRequest("Not a valid URL", { code: "url_invalid", param: "url" });
}

/** The calls of `/v1/webhook_endpoints`; the secret is shown by the creation only. */
export const webhookEndpointEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/webhook_endpoints",
    parameters: z.strictObject({
      ...fields,
      api_version: z
        .string()
        .regex(/^\d{4}-\d{2}-\d{2}(\.\w+)?$/, "expected a Stripe API version")
        .optional(),
    }),
    run: (params, { tx, now, webhookSecret }) => {
      assertUrl(params.url);
      const known = tx.list("webhook_endpoint");
      if (known.filter((endpoint) => !("deleted" in endpoint)).length >= MOST_ENDPOINTS) {
        throw invalidRequest(`You have reached the maximum of ${MOST_ENDPOINTS} test webhook endpoints.`);
      }
      const endpoint = {
        id: tx.newId("we_"),
        object: "webhook_endpoint",
        api_version: params.api_version ?? null,
        application: null,
        created: now,
        description: params.description ?? null,
        enabled_events: params.enabled_events,
        livemode: false,
        metadata: mergeMetadata({}, params.metadata),
        status: "enabled",
        url: params.url,
      } satisfies Stripe.WebhookEndpoint;
      const first = known.length === 0;
      const secret = first ? webhookSecret : tx.newId("whsec_", 32);
      tx.put("webhook_endpoint", endpoint);
      const secrets = first ? [] : [secret];
      tx.putQuietly("endpoint_secrets", { id: endpoint.id, source: first ? "start" : "generated", secrets });
      return { ...endpoint, secret };
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/webhook_endpoints",
    parameters: z.strictObject(listParameters),
    run: (params, { tx }) => {
      const living = tx.list("webhook_endpoint").filter((endpoint) => !("deleted" in endpoint));
      return pageOf(living, "/v1/webhook_endpoints", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/webhook_endpoints/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => liveEndpoint(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/webhook_endpoints/:id",
    parameters: z.strictObject({
      ...z.strictObject(fields).partial().shape,
      disabled: flag().optional(),
    }),
    run: ({ metadata: change, disabled, ...rest }, { tx }, id) => {
      const before = liveEndpoint(tx, id);
      if (rest.url !== undefined) assertUrl(rest.url);
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const after: Stripe.WebhookEndpoint = {
        ...before,
        ...given,
        metadata: mergeMetadata(before.metadata, change),
        status: disabled === undefined ? before.status : disabled ? "disabled" : "enabled",
      };
      tx.put("webhook_endpoint", after);
      retryNow(tx, id);
      return after;
    },
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/webhook_endpoints/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      liveEndpoint(tx, id);
      const deleted = { id, object: "webhook_endpoint", deleted: true } satisfies Stripe.DeletedWebhookEndpoint;
      tx.put("webhook_endpoint", deleted);
      for (const delivery of waitingFor(tx, id)) tx.putQuietly("delivery", { ...delivery, status: "canceled" });
      return deleted;
    },
  }),
];

/** A changed endpoint may work again: what failed at its old address does not wait out its back-off. */
function retryNow(tx: Transaction, endpointId: string): void {
  for (const delivery of waitingFor(tx, endpointId)) {
    if (delivery.attempts > 0) tx.putQuietly("delivery", { ...delivery, nextAtMs: 0 });
  }
}

function waitingFor(tx: Transaction, endpointId: string) {
  return tx.list("delivery").filter(({ endpoint, status }) => endpoint === endpointId && status === "pending");
}
