import { defineFunction } from "../lib/edge/define-function";
import { parseTrace } from "../lib/edge/parse/admin";
import { trace } from "../lib/usecases/trace";

export default defineFunction({ name: "admin/trace", access: "operator", parse: parseTrace, run: trace });
