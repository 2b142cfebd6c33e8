import { defineFunction } from "../lib/edge/define-function";
import { parseHistory } from "../lib/edge/parse/wallet";
import { readHistory } from "../lib/usecases/read-history";

export default defineFunction({ name: "wallet/history", access: "member", parse: parseHistory, run: readHistory });
