import type { Delivery } from "../core/kinds";
import { signDelivery } from "./sign";

/** Faults of the signature spoil the first try only, so that a receiver which refuses it gets a sound one later. */
const isFirst = ({ attempts }: Delivery): boolean => attempts === 0;

/** Tells whether a try gets lost on its way. */
export function isLostOnTheWay(delivery: Delivery): boolean {
  return delivery.fault?.kind === "drop_until_retry" && isFirst(delivery);
}

/** Writes the body of a delivery, as wrong as its fault wants it. */
export function bodyOf(event: object, { fault }: Delivery): string {
  const write = (told: object): string => JSON.stringify(told, null, 2);
  switch (fault?.kind) {
    case "livemode":
      return write({ ...event, livemode: true });
    case "api_version":
      return write({ ...event, api_version: fault.version });
    case "unknown_type":
      return write({ ...event, type: fault.type });
    case "oversize":
      return write({ ...event, padding: "x".repeat(fault.bytes) });
    default:
      return write(event);
  }
}

/** Signs the body of a delivery at sending: a retry is as fresh as a first try. Units: unix seconds. */
export function signatureOf(
  body: string,
  delivery: Delivery,
  { secrets, nowSeconds }: { readonly secrets: readonly string[]; readonly nowSeconds: number },
): string {
  const { fault } = delivery;
  if (fault?.kind === "wrong_secret" && isFirst(delivery)) return signDelivery(body, ["whsec_of_nobody"], nowSeconds);
  const age = fault?.kind === "expired_timestamp" && isFirst(delivery) ? fault.ageSeconds : 0;
  return signDelivery(body, secrets, nowSeconds - age);
}
