import { defineFunction } from "../lib/edge/define-function";
import { parseStanding } from "../lib/edge/parse/admin";
import { freezeAccount } from "../lib/usecases/standing";

export default defineFunction({ name: "admin/freeze", access: "operator", parse: parseStanding, run: freezeAccount });
