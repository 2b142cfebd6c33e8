import type Stripe from "stripe";
import { z } from "zod";
import type { WirePrice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import {
  currency,
  decimal,
  flag,
  integer,
  listParameters,
  mergeMetadata,
  metadata,
  text,
  unsettableText,
} from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { assertPriceable } from "../money/currency";
import { liveProduct, newProduct } from "./new-product";

const recurring = z.strictObject({
  interval: z.enum(["day", "week", "month", "year"]),
  interval_count: integer(1, 1095).default(1),
  usage_type: z.literal("licensed").default("licensed"),
});

const fields = {
  active: flag().optional(),
  nickname: unsettableText().optional(),
  metadata: metadata().optional(),
  lookup_key: unsettableText(200).optional(),
  transfer_lookup_key: flag().default(false),
  tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
};

interface PriceFields {
  readonly product: string;
  readonly currency: string;
  readonly unit_amount?: number | undefined;
  readonly unit_amount_decimal?: string | undefined;
  readonly active?: boolean | undefined;
  readonly nickname?: string | null | undefined;
  readonly lookup_key?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly tax_behavior?: Stripe.Price.TaxBehavior | undefined;
  readonly recurring?: z.output<typeof recurring> | undefined;
}

const unitAmounts = { unit_amount: integer(0).optional(), unit_amount_decimal: decimal().optional() };
const options = z.record(
  z.string().regex(/^[a-z]{3}$/, "Invalid currency"),
  z.strictObject({ ...unitAmounts, tax_behavior: fields.tax_behavior }),
);

/** Tells the whole and the exact amount of a price; the whole one is null for fractions. Refuses: both or none. */
function unitAmountsOf(
  given: Pick<PriceFields, "unit_amount" | "unit_amount_decimal">,
  at = (name: string): string => name,
): { readonly unit_amount: number | null; readonly unit_amount_decimal: string } {
  const { unit_amount: whole, unit_amount_decimal: exact } = given;
  if ((whole === undefined) === (exact === undefined)) {
    throw invalidRequest("You must specify one of: unit_amount, unit_amount_decimal", { param: at("unit_amount") });
  }
  if (exact === undefined) return { unit_amount: whole ?? null, unit_amount_decimal: String(whole) };
  return { unit_amount: /^\d+$/.test(exact) ? Number(exact) : null, unit_amount_decimal: exact };
}

/** Keeps what a price costs in other currencies. */
function putOptions(tx: Transaction, price: WirePrice, given: z.output<typeof options> | undefined): void {
  const before = tx.get("price_details", price.id)?.currencyOptions;
  if (given === undefined) return;
  const own = {
    custom_unit_amount: null,
    tax_behavior: price.tax_behavior,
    unit_amount: price.unit_amount,
    unit_amount_decimal: price.unit_amount_decimal,
  };
  const others = Object.entries(given).map(([code, option]) => {
    const amounts = unitAmountsOf(option, (name) => `currency_options[${code}][${name}]`);
    assertPriceable(amounts.unit_amount ?? 0, code, `currency_options[${code}][unit_amount]`);
    return [
      code,
      { custom_unit_amount: null, tax_behavior: option.tax_behavior ?? "unspecified", ...amounts },
    ] as const;
  });
  const currencyOptions = { ...before, ...Object.fromEntries(others), [price.currency]: own };
  tx.putQuietly("price_details", { id: price.id, currencyOptions });
}

/** Builds a price; the caller puts it. */
export function newPrice(tx: Transaction, params: PriceFields, now: number): WirePrice {
  return {
    id: tx.newId("price_"),
    object: "price",
    active: params.active ?? true,
    billing_scheme: "per_unit",
    created: now,
    currency: params.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: params.lookup_key ?? null,
    metadata: mergeMetadata({}, params.metadata),
    nickname: params.nickname ?? null,
    product: params.product,
    recurring: params.recurring === undefined ? null : { ...params.recurring, meter: null, trial_period_days: null },
    tax_behavior: params.tax_behavior ?? "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: params.recurring === undefined ? "one_time" : "recurring",
    ...unitAmountsOf(params),
  } satisfies WirePrice;
}

/** Finds a price. Refuses: `resource_missing` naming the parameter. */
export function knownPrice(tx: Transaction, id: string, param?: string): WirePrice {
  const price = tx.get("price", id);
  if (price === undefined) throw resourceMissing("price", id, param);
  return price;
}

/** Frees a lookup key for its next holder. Refuses: a key that another price holds, unless it is transferred. */
function takeLookupKey(
  tx: Transaction,
  {
    key,
    owner,
    transfer,
  }: { readonly key: string | null | undefined; readonly owner: string | null; readonly transfer: boolean },
): void {
  if (key === undefined || key === null) return;
  const holder = tx.list("price").find((price) => price.lookup_key === key && price.id !== owner);
  if (holder === undefined) return;
  if (!transfer) {
    throw invalidRequest(`A price (\`${holder.id}\`) already uses that lookup key.`, { param: "lookup_key" });
  }
  tx.put("price", { ...holder, lookup_key: null });
}

/** What a product's first price is made of. */
export const defaultPriceData = z.strictObject({
  ...unitAmounts,
  currency: currency(),
  currency_options: options.optional(),
  metadata: fields.metadata,
  recurring: recurring.optional(),
  tax_behavior: fields.tax_behavior,
});

/** Creates a price. Refuses: both or none of whole and exact amount; an amount that the currency does not take. */
export function createPrice(
  tx: Transaction,
  {
    currency_options: others,
    ...given
  }: PriceFields & { readonly currency_options?: z.output<typeof options> | undefined },
  now: number,
): WirePrice {
  const price = newPrice(tx, given, now);
  assertPriceable(price.unit_amount ?? 0, price.currency, "unit_amount");
  tx.put("price", price);
  putOptions(tx, price, others);
  return price;
}

function recurs(
  rhythm: WirePrice["recurring"],
  wanted: { readonly interval?: string | undefined; readonly usage_type?: string | undefined } | undefined,
): boolean {
  if (wanted === undefined) return true;
  const { interval, usage_type: usage } = wanted;
  return (
    rhythm !== null &&
    (interval === undefined || rhythm.interval === interval) &&
    (usage === undefined || rhythm.usage_type === usage)
  );
}

/** The calls of `/v1/prices`. */
export const priceEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/prices",
    parameters: z.strictObject({
      ...fields,
      currency: currency(),
      ...unitAmounts,
      currency_options: options.optional(),
      product: text().optional(),
      product_data: z
        .strictObject({ id: text(64).optional(), name: text(), metadata: metadata().optional() })
        .optional(),
      recurring: recurring.optional(),
    }),
    run: (params, { tx, now }) => {
      const { product_data } = params;
      if ((params.product === undefined) === (product_data === undefined)) {
        throw invalidRequest("You must specify one of: product, product_data", { param: "product" });
      }
      takeLookupKey(tx, { key: params.lookup_key, owner: null, transfer: params.transfer_lookup_key });
      let product = params.product === undefined ? undefined : liveProduct(tx, params.product, "product");
      if (product === undefined && product_data !== undefined) {
        product = newProduct(tx, product_data, now);
        tx.put("product", product);
      }
      return createPrice(tx, { ...params, product: product?.id ?? "" }, now);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/prices",
    parameters: z.strictObject({
      ...listParameters,
      active: flag().optional(),
      currency: currency().optional(),
      product: text().optional(),
      lookup_keys: z.array(text(200)).max(10).optional(),
      type: z.enum(["one_time", "recurring"]).optional(),
      recurring: z
        .strictObject({
          interval: z.enum(["day", "week", "month", "year"]).optional(),
          usage_type: z.enum(["licensed", "metered"]).optional(),
        })
        .optional(),
    }),
    run: (params, { tx }) => {
      const found = tx
        .list("price")
        .filter(({ active }) => params.active === undefined || active === params.active)
        .filter((price) => params.currency === undefined || price.currency === params.currency)
        .filter(({ product }) => params.product === undefined || product === params.product)
        .filter(({ type }) => params.type === undefined || type === params.type)
        .filter(({ recurring: rhythm }) => recurs(rhythm, params.recurring))
        .filter(({ lookup_key: key }) => params.lookup_keys === undefined || params.lookup_keys.includes(key ?? ""));
      return pageOf(found, "/v1/prices", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/prices/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownPrice(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/prices/:id",
    parameters: z.strictObject({ ...fields, currency_options: options.optional() }),
    run: (params, { tx }, id) => {
      const { transfer_lookup_key: transfer, metadata: change, currency_options: others, ...rest } = params;
      knownPrice(tx, id);
      takeLookupKey(tx, { key: params.lookup_key, owner: id, transfer });
      const before = knownPrice(tx, id);
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const after = { ...before, ...given, metadata: mergeMetadata(before.metadata, change) };
      tx.put("price", after);
      putOptions(tx, after, others);
      return after;
    },
  }),
];
