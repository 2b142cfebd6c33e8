import type Stripe from "stripe";
import { z } from "zod";
import type { Delivery, StoredEvent } from "../core/kinds";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { flag, listParameters, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";

type WireEvent = Omit<StoredEvent, "data"> & Pick<Stripe.EventBase, "data" | "pending_webhooks">;

/** Shows an event; how many endpoints have not answered yet changes between two looks. */
export function renderEvent(event: StoredEvent, deliveries: Iterable<Delivery>, apiVersion?: string | null): WireEvent {
  const waiting = new Set<string>();
  for (const { event: id, endpoint, status } of deliveries) {
    if (id === event.id && status !== "delivered" && status !== "canceled") waiting.add(endpoint);
  }
  const { type, ...rest } = event;
  return { ...rest, api_version: apiVersion ?? event.api_version, pending_webhooks: waiting.size, type };
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
      const deliveries = groupByEvent(tx.list("delivery"));
      const failing = ({ status }: Delivery): boolean => status === "pending" || status === "given_up";
      const found = tx
        .list("event")
        .filter(({ type }) => types === undefined || types.some((wanted) => matches(wanted, type)))
        .filter(({ id }) => {
          if (params.delivery_success === undefined) return true;
          return (deliveries.get(id) ?? []).some(failing) !== params.delivery_success;
        });
      const page = pageOf(found, "/v1/events", params);
      return { ...page, data: page.data.map((event) => renderEvent(event, deliveries.get(event.id) ?? [])) };
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/events/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const event = tx.get("event", id);
      if (event === undefined) throw resourceMissing("event", id);
      return renderEvent(event, tx.list("delivery"));
    },
  }),
];

/** Matches a type or a group such as `charge.*`. */
function matches(wanted: string, type: string): boolean {
  return wanted.endsWith(".*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
}

function groupByEvent(deliveries: readonly Delivery[]): ReadonlyMap<string, readonly Delivery[]> {
  const groups = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const group = groups.get(delivery.event);
    if (group === undefined) groups.set(delivery.event, [delivery]);
    else group.push(delivery);
  }
  return groups;
}
