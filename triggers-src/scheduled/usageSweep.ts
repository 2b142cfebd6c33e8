import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseTick } from "../../functions-src/lib/edge/parse/trigger-events";
import { projectUsage } from "../../functions-src/lib/usecases/summarize-usage";

export default defineTrigger({
  name: "usageSweep",
  when: { kind: "scheduled", schedule: "*/5 * * * *" },
  parse: parseTick,
  run: (deps) => projectUsage(deps),
});
