import { defineFunction } from "../lib/edge/define-function";
import { parseReport } from "../lib/edge/parse/usage";
import { reportUsage } from "../lib/usecases/report-usage";

export default defineFunction({ name: "usage/report", access: "member", parse: parseReport, run: reportUsage });
