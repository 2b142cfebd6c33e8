import { defineFunction } from "../lib/edge/define-function";
import { parseBatch } from "../lib/edge/parse/wallet";
import { runBatch } from "../lib/usecases/batch";

export default defineFunction({ name: "wallet/batch", access: "member", parse: parseBatch, run: runBatch });
