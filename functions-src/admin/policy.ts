import { defineFunction } from "../lib/edge/define-function";
import { parsePolicy } from "../lib/edge/parse/admin";
import { setPolicy } from "../lib/usecases/settings";

export default defineFunction({ name: "admin/policy", access: "operator", parse: parsePolicy, run: setPolicy });
