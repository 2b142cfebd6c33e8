import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseTick } from "../../functions-src/lib/edge/parse/trigger-events";
import { SYSTEM_ACTORS } from "../../functions-src/lib/usecases/audit";
import { reconcileStripe } from "../../functions-src/lib/usecases/reconcile-stripe";

/** The hour of the day (UTC) in which everything is compared, object by object. */
const FULL_HOUR = 3;

export default defineTrigger({
  name: "reconcileStripe",
  when: { kind: "scheduled", schedule: "0 * * * *" },
  parse: parseTick,
  run: (deps, _tick, now) => {
    const depth = new Date(now).getUTCHours() === FULL_HOUR ? "full" : "events";
    return reconcileStripe(deps, SYSTEM_ACTORS.reconciler, { accountId: null, dryRun: false, depth }, now);
  },
});
