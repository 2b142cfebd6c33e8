import { AppError } from "../domain/app-error";
import { type FeatureTerms, freePlanOf } from "../domain/catalog";
import { DEFAULT_HOLD_TERMS, type HoldTerms } from "../domain/hold";
import type { Instant } from "../domain/instant";
import type { Deps } from "./deps";

/** What the account's plan lets captures of a feature's holds do. */
export async function holdTerms(deps: Pick<Deps, "catalog">, feature: string, now: Instant): Promise<HoldTerms> {
  const terms = freePlanOf(await deps.catalog(now))?.features[feature];
  return terms?.kind === "metered" ? terms.holds : DEFAULT_HOLD_TERMS;
}

/**
 * What the account's plan says of a metered feature; null = the plan does not have it. Every account is on the free plan
 * until plans can be bought.
 * Throws: AppError `unavailable` while no catalog is published.
 */
export async function meteredTerms(
  deps: Pick<Deps, "catalog">,
  feature: string,
  now: Instant,
): Promise<Extract<FeatureTerms, { kind: "metered" }> | null> {
  const plan = freePlanOf(await deps.catalog(now));
  if (plan === null) throw new AppError("unavailable", "No catalog is published yet: publish one, then try again");
  const terms = plan.features[feature];
  return terms?.kind === "metered" ? terms : null;
}
