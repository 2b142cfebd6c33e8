import { defineFunction } from "../lib/edge/define-function";
import { parseReverse } from "../lib/edge/parse/admin";
import { reverseSpend } from "../lib/usecases/corrections";

export default defineFunction({ name: "admin/reverse", access: "operator", parse: parseReverse, run: reverseSpend });
