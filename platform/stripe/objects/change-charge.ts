import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { givenOf, mergeMetadata, metadata, text, unsettableText } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { liveCustomer } from "./customers";
import { shippingOf, shippingParameters } from "./shipping";

const changes = z.strictObject({
  customer: text().optional(),
  description: unsettableText().optional(),
  fraud_details: z.strictObject({ user_report: z.enum(["fraudulent", "safe", ""]) }).optional(),
  metadata: metadata().optional(),
  receipt_email: unsettableText(512).optional(),
  shipping: shippingParameters.optional(),
});

/** Writes notes on a charge; what was paid stays as it is. Refuses: another customer than the one it has. */
function change(
  tx: Transaction,
  id: string,
  { customer, fraud_details: fraud, shipping, metadata: given, ...rest }: z.output<typeof changes>,
): Stripe.Charge {
  const before = tx.get("charge", id);
  if (before === undefined) throw resourceMissing("charge", id);
  if (customer !== undefined && before.customer !== null && before.customer !== customer) {
    throw invalidRequest("The customer of a charge cannot be changed.", { param: "customer" });
  }
  const after: Stripe.Charge = {
    ...before,
    ...givenOf(rest),
    ...(customer === undefined ? {} : { customer: liveCustomer(tx, customer, "customer").id }),
    ...(fraud === undefined ? {} : { fraud_details: reported(before, fraud.user_report) }),
    ...(shipping === undefined ? {} : { shipping: shippingOf(shipping) }),
    metadata: mergeMetadata(before.metadata, given),
  };
  tx.put("charge", after);
  return after;
}

/** What the account says about fraud; the empty text takes it back. */
function reported(charge: Stripe.Charge, report: "fraudulent" | "safe" | ""): Stripe.Charge.FraudDetails {
  const { user_report: _before, ...rest } = charge.fraud_details ?? {};
  return report === "" ? rest : { ...rest, user_report: report };
}

/** The call that changes a charge. */
export const chargeChangeEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/charges/:id",
    parameters: changes,
    run: (params, { tx }, id) => change(tx, id, params),
  }),
];
