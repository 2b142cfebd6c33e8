import { defineFunction } from "../lib/edge/define-function";
import { parseExplain } from "../lib/edge/parse/wallet";
import { explain } from "../lib/usecases/explain";

export default defineFunction({ name: "wallet/explain", access: "member", parse: parseExplain, run: explain });
