import { defineFunction } from "../lib/edge/define-function";
import { parseDrifts } from "../lib/edge/parse/admin";
import { showDrifts } from "../lib/usecases/show-drifts";

export default defineFunction({ name: "admin/drifts", access: "operator", parse: parseDrifts, run: showDrifts });
