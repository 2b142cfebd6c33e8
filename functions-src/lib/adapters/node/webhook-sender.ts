import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { WebhookSender } from "../../ports/webhooks";

const SECRET_BYTES = 32;
const TIMEOUT_MS = 15_000;

/** Makes the sender of the Standard Webhooks scheme over Node's fetch. */
export function createWebhookSender(): WebhookSender {
  return {
    newSecret: () => `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`,
    newId: (prefix) => `${prefix}_${randomBytes(16).toString("hex")}`,
    send: async ({ url, messageId, body, secrets, now }) => {
      const signatures = secrets.map((secret) => new Webhook(secret).sign(messageId, new Date(now), body));
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          "content-type": "application/json",
          "user-agent": "Tollkeeper",
          "webhook-id": messageId,
          "webhook-timestamp": String(Math.floor(now / 1000)),
          "webhook-signature": signatures.join(" "),
        },
        body,
      });
      // Nobody reads the answer; an unread body would hold the connection.
      await response.body?.cancel();
      return response.status;
    },
  };
}
