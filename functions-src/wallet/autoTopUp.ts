import { defineFunction } from "../lib/edge/define-function";
import { parseAutoTopUp } from "../lib/edge/parse/billing";
import { setAutoTopUp } from "../lib/usecases/set-auto-top-up";

export default defineFunction({ name: "wallet/autoTopUp", access: "member", parse: parseAutoTopUp, run: setAutoTopUp });
