import { defineFunction } from "../lib/edge/define-function";
import { parseWriteOff } from "../lib/edge/parse/admin";
import { writeOffDebt } from "../lib/usecases/corrections";

export default defineFunction({ name: "admin/writeOff", access: "operator", parse: parseWriteOff, run: writeOffDebt });
