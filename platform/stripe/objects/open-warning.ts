import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import { isActionable } from "./review-warnings";

/** What an issuer can say of a fraud. */
export const FRAUD_TYPES = [
  "card_never_received",
  "fraudulent_card_application",
  "made_with_counterfeit_card",
  "made_with_lost_card",
  "made_with_stolen_card",
  "misc",
  "unauthorized_use_of_card",
] as const;

export type FraudType = (typeof FRAUD_TYPES)[number];

/** Opens an early fraud warning, as an issuer does when its customer reports fraud. Refuses: a charge that was not paid. */
export function openWarning(
  tx: Transaction,
  charge: Stripe.Charge,
  { fraudType, now }: { readonly fraudType: FraudType; readonly now: number },
): Stripe.Radar.EarlyFraudWarning {
  if (!charge.paid) throw invalidRequest(`The charge ${charge.id} was not paid and cannot be reported as fraud`);
  const warning = {
    id: tx.newId("issfr_"),
    object: "radar.early_fraud_warning",
    actionable: isActionable(charge),
    charge: charge.id,
    created: now,
    fraud_type: fraudType,
    livemode: false,
    ...(typeof charge.payment_intent === "string" ? { payment_intent: charge.payment_intent } : {}),
  } satisfies Stripe.Radar.EarlyFraudWarning;
  tx.put("radar.early_fraud_warning", warning);
  return warning;
}
