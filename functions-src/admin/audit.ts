import { defineFunction } from "../lib/edge/define-function";
import { parseAudit } from "../lib/edge/parse/admin";
import { showAudit } from "../lib/usecases/show-audit";

export default defineFunction({ name: "admin/audit", access: "operator", parse: parseAudit, run: showAudit });
