import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { pageOf, type ListParameters, type Page } from "../http/list";

/** Shows the refunds of a charge, newest first. */
export function refundsOfCharge(tx: Transaction, chargeId: string, params: ListParameters): Page<Stripe.Refund> {
  const refunds = tx.list("refund").filter(({ charge }) => charge === chargeId);
  return pageOf(refunds, `/v1/charges/${chargeId}/refunds`, params);
}
