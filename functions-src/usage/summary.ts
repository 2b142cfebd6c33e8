import { defineFunction } from "../lib/edge/define-function";
import { parseSummary } from "../lib/edge/parse/usage";
import { summarizeUsage } from "../lib/usecases/summarize-usage";

export default defineFunction({ name: "usage/summary", access: "member", parse: parseSummary, run: summarizeUsage });
