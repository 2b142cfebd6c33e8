import { defineFunction } from "../lib/edge/define-function";
import { parseConsume } from "../lib/edge/parse/wallet";
import { consume } from "../lib/usecases/consume";

export default defineFunction({ name: "wallet/consume", access: "member", parse: parseConsume, run: consume });
