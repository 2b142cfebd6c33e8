import { defineFunction } from "../lib/edge/define-function";
import { parseAdjust } from "../lib/edge/parse/admin";
import { adjustBalance } from "../lib/usecases/corrections";

export default defineFunction({ name: "admin/adjust", access: "operator", parse: parseAdjust, run: adjustBalance });
