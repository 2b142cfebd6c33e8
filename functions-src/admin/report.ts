import { defineFunction } from "../lib/edge/define-function";
import { parseReport } from "../lib/edge/parse/admin";
import { reportRefunds } from "../lib/usecases/report-refunds";

export default defineFunction({ name: "admin/report", access: "operator", parse: parseReport, run: reportRefunds });
