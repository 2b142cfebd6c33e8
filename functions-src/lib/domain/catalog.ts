import type { Amount } from "./amount";
import type { FeaturePrice } from "./feature-price";
import type { HoldTerms } from "./hold";

/** What a feature of a plan allows. */
export type FeatureTerms =
  | { readonly kind: "boolean"; readonly enabled: boolean }
  | { readonly kind: "limit"; readonly limit: Amount }
  | {
      readonly kind: "metered";
      readonly limit: Amount | null;
      readonly hard: boolean;
      /** What a use costs; null = it is counted and costs nothing. */
      readonly price: FeaturePrice | null;
      readonly holds: HoldTerms;
    };

/** A price in the smallest unit of its currency. */
export interface Price {
  readonly amountMinor: Amount;
  readonly currency: string;
}

/** One version of a tier. A version never changes; a new one is published beside it. */
export interface Plan {
  readonly kind: "plan";
  readonly id: string;
  readonly version: number;
  readonly group: string;
  readonly rank: number;
  readonly name: string;
  readonly interval: "month" | "year" | null;
  readonly price: Price;
  /** Units given once at sign-up, as a promo lot without end. */
  readonly signupTokens: Amount;
  /** Units given for each paid month. */
  readonly monthlyTokens: Amount;
  readonly rollover: { readonly percent: number; readonly periods: number } | null;
  readonly trial: { readonly days: number; readonly tokens: Amount } | null;
  readonly features: Readonly<Record<string, FeatureTerms>>;
}

/** One version of a one-off purchase. */
export interface Pack {
  readonly kind: "pack";
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly price: Price;
  readonly tokens: Amount;
  /** Days from the purchase to the end of the lot; null = never. */
  readonly lifeDays: number | null;
}

/** The newest version of everything that is sold. */
export interface Catalog {
  readonly plans: readonly Plan[];
  readonly packs: readonly Pack[];
}

/** An item without its version: what a catalog file says. */
export type CatalogItem = Plan | Pack;
export type CatalogItemTerms = Omit<Plan, "version"> | Omit<Pack, "version">;

/** The id under which a version is stored. */
export function versionIdOf(item: Pick<CatalogItem, "id" | "version">): string {
  return `${item.id}@${item.version}`;
}

/** The plan that an account has before it buys one: the lowest rank, at no price. */
export function freePlanOf(catalog: Catalog): Plan | null {
  const free = catalog.plans.filter((plan) => plan.price.amountMinor === 0);
  return free.sort((left, right) => left.rank - right.rank)[0] ?? null;
}

/** Picks the newest version of each id out of all published versions. */
export function newestVersions(items: readonly CatalogItem[]): Catalog {
  const newest = new Map<string, CatalogItem>();
  for (const item of items) {
    const known = newest.get(`${item.kind}:${item.id}`);
    if (known === undefined || known.version < item.version) newest.set(`${item.kind}:${item.id}`, item);
  }
  const all = [...newest.values()];
  return {
    plans: all
      .filter((item): item is Plan => item.kind === "plan")
      .sort((left, right) => left.rank - right.rank || left.price.amountMinor - right.price.amountMinor),
    packs: all
      .filter((item): item is Pack => item.kind === "pack")
      .sort((left, right) => left.price.amountMinor - right.price.amountMinor),
  };
}
