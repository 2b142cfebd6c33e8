import type Stripe from "stripe";
import { z } from "zod";
import type { Delivery, StoredEvent } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { flag, listParameters, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";

type WireEvent = Omit<StoredEvent, "data"> & Pick<Stripe.EventBase, "data" | "pending_webhooks">;

/** Finds the deliveries that decide `pending_webhooks`: one for each endpoint, whatever the duplicates. */
export function deliveriesOf(state: Pick<Transaction, "get" | "list">, eventId: string): readonly Delivery[] {
  return state.list("webhook_endpoint").flatMap(({ id }) => state.get("delivery", `${eventId}:${id}:0`) ?? []);
}

/** Tells whether an endpoint has still to answer a delivery with 2xx. */
export function isOpenDelivery({ status }: Delivery): boolean {
  return status === "pending" || status === "given_up";
}

/** Shows an event; how many endpoints have not answered yet changes between two looks. */
export function renderEvent(
  event: StoredEvent,
  deliveries: readonly Delivery[],
  apiVersion?: string | null,
): WireEvent {
  const { type, ...rest } = event;
  const pending_webhooks = deliveries.filter(isOpenDelivery).length;
  return { ...rest, api_version: apiVersion ?? event.api_version, pending_webhooks, type };
}

/** The calls of `/v1/events`. */
export const eventEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "GET",
    path: "/v1/events",
    parameters: z.strictObject({
      ...listParameters,
      type: text().optional(),
      types: z.array(text()).max(20).optional(),
      delivery_success: flag().optional(),
    }),
    run: (params, { tx }) => {
      if (params.type !== undefined && params.types !== undefined) {
        throw invalidRequest("You may only specify one of these parameters: type, types.", { param: "type" });
      }
      const types = params.types ?? (params.type === undefined ? undefined : [params.type]);
      const found = tx
        .list("event")
        .filter(({ type }) => types === undefined || types.some((wanted) => matches(wanted, type)))
        .filter(({ id }) => {
          if (params.delivery_success === undefined) return true;
          return deliveriesOf(tx, id).some(isOpenDelivery) !== params.delivery_success;
        });
      const page = pageOf(found, "/v1/events", params);
      return { ...page, data: page.data.map((event) => renderEvent(event, deliveriesOf(tx, event.id))) };
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/events/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const event = tx.get("event", id);
      if (event === undefined) throw resourceMissing("event", id);
      return renderEvent(event, deliveriesOf(tx, id));
    },
  }),
];

/** Matches a type or a group such as `charge.*`. */
function matches(wanted: string, type: string): boolean {
  return wanted.endsWith(".*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
}
