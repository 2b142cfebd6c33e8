import { defineFunction } from "../lib/edge/define-function";
import { parseStanding } from "../lib/edge/parse/admin";
import { unfreezeAccount } from "../lib/usecases/standing";

export default defineFunction({
  name: "admin/unfreeze",
  access: "operator",
  parse: parseStanding,
  run: unfreezeAccount,
});
