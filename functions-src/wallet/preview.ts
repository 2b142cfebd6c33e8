import { defineFunction } from "../lib/edge/define-function";
import { parsePreview } from "../lib/edge/parse/wallet";
import { previewSpend } from "../lib/usecases/preview";

export default defineFunction({ name: "wallet/preview", access: "member", parse: parsePreview, run: previewSpend });
