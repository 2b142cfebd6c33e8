import type { Drift } from "../domain/drift";
import type { Caller } from "./caller";
import type { Deps } from "./deps";

/** What `admin/drifts` answers, the newest first. */
export interface DriftsAnswer {
  readonly ok: true;
  readonly drifts: readonly (Omit<Drift, "at"> & { readonly at: Date })[];
}

/** Shows where we and Stripe disagreed, and what was done about it. */
export async function showDrifts(
  deps: Deps,
  _caller: Caller,
  input: { readonly state: Drift["action"] | null; readonly limit: number },
): Promise<DriftsAnswer> {
  const drifts = await deps.drifts.list({ action: input.state, limit: input.limit });
  return { ok: true, drifts: drifts.map((drift) => ({ ...drift, at: new Date(drift.at) })) };
}
