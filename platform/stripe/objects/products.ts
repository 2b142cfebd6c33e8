import type Stripe from "stripe";
import { z } from "zod";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { flag, listParameters, mergeMetadata, metadata, text, unsettableText, webUrl } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { liveProduct, newProduct } from "./new-product";
import { createPrice, defaultPriceData } from "./prices";

/** Inches and ounces, with two decimals at most; the empty string unsets them. */
function dimensions() {
  const side = z
    .string()
    .regex(/^\d{1,9}(\.\d{1,2})?$/, "expected a number with up to two decimals")
    .transform(Number);
  return z.preprocess(
    (value) => (value === "" ? null : value),
    z.strictObject({ height: side, length: side, weight: side, width: side }).nullable(),
  );
}

const fields = {
  active: flag().optional(),
  description: unsettableText().optional(),
  metadata: metadata().optional(),
  images: z.array(webUrl()).max(8).optional(),
  unit_label: unsettableText(12).optional(),
  marketing_features: z
    .array(z.strictObject({ name: text(80) }))
    .max(15)
    .optional(),
  package_dimensions: dimensions().optional(),
  shippable: flag().optional(),
  statement_descriptor: unsettableText(22).optional(),
  url: unsettableText(2048).optional(),
};

/** The calls of `/v1/products`. */
export const productEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/products",
    parameters: z.strictObject({
      ...fields,
      id: text(64).optional(),
      name: text(),
      type: z.enum(["good", "service"]).optional(),
      default_price_data: defaultPriceData.optional(),
    }),
    run: ({ default_price_data: price, ...params }, { tx, now }) => {
      if (params.id !== undefined && tx.get("product", params.id) !== undefined) {
        throw invalidRequest(`Product already exists.`, { code: "resource_already_exists", param: "id" });
      }
      const product = newProduct(tx, params, now);
      // The price comes first, so that the event of the product shows it.
      const first = price === undefined ? null : createPrice(tx, { ...price, product: product.id }, now).id;
      const created = { ...product, default_price: first };
      tx.put("product", created);
      return created;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/products",
    parameters: z.strictObject({
      ...listParameters,
      active: flag().optional(),
      ids: z.array(text()).optional(),
      shippable: flag().optional(),
      type: z.enum(["good", "service"]).optional(),
      url: text().optional(),
    }),
    run: (params, { tx }) => {
      const living = tx.list("product").filter((product) => !("deleted" in product)) as Stripe.Product[];
      const found = living
        .filter(({ active }) => params.active === undefined || active === params.active)
        .filter(({ id }) => params.ids === undefined || params.ids.includes(id))
        .filter(({ shippable }) => params.shippable === undefined || shippable === params.shippable)
        .filter(({ type }) => params.type === undefined || type === params.type)
        .filter(({ url }) => params.url === undefined || url === params.url);
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
