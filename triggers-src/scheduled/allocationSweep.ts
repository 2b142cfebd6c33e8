import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseTick } from "../../functions-src/lib/edge/parse/trigger-events";
import { sweepWallets } from "../../functions-src/lib/usecases/sweep-wallets";

export default defineTrigger({
  name: "allocationSweep",
  when: { kind: "scheduled", schedule: "*/5 * * * *" },
  parse: parseTick,
  run: (deps, _tick, now) => sweepWallets(deps, now),
});
