import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { listParameters } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";
import { liveCustomer } from "./customers";
import { livingTaxIds, newTaxId, showOnDrafts, taxIdParameters, taxIdsOf } from "./new-tax-id";

function knownTaxId(tx: Transaction, customer: string, id: string): Stripe.TaxId {
  const found = livingTaxIds(tx, liveCustomer(tx, customer).id).find((taxId) => taxId.id === id);
  if (found === undefined) throw resourceMissing("tax ID", id);
  return found;
}

const PATH = "/v1/customers/:id/tax_ids";

/** The calls of `/v1/customers/:id/tax_ids`. */
export const taxIdEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: PATH,
    parameters: taxIdParameters,
    run: (params, { tx, now }, id) => newTaxId(tx, params, { customer: liveCustomer(tx, id).id, now }),
  }),
  defineEndpoint({
    method: "GET",
    path: PATH,
    parameters: z.strictObject(listParameters).omit({ created: true }),
    run: (params, { tx }, id) => taxIdsOf(tx, liveCustomer(tx, id).id, params),
  }),
  defineEndpoint({
    method: "GET",
    path: `${PATH}/:tax_id`,
    parameters: z.strictObject({}),
    run: (_params, { tx }, id, path) => knownTaxId(tx, id, path["tax_id"] ?? ""),
  }),
  defineEndpoint({
    method: "DELETE",
    path: `${PATH}/:tax_id`,
    parameters: z.strictObject({}),
    run: (_params, { tx }, customer, path) => {
      const { id } = knownTaxId(tx, customer, path["tax_id"] ?? "");
      const deleted = { id, object: "tax_id", deleted: true } satisfies Stripe.DeletedTaxId;
      tx.put("tax_id", deleted);
      showOnDrafts(tx, customer);
      return deleted;
    },
  }),
];
