import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseInsertEvent } from "../../functions-src/lib/edge/parse/trigger-events";
import { processStripeEvent } from "../../functions-src/lib/usecases/process-stripe-event";

export default defineTrigger({
  name: "onStripeEvent",
  when: { kind: "database", collection: "stripeEvents", operations: ["INSERT"] },
  parse: parseInsertEvent,
  run: processStripeEvent,
});
