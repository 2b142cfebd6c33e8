import { defineFunction } from "../lib/edge/define-function";
import { parseVoid } from "../lib/edge/parse/admin";
import { voidRest } from "../lib/usecases/corrections";

export default defineFunction({ name: "admin/void", access: "operator", parse: parseVoid, run: voidRest });
