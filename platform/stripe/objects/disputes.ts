import { z } from "zod";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { flag, listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest } from "../http/stripe-error";
import { evidenceParameters, stageEvidence, submitEvidence } from "./dispute-evidence";
import { knownDispute, moveDispute } from "./move-dispute";

/** The calls of `/v1/disputes`. */
export const disputeEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "GET",
    path: "/v1/disputes",
    parameters: z.strictObject({ ...listParameters, charge: text().optional(), payment_intent: text().optional() }),
    run: (params, { tx }) => {
      const found = tx
        .list("dispute")
        .filter(({ charge }) => params.charge === undefined || charge === params.charge)
        .filter((dispute) => params.payment_intent === undefined || dispute.payment_intent === params.payment_intent);
      return pageOf(found, "/v1/disputes", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/disputes/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownDispute(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/disputes/:id",
    parameters: z.strictObject({
      evidence: evidenceParameters.optional(),
      metadata: metadata().optional(),
      submit: flag().optional(),
    }),
    run: (params, { tx, now }, id) => {
      const before = knownDispute(tx, id);
      const named = { ...before, metadata: mergeMetadata(before.metadata, params.metadata) };
      const staged = params.evidence === undefined ? named : stageEvidence(named, params.evidence);
      // Evidence goes out at once unless it is held back; a change of metadata alone sends nothing.
      if (params.submit ?? params.evidence !== undefined) return submitEvidence(tx, staged, now);
      tx.put("dispute", staged);
      return staged;
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/disputes/:id/close",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => {
      const { status } = knownDispute(tx, id);
      if (status !== "needs_response") {
        throw invalidRequest(
          `You cannot close this dispute because it has a status of ${status}. Only disputes with a status of needs_response can be closed.`,
        );
      }
      return moveDispute(tx, id, { to: "lost", now });
    },
  }),
];
