import Stripe from "stripe";

/** How far the time of a delivery may lie from ours, either way. */
const TOLERANCE_SECONDS = 300;

/** A delivery whose signature is good, or the reason why it is not believed. */
export type SignatureCheck = { readonly event: Stripe.Event } | { readonly rejected: string };

/**
 * Checks `Stripe-Signature` over the exact body. Any current secret may have signed it, in constant time, and its time may
 * lie 300 s off either way (the SDK alone lets times of the future pass).
 */
export async function verifySignature(
  delivery: { readonly rawBody: string; readonly signature: string | null; readonly nowSeconds: number },
  secrets: readonly string[],
): Promise<SignatureCheck> {
  if (delivery.signature === null) return { rejected: "no Stripe-Signature header" };
  const time = /(?:^|,)\s*t=(\d{1,12})(?:,|$)/.exec(delivery.signature)?.[1];
  if (time === undefined) return { rejected: "Stripe-Signature has no time" };
  const offsetSeconds = Number(time) - delivery.nowSeconds;
  if (Math.abs(offsetSeconds) > TOLERANCE_SECONDS) {
    return {
      rejected: `signed ${Math.abs(offsetSeconds)} s ${offsetSeconds > 0 ? "in the future" : "ago"}, at most 300 s are accepted`,
    };
  }
  for (const secret of secrets) {
    try {
      // The age was checked above against the caller's clock, so the SDK's own check is switched off.
      const event = await Stripe.webhooks.constructEventAsync(delivery.rawBody, delivery.signature, secret, 0);
      return { event };
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) {
        return { rejected: "the signed body is not a Stripe event" };
      }
    }
  }
  return { rejected: "no current secret matches the signature: wrong secret, or a proxy changed the body" };
}
