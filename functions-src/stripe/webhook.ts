import { defineEndpoint, headerOf } from "../lib/edge/define-endpoint";
import { receiveStripeEvent } from "../lib/usecases/receive-stripe-event";

export default defineEndpoint({
  name: "stripe/webhook",
  route: "/stripe/webhook",
  method: "POST",
  run: async (deps, request, now) => {
    const delivery = { rawBody: request.rawBody, signature: headerOf(request, "Stripe-Signature") };
    const received = await receiveStripeEvent(deps, delivery, now);
    return { status: received.kind === "rejected" ? 400 : 200, body: received };
  },
});
