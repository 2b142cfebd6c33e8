import { z } from "zod";
import type { WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { text } from "../http/parameters";
import { invalidRequest, notSimulated, resourceMissing } from "../http/stripe-error";
import { formatAmount } from "../money/currency";
import { creditPayment } from "./credit-payment";
import { knownInvoice } from "./invoice-lines";
import { newInvoicePayment } from "./invoice-payments";
import { unpayable } from "./invoice-states";

/**
 * Attaches a payment intent to an open invoice; what it has received already is credited at once.
 * Refuses, in this order: an invoice that is not open; an intent that is not there, is canceled, is another customer's, has another currency,
 * pays an invoice already, or is for more than the invoice waits for.
 */
function attach(tx: Transaction, id: string, { intentId, now }: { intentId: string; now: number }): WireInvoice {
  const param = "payment_intent";
  const invoice = knownInvoice(tx, id);
  if (invoice.status !== "open") throw unpayable(invoice);
  const intent = tx.get("payment_intent", intentId);
  if (intent === undefined) throw resourceMissing("payment_intent", intentId, param);
  if (intent.status === "canceled") throw invalidRequest("A canceled payment cannot be attached.", { param });
  if (intent.customer !== invoice.customer) {
    throw invalidRequest("The payment must have the same customer as the invoice.", { param });
  }
  if (intent.currency !== invoice.currency) {
    throw invalidRequest("The payment must have the same currency as the invoice.", { param });
  }
  const pays = tx
    .list("invoice_payment")
    .some((one) => one.payment.payment_intent === intent.id && one.status !== "canceled");
  if (pays) throw invalidRequest("The payment is attached to an invoice already.", { param });
  if (intent.amount > invoice.amount_remaining) {
    const [asked, left] = [intent.amount, invoice.amount_remaining].map((one) => formatAmount(one, invoice.currency));
    throw invalidRequest(`The payment (${asked}) is greater than the remaining amount of the invoice (${left}).`, {
      param,
    });
  }
  const payment = newInvoicePayment(tx, { invoice: id, intent, now, by: "attachment" });
  return intent.status === "succeeded" ? creditPayment(tx, payment, { intent, now }) : invoice;
}

/** The call that attaches a payment to an invoice. */
export const attachPaymentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/attach_payment",
    parameters: z.strictObject({ payment_intent: text().optional(), payment_record: text().optional() }),
    run: ({ payment_intent: intentId, payment_record: record }, { tx, now }, id) => {
      if (record !== undefined) throw notSimulated("payment records", "payment_record");
      if (intentId === undefined) {
        throw invalidRequest("Missing required param: payment_intent.", {
          code: "parameter_missing",
          param: "payment_intent",
        });
      }
      return attach(tx, id, { intentId, now });
    },
  }),
];
