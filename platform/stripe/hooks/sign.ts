import { createHmac } from "node:crypto";

/** Signs the exact bytes of a delivery, with one signature for each secret that is active. Units: unix seconds. */
export function signDelivery(body: string, secrets: readonly string[], nowSeconds: number): string {
  const signatures = secrets.map((secret) => {
    const digest = createHmac("sha256", secret).update(`${nowSeconds}.${body}`).digest("hex");
    return `v1=${digest}`;
  });
  return [`t=${nowSeconds}`, ...signatures].join(",");
}
