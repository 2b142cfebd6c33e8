import { defineFunction } from "../lib/edge/define-function";
import { parseRelease } from "../lib/edge/parse/wallet";
import { release } from "../lib/usecases/holds";

export default defineFunction({ name: "wallet/release", access: "member", parse: parseRelease, run: release });
