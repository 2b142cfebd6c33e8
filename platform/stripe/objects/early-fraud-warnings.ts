import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { listParameters, text } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";

const PATH = "/v1/radar/early_fraud_warnings";

/** The calls of `/v1/radar/early_fraud_warnings`. */
export const earlyFraudWarningEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "GET",
    path: PATH,
    parameters: z.strictObject({ ...listParameters, charge: text().optional(), payment_intent: text().optional() }),
    run: (params, { tx }) => {
      const found = tx
        .list("radar.early_fraud_warning")
        .filter(({ charge }) => params.charge === undefined || charge === params.charge)
        .filter((warning) => params.payment_intent === undefined || warning.payment_intent === params.payment_intent);
      return pageOf(found, PATH, params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: `${PATH}/:id`,
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownWarning(tx, id),
  }),
];

function knownWarning(tx: Transaction, id: string): Stripe.Radar.EarlyFraudWarning {
  const warning = tx.get("radar.early_fraud_warning", id);
  if (warning === undefined) throw resourceMissing("early fraud warning", id);
  return warning;
}
