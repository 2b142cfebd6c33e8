import { defineFunction } from "../lib/edge/define-function";
import { parseVerify } from "../lib/edge/parse/admin";
import { verifyLedger } from "../lib/usecases/verify-ledger";

export default defineFunction({
  name: "admin/verify",
  access: "operator",
  parse: parseVerify,
  run: (deps, _caller, input) => verifyLedger(deps, input),
});
