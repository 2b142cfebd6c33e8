import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseTick } from "../../functions-src/lib/edge/parse/trigger-events";
import { sweepInbox } from "../../functions-src/lib/usecases/process-stripe-event";

export default defineTrigger({
  name: "inboxSweep",
  when: { kind: "scheduled", schedule: "* * * * *" },
  parse: parseTick,
  run: (deps, _tick, now) => sweepInbox(deps, now),
});
