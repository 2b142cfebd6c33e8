import { defineFunction } from "../lib/edge/define-function";
import { parseBalance } from "../lib/edge/parse/wallet";
import { readBalance } from "../lib/usecases/read-balance";

export default defineFunction({ name: "wallet/balance", access: "member", parse: parseBalance, run: readBalance });
