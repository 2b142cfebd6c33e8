import { defineFunction } from "../lib/edge/define-function";
import { parseAuthorize } from "../lib/edge/parse/wallet";
import { authorize } from "../lib/usecases/holds";

export default defineFunction({ name: "wallet/authorize", access: "member", parse: parseAuthorize, run: authorize });
