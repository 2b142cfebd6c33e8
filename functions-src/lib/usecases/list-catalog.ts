import type { Pack, Plan } from "../domain/catalog";
import type { Instant } from "../domain/instant";
import type { Deps } from "./deps";

/** What `billing/catalog` answers. */
export interface CatalogAnswer {
  readonly ok: true;
  readonly plans: readonly Omit<Plan, "kind">[];
  readonly packs: readonly Omit<Pack, "kind">[];
}

/** Shows what is sold now. */
export async function listCatalog(deps: Deps, now: Instant): Promise<CatalogAnswer> {
  const { plans, packs } = await deps.catalog(now);
  return {
    ok: true,
    plans: plans.map(({ kind: _kind, ...plan }) => plan),
    packs: packs.map(({ kind: _kind, ...pack }) => pack),
  };
}
