import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { listParameters, mergeMetadata, metadata, text, unsettableText } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";
import { liveTestClock } from "./test-clocks";

const fields = {
  name: unsettableText(256).optional(),
  email: unsettableText(512).optional(),
  description: unsettableText().optional(),
  phone: unsettableText(20).optional(),
  metadata: metadata().optional(),
};

interface CustomerFields {
  readonly name?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly phone?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly test_clock?: string | undefined;
}

/** Creates a customer. */
export function newCustomer(tx: Transaction, params: CustomerFields, now: number): Stripe.Customer {
  const id = tx.newId("cus_", 14);
  const customer = {
    id,
    object: "customer",
    address: null,
    balance: 0,
    created: now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: params.description ?? null,
    discount: null,
    email: params.email ?? null,
    invoice_prefix: id.slice(4, 12).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    next_invoice_sequence: 1,
    phone: params.phone ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: params.test_clock ?? null,
  } satisfies Stripe.Customer;
  tx.put("customer", customer);
  return customer;
}

/** Finds a customer that is not deleted. Refuses: `resource_missing` naming the parameter. */
export function liveCustomer(tx: Transaction, id: string, param?: string): Stripe.Customer {
  const customer = tx.get("customer", id);
  if (customer === undefined || "deleted" in customer) throw resourceMissing("customer", id, param);
  return customer as Stripe.Customer;
}

/** The calls of `/v1/customers`. */
export const customerEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/customers",
    parameters: z.strictObject({ ...fields, test_clock: text().optional() }),
    run: (params, { tx, now }) => {
      if (params.test_clock !== undefined) liveTestClock(tx, params.test_clock, "test_clock");
      return newCustomer(tx, params, now);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/customers",
    parameters: z.strictObject({
      ...listParameters,
      email: text(512).optional(),
      test_clock: text().optional(),
    }),
    run: (params, { tx }) => {
      const living = tx.list("customer").filter((customer) => !("deleted" in customer)) as Stripe.Customer[];
      // Customers on a test clock are listed with their clock only.
      const found = living
        .filter(({ email }) => params.email === undefined || email === params.email)
        .filter(({ test_clock: clock }) => clock === (params.test_clock ?? null));
      return pageOf(found, "/v1/customers", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/customers/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const customer = tx.get("customer", id);
      if (customer === undefined) throw resourceMissing("customer", id);
      return customer;
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/customers/:id",
    parameters: z.strictObject(fields),
    run: (params, { tx }, id) => {
      const before = liveCustomer(tx, id);
      const after = {
        ...before,
        ...(params.name === undefined ? {} : { name: params.name }),
        ...(params.email === undefined ? {} : { email: params.email }),
        ...(params.description === undefined ? {} : { description: params.description }),
        ...(params.phone === undefined ? {} : { phone: params.phone }),
        metadata: mergeMetadata(before.metadata, params.metadata),
      };
      tx.put("customer", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/customers/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      liveCustomer(tx, id);
      const deleted = { id, object: "customer", deleted: true } satisfies Stripe.DeletedCustomer;
      tx.put("customer", deleted);
      return deleted;
    },
  }),
];
