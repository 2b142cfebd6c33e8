import { defineFunction } from "../lib/edge/define-function";
import { parseRefund } from "../lib/edge/parse/admin";
import { requestRefund } from "../lib/usecases/request-refund";

export default defineFunction({ name: "admin/refund", access: "operator", parse: parseRefund, run: requestRefund });
