import { defineFunction } from "../lib/edge/define-function";
import { parseWebhooks } from "../lib/edge/parse/webhooks";
import { manageWebhooks } from "../lib/usecases/manage-webhooks";

export default defineFunction({
  name: "admin/webhooks",
  access: "operator",
  parse: parseWebhooks,
  run: manageWebhooks,
});
