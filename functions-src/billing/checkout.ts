import { defineFunction } from "../lib/edge/define-function";
import { parseCheckout } from "../lib/edge/parse/billing";
import { startCheckout } from "../lib/usecases/start-checkout";

export default defineFunction({ name: "billing/checkout", access: "member", parse: parseCheckout, run: startCheckout });
