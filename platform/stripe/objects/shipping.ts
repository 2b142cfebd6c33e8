import type Stripe from "stripe";
import { z } from "zod";
import { address, givenOf, text } from "../http/parameters";

/** Where a payment's goods go, as calls name it. */
export const shippingParameters = z.strictObject({
  address: address(),
  carrier: text().optional(),
  name: text(),
  phone: text(20).optional(),
  tracking_number: text().optional(),
});

/** Shows on an intent or a charge where its goods go. */
export function shippingOf({ address: to, ...rest }: z.output<typeof shippingParameters>): Stripe.Charge.Shipping {
  const nothing = { carrier: null, phone: null, tracking_number: null };
  return { ...nothing, ...givenOf(rest), ...(to === null ? {} : { address: to }) };
}
