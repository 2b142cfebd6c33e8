import { defineFunction } from "../lib/edge/define-function";
import { parseExtend } from "../lib/edge/parse/wallet";
import { extend } from "../lib/usecases/holds";

export default defineFunction({ name: "wallet/extend", access: "member", parse: parseExtend, run: extend });
