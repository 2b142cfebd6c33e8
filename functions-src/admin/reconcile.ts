import { defineFunction } from "../lib/edge/define-function";
import { parseReconcile } from "../lib/edge/parse/admin";
import { reconcileStripe } from "../lib/usecases/reconcile-stripe";

export default defineFunction({
  name: "admin/reconcile",
  access: "operator",
  parse: parseReconcile,
  run: (deps, _caller, input, now) => reconcileStripe(deps, input, now),
});
