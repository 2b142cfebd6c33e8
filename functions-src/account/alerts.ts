import { defineFunction } from "../lib/edge/define-function";
import { parseAlerts } from "../lib/edge/parse/wallet";
import { setAlerts } from "../lib/usecases/settings";

export default defineFunction({ name: "account/alerts", access: "member", parse: parseAlerts, run: setAlerts });
