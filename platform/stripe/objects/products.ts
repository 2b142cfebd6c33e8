import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { flag, listParameters, mergeMetadata, metadata, text, unsettableText, webUrl } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";

const fields = {
  active: flag().optional(),
  description: unsettableText().optional(),
  metadata: metadata().optional(),
  images: z.array(webUrl()).max(8).optional(),
  unit_label: unsettableText(12).optional(),
};

interface ProductFields {
  readonly id?: string | undefined;
  readonly name: string;
  readonly active?: boolean | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly images?: string[] | undefined;
  readonly unit_label?: string | null | undefined;
}

/** Builds a product; the caller puts it. */
export function newProduct(tx: Transaction, params: ProductFields, now: number): Stripe.Product {
  return {
    id: params.id ?? tx.newId("prod_", 14),
    object: "product",
    active: params.active ?? true,
    created: now,
    default_price: null,
    description: params.description ?? null,
    images: params.images ?? [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata({}, params.metadata),
    name: params.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: params.unit_label ?? null,
    updated: now,
    url: null,
  } satisfies Stripe.Product;
}

/** Finds a product that is not deleted. Refuses: `resource_missing` naming the parameter. */
export function liveProduct(tx: Transaction, id: string, param?: string): Stripe.Product {
  const product = tx.get("product", id);
  if (product === undefined || "deleted" in product) throw resourceMissing("product", id, param);
  return product as Stripe.Product;
}

/** The calls of `/v1/products`. */
export const productEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/products",
    parameters: z.strictObject({ ...fields, id: text(64).optional(), name: text() }),
    run: (params, { tx, now }) => {
      if (params.id !== undefined && tx.get("product", params.id) !== undefined) {
        throw invalidRequest(`Product already exists.`, { code: "resource_already_exists", param: "id" });
      }
      const product = newProduct(tx, params, now);
      tx.put("product", product);
      return product;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/products",
    parameters: z.strictObject({ ...listParameters, active: flag().optional(), ids: z.array(text()).optional() }),
    run: (params, { tx }) => {
      const living = tx.list("product").filter((product) => !("deleted" in product)) as Stripe.Product[];
      const found = living
        .filter(({ active }) => params.active === undefined || active === params.active)
        .filter(({ id }) => params.ids === undefined || params.ids.includes(id));
      return pageOf(found, "/v1/products", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/products/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => liveProduct(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/products/:id",
    parameters: z.strictObject({ ...fields, name: text().optional(), default_price: text().optional() }),
    run: (params, { tx, now }, id) => {
      const before = liveProduct(tx, id);
      const { default_price } = params;
      if (default_price !== undefined && tx.get("price", default_price)?.product !== id) {
        throw resourceMissing("price", default_price, "default_price");
      }
      const { metadata: change, ...rest } = params;
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const after = { ...before, ...given, metadata: mergeMetadata(before.metadata, change), updated: now };
      tx.put("product", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/products/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      liveProduct(tx, id);
      if (tx.list("price").some(({ product }) => product === id)) {
        throw invalidRequest(`This product cannot be deleted because it has one or more user-created prices.`);
      }
      const deleted = { id, object: "product", deleted: true } satisfies Stripe.DeletedProduct;
      tx.put("product", deleted);
      return deleted;
    },
  }),
];
