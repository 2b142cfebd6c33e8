import { defineEndpoint } from "../lib/edge/define-endpoint";
import { checkHealth } from "../lib/usecases/check-health";

export default defineEndpoint({
  name: "http/health",
  route: "/health",
  method: "GET",
  run: async (deps, _request, now) => {
    const health = await checkHealth(deps, now);
    return { status: health.status === "ok" ? 200 : 503, body: health };
  },
});
