import { defineFunction } from "../lib/edge/define-function";
import { parsePurchase } from "../lib/edge/parse/billing";
import { showPurchase } from "../lib/usecases/show-purchase";

export default defineFunction({ name: "billing/purchase", access: "member", parse: parsePurchase, run: showPurchase });
