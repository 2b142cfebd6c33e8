import { defineFunction } from "../lib/edge/define-function";
import { parseNothing } from "../lib/edge/parse/billing";
import { listCatalog } from "../lib/usecases/list-catalog";

export default defineFunction({
  name: "billing/catalog",
  access: "caller",
  parse: parseNothing,
  run: (deps, _caller, _input, now) => listCatalog(deps, now),
});
