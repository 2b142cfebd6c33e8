import { defineFunction } from "../lib/edge/define-function";
import { parseCapture } from "../lib/edge/parse/wallet";
import { capture } from "../lib/usecases/holds";

export default defineFunction({ name: "wallet/capture", access: "member", parse: parseCapture, run: capture });
