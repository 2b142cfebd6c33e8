import { defineFunction } from "../lib/edge/define-function";
import { parseTransfer } from "../lib/edge/parse/wallet";
import { transfer } from "../lib/usecases/transfer";

export default defineFunction({ name: "wallet/transfer", access: "member", parse: parseTransfer, run: transfer });
