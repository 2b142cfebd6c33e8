import { z } from "zod";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { sessionParameters } from "./checkout-parameters";
import { lineItemsOf } from "./line-items";
import { newSession } from "./new-session";
import { expireSession, knownSession } from "./settle-session";

/** The calls of `/v1/checkout/sessions`. */
export const checkoutSessionEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/checkout/sessions",
    parameters: sessionParameters,
    run: (params, context) => newSession(params, context),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/checkout/sessions",
    parameters: z.strictObject({
      ...listParameters,
      customer: text().optional(),
      customer_details: z.strictObject({ email: text(512) }).optional(),
      payment_intent: text().optional(),
      status: z.enum(["open", "complete", "expired"]).optional(),
    }),
    run: (params, { tx }) => {
      const found = tx
        .list("checkout.session")
        .filter(({ customer }) => params.customer === undefined || customer === params.customer)
        .filter(({ customer_details: buyer }) => [undefined, buyer?.email].includes(params.customer_details?.email))
        .filter((session) => params.payment_intent === undefined || session.payment_intent === params.payment_intent)
        .filter(({ status }) => params.status === undefined || status === params.status);
      return pageOf(found, "/v1/checkout/sessions", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/checkout/sessions/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownSession(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/checkout/sessions/:id",
    parameters: z.strictObject({ metadata: metadata().optional() }),
    run: (params, { tx }, id) => {
      const before = knownSession(tx, id);
      const after = { ...before, metadata: mergeMetadata(before.metadata ?? {}, params.metadata) };
      tx.put("checkout.session", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/checkout/sessions/:id/expire",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => expireSession(tx, id),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/checkout/sessions/:id/line_items",
    parameters: z.strictObject({
      limit: listParameters.limit,
      starting_after: text().optional(),
      ending_before: text().optional(),
    }),
    run: (params, { tx }, id) => {
      knownSession(tx, id);
      return lineItemsOf(tx, id, params);
    },
  }),
];
