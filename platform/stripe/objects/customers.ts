import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import {
  address,
  givenOf,
  integer,
  listParameters,
  mergeMetadata,
  metadata,
  text,
  unsettableText,
} from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { attachMethod, detachMethod, methodToUse } from "./new-payment-method";
import { newTaxId, taxIdParameters } from "./new-tax-id";
import { liveTestClock } from "./test-clocks";

const fields = {
  name: unsettableText(256).optional(),
  email: unsettableText(512).optional(),
  description: unsettableText().optional(),
  phone: unsettableText(20).optional(),
  address: address().optional(),
  shipping: z.strictObject({ address: address(), name: text(), phone: text(20).optional() }).optional(),
  preferred_locales: z.array(text(20)).max(20).optional(),
  tax_exempt: z.enum(["none", "exempt", "reverse"]).optional(),
  invoice_settings: z.strictObject({ default_payment_method: unsettableText().optional() }).optional(),
  invoice_prefix: z
    .string()
    .regex(/^[A-Z0-9]{1,12}$/, "expected 1 to 12 capital letters and digits")
    .optional(),
  next_invoice_sequence: integer(1, 1_000_000_000).optional(),
  metadata: metadata().optional(),
};

const customerParameters = z.strictObject({ ...fields, test_clock: text().optional() });
type CustomerFields = Partial<z.output<typeof customerParameters>>;

/** Creates a customer. */
export function newCustomer(tx: Transaction, params: CustomerFields, now: number): Stripe.Customer {
  const id = tx.newId("cus_", 14);
  const customer = {
    id,
    object: "customer",
    address: params.address ?? null,
    balance: 0,
    created: now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: params.description ?? null,
    discount: null,
    email: params.email ?? null,
    invoice_prefix: params.invoice_prefix ?? id.slice(4, 12).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    next_invoice_sequence: params.next_invoice_sequence ?? 1,
    phone: params.phone ?? null,
    preferred_locales: params.preferred_locales ?? [],
    shipping: shippingOf(params.shipping) ?? null,
    tax_exempt: params.tax_exempt ?? "none",
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

/** Applies the changes of an update. */
function changed(tx: Transaction, before: Stripe.Customer, params: CustomerFields): Stripe.Customer {
  const { metadata: change, invoice_settings: settings, shipping, ...rest } = params;
  const method = settings?.default_payment_method;
  if (typeof method === "string" && tx.get("payment_method", method)?.customer !== before.id) {
    throw invalidRequest(
      `The customer does not have a payment method with the ID ${method}. The payment method must be attached to the customer.`,
      { code: "resource_missing", param: "invoice_settings[default_payment_method]" },
    );
  }
  return {
    ...before,
    ...givenOf(rest),
    ...(shipping === undefined ? {} : { shipping: shippingOf(shipping) ?? null }),
    invoice_settings: {
      ...before.invoice_settings,
      ...(method === undefined ? {} : { default_payment_method: method }),
    },
    metadata: mergeMetadata(before.metadata, change),
  };
}

function shippingOf(shipping: CustomerFields["shipping"]): Stripe.Customer.Shipping | undefined {
  if (shipping === undefined) return undefined;
  const { address: to, name, phone } = shipping;
  return { ...(to === null ? {} : { address: to }), name, phone: phone ?? null };
}

/** Takes a method that is gone out of a customer's settings. */
export function withoutDefault(tx: Transaction, customerId: string, method: string): void {
  const customer = tx.get("customer", customerId);
  if (customer === undefined || "deleted" in customer) return;
  const { invoice_settings: settings } = customer as Stripe.Customer;
  if (settings.default_payment_method !== method) return;
  tx.put("customer", {
    ...(customer as Stripe.Customer),
    invoice_settings: { ...settings, default_payment_method: null },
  });
}

/** The calls of `/v1/customers`. */
export const customerEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/customers",
    parameters: z.strictObject({
      ...fields,
      test_clock: text().optional(),
      payment_method: text().optional(),
      tax_id_data: z.array(taxIdParameters).max(5).optional(),
    }),
    run: ({ payment_method, invoice_settings, tax_id_data: taxIds = [], ...params }, { tx, now }) => {
      if (params.test_clock !== undefined) liveTestClock(tx, params.test_clock, "test_clock");
      const customer = newCustomer(tx, params, now);
      for (const taxId of taxIds) newTaxId(tx, taxId, { customer: customer.id, now });
      if (payment_method === undefined && invoice_settings === undefined) return customer;
      if (payment_method !== undefined) {
        attachMethod(tx, methodToUse(tx, payment_method, { customer: customer.id, now }), customer.id);
      }
      const after = changed(tx, customer, { invoice_settings });
      tx.putQuietly("customer", after);
      return after;
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
      const after = changed(tx, before, params);
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
      for (const method of tx.list("payment_method").filter(({ customer }) => customer === id))
        detachMethod(tx, method);
      const deleted = { id, object: "customer", deleted: true } satisfies Stripe.DeletedCustomer;
      tx.put("customer", deleted);
      return deleted;
    },
  }),
];
