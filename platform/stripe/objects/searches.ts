import type Stripe from "stripe";
import { z } from "zod";
import type { Kind } from "../core/kinds";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { searchPageOf, searchParameters } from "../http/search";
import type { SearchField, SearchFields } from "../http/search-query";

const token: SearchField = { type: "token" };
const words: SearchField = { type: "string" };
const numeric: SearchField = { type: "numeric" };
const metadata: SearchField = { type: "metadata" };
const truth: SearchField = { type: "token", values: ["true", "false"] };

/** A full refund is true, a part of one false, and none is null. */
const refunded: SearchField = {
  ...truth,
  read: (object) => {
    const { refunded: whole, amount_refunded: amount } = object as Stripe.Charge;
    return whole || amount > 0 ? whole : null;
  },
};

const ofCards: SearchFields = Object.fromEntries(
  ["card", "card_present", "interac_present"].flatMap((source) =>
    ["last4", "exp_month", "exp_year", "brand", "fingerprint"].map((name) => [
      `payment_method_details.${source}.${name}`,
      token,
    ]),
  ),
);

const ofFinalization = (part: "code" | "type"): SearchField => ({
  type: "token",
  read: (object) => (object as Stripe.Invoice).last_finalization_error?.[part],
});

/** No invoice here belongs to a subscription; the field can be asked for all the same. */
const subscription: SearchField = {
  type: "string",
  read: (object) => (object as Stripe.Invoice).parent?.subscription_details?.subscription,
};

/** What can be searched, by the name of the resource, and which fields a query may name. */
const SEARCHES: readonly { readonly resource: string; readonly kind: Kind; readonly fields: SearchFields }[] = [
  {
    resource: "customers",
    kind: "customer",
    fields: { created: numeric, email: words, metadata, name: words, phone: words },
  },
  {
    resource: "charges",
    kind: "charge",
    fields: {
      amount: numeric,
      "billing_details.address.postal_code": token,
      created: numeric,
      currency: token,
      customer: token,
      disputed: truth,
      metadata,
      ...ofCards,
      refunded,
      status: token,
    },
  },
  {
    resource: "payment_intents",
    kind: "payment_intent",
    fields: { amount: numeric, created: numeric, currency: token, customer: token, metadata, status: token },
  },
  {
    resource: "products",
    kind: "product",
    fields: { active: truth, description: words, metadata, name: words, shippable: truth, url: words },
  },
  {
    resource: "prices",
    kind: "price",
    fields: { active: truth, currency: token, lookup_key: words, metadata, product: words, type: token },
  },
  {
    resource: "invoices",
    kind: "invoice",
    fields: {
      created: numeric,
      currency: token,
      customer: token,
      last_finalization_error_code: ofFinalization("code"),
      last_finalization_error_type: ofFinalization("type"),
      metadata,
      number: words,
      receipt_number: words,
      status: words,
      subscription,
      total: numeric,
    },
  },
];

/** The calls of `/v1/<resource>/search`. */
export const searchEndpoints: readonly Endpoint[] = SEARCHES.map(({ resource, kind, fields }) =>
  defineEndpoint({
    method: "GET",
    path: `/v1/${resource}/search`,
    parameters: z.strictObject(searchParameters),
    run: (params, { tx }) => {
      const living = tx.list(kind).filter((object) => !("deleted" in object));
      return searchPageOf({ items: living, resource, fields }, params);
    },
  }),
);
