import type { Instant } from "../domain/instant";
import type { Deps } from "./deps";

/** What `/health` answers. */
export interface Health {
  readonly status: "ok" | "failing";
  readonly checks: Readonly<Record<"database" | "catalog", "ok" | "failing">>;
}

/** Checks what a spend and a purchase need: the database answers, and a catalog is published. */
export async function checkHealth(deps: Deps, now: Instant): Promise<Health> {
  const database = await deps.accounts.findUser("health-check").then(
    () => "ok" as const,
    () => "failing" as const,
  );
  const catalog = await deps.catalog(now).then(
    ({ plans }) => (plans.length > 0 ? ("ok" as const) : ("failing" as const)),
    () => "failing" as const,
  );
  return { status: database === "ok" && catalog === "ok" ? "ok" : "failing", checks: { database, catalog } };
}
