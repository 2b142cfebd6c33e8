import { z } from "zod";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { integer, listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import type { Transaction } from "../core/store";
import { knownRefund, moveRefund } from "./move-refund";
import { newRefund } from "./new-refund";
import { refundsOfCharge } from "./refunds-of-charge";

/** Cancels a refund that waits for the customer. Refuses: one in any other status, as Stripe does. */
function endWaiting(
  tx: Transaction,
  id: string,
  { verb, now }: { readonly verb: string; readonly now: number },
): object {
  const { status } = knownRefund(tx, id);
  if (status !== "requires_action") {
    throw invalidRequest(
      `You cannot ${verb} this refund because it has a status of ${status}. Only refunds with a status of requires_action can be ${verb === "cancel" ? "canceled" : "expired"}.`,
    );
  }
  return moveRefund(tx, id, { to: "canceled", now });
}

/** The calls of `/v1/refunds`, and those that list and expire refunds elsewhere. */
export const refundEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/refunds",
    parameters: z.strictObject({
      amount: integer(1).optional(),
      charge: text().optional(),
      metadata: metadata().optional(),
      payment_intent: text().optional(),
      reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
    }),
    run: (params, { tx, now }) => newRefund(tx, params, now),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/refunds",
    parameters: z.strictObject({ ...listParameters, charge: text().optional(), payment_intent: text().optional() }),
    run: (params, { tx }) => {
      const found = tx
        .list("refund")
        .filter(({ charge }) => params.charge === undefined || charge === params.charge)
        .filter((refund) => params.payment_intent === undefined || refund.payment_intent === params.payment_intent);
      return pageOf(found, "/v1/refunds", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/charges/:id/refunds",
    parameters: z.strictObject(listParameters),
    run: (params, { tx }, id) => {
      if (tx.get("charge", id) === undefined) throw resourceMissing("charge", id);
      return refundsOfCharge(tx, id, params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/refunds/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownRefund(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/refunds/:id",
    parameters: z.strictObject({ metadata: metadata().optional() }),
    run: (params, { tx }, id) => {
      const before = knownRefund(tx, id);
      const after = { ...before, metadata: mergeMetadata(before.metadata ?? {}, params.metadata) };
      tx.put("refund", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/refunds/:id/cancel",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => endWaiting(tx, id, { verb: "cancel", now }),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/test_helpers/refunds/:id/expire",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => endWaiting(tx, id, { verb: "expire", now }),
  }),
];
