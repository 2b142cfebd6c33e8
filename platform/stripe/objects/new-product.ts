import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { mergeMetadata } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";

interface ProductFields {
  readonly id?: string | undefined;
  readonly name: string;
  readonly active?: boolean | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly images?: string[] | undefined;
  readonly unit_label?: string | null | undefined;
  readonly marketing_features?: { name: string }[] | undefined;
  readonly package_dimensions?: Stripe.Product.PackageDimensions | null | undefined;
  readonly shippable?: boolean | undefined;
  readonly statement_descriptor?: string | null | undefined;
  readonly type?: "good" | "service" | undefined;
  readonly url?: string | null | undefined;
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
    marketing_features: params.marketing_features ?? [],
    metadata: mergeMetadata({}, params.metadata),
    name: params.name,
    package_dimensions: params.package_dimensions ?? null,
    shippable: params.shippable ?? null,
    statement_descriptor: params.statement_descriptor ?? null,
    tax_code: null,
    tax_details: null,
    type: params.type ?? "service",
    unit_label: params.unit_label ?? null,
    updated: now,
    url: params.url ?? null,
  } satisfies Stripe.Product;
}

/** Finds a product that is not deleted. Refuses: `resource_missing` naming the parameter. */
export function liveProduct(tx: Transaction, id: string, param?: string): Stripe.Product {
  const product = tx.get("product", id);
  if (product === undefined || "deleted" in product) throw resourceMissing("product", id, param);
  return product as Stripe.Product;
}
