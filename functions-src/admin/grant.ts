import { defineFunction } from "../lib/edge/define-function";
import { parseGrant } from "../lib/edge/parse/admin";
import { grantTokens } from "../lib/usecases/grant-tokens";

export default defineFunction({ name: "admin/grant", access: "operator", parse: parseGrant, run: grantTokens });
