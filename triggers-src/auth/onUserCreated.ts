import { defineTrigger } from "../../functions-src/lib/edge/define-trigger";
import { parseAuthEvent } from "../../functions-src/lib/edge/parse/trigger-events";
import { ensureUser } from "../../functions-src/lib/usecases/ensure-user";

export default defineTrigger({
  name: "onUserCreated",
  when: { kind: "auth", operation: "CREATE", providers: ["local-userpass", "anon-user"] },
  parse: parseAuthEvent,
  run: async (deps, person, now) => person !== null && ensureUser(deps, person, now),
});
