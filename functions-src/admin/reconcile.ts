import { defineFunction } from "../lib/edge/define-function";
import { parseReconcile } from "../lib/edge/parse/admin";
import { actorOf } from "../lib/usecases/operation";
import { reconcileStripe } from "../lib/usecases/reconcile-stripe";

export default defineFunction({
  name: "admin/reconcile",
  access: "operator",
  parse: parseReconcile,
  run: (deps, caller, input, now) => reconcileStripe(deps, actorOf(caller), input, now),
});
