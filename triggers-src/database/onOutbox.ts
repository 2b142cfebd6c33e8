import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseInsertEvent } from "../../functions-src/lib/edge/parse/trigger-events";
import { sendOutbox } from "../../functions-src/lib/usecases/send-outbox";

export default defineTrigger({
  name: "onOutbox",
  when: { kind: "database", collection: "outbox", operations: ["INSERT"] },
  parse: parseInsertEvent,
  run: sendOutbox,
});
