import { defineFunction } from "../lib/edge/define-function";
import { parseNothing } from "../lib/edge/parse/billing";
import { showMe } from "../lib/usecases/show-me";

export default defineFunction({
  name: "account/me",
  access: "caller",
  parse: parseNothing,
  run: (deps, caller, _input, now) => showMe(deps, caller, now),
});
