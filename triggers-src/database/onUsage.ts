import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseTick } from "../../functions-src/lib/edge/parse/trigger-events";
import { projectUsage } from "../../functions-src/lib/usecases/summarize-usage";

export default defineTrigger({
  name: "onUsage",
  when: { kind: "database", collection: "usageKeys", operations: ["INSERT"] },
  parse: parseTick,
  run: (deps) => projectUsage(deps),
});
