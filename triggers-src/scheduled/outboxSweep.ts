import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseTick } from "../../functions-src/lib/edge/parse/trigger-events";
import { sweepOutbox } from "../../functions-src/lib/usecases/send-outbox";

export default defineTrigger({
  name: "outboxSweep",
  when: { kind: "scheduled", schedule: "* * * * *" },
  parse: parseTick,
  run: (deps, _tick, now) => sweepOutbox(deps, now),
});
