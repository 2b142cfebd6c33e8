import type Stripe from "stripe";
import type { WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { changeBalance } from "./balance-transactions";
import { knownInvoice } from "./invoice-lines";
import { cancelPayments, markPaymentPaid, requestAmount } from "./invoice-payments";
import { markPaid } from "./invoice-states";

/**
 * Credits what an intent has received to the invoice that it pays: in full, and the invoice is paid; in part, and the rest is still asked for;
 * too much, and the customer's balance gets what is over.
 */
export function creditPayment(
  tx: Transaction,
  payment: Stripe.InvoicePayment,
  { intent, now }: { readonly intent: Stripe.PaymentIntent; readonly now: number },
): WireInvoice {
  const invoice = knownInvoice(tx, String(payment.invoice));
  const amount = Math.min(intent.amount_received, invoice.amount_remaining);
  const overpaid = intent.amount_received - amount;
  markPaymentPaid(tx, payment, { now, amount });
  if (amount < invoice.amount_remaining) return creditPart(tx, invoice, amount);
  cancelPayments(tx, invoice.id, now);
  const paid = markPaid(tx, { ...invoice, amount_overpaid: invoice.amount_overpaid + overpaid }, { now, amount });
  if (overpaid > 0) {
    const { customer, currency } = invoice;
    changeBalance(tx, { customer, type: "invoice_overpaid", amount: -overpaid, currency, now, invoice: invoice.id });
  }
  return paid;
}

function creditPart(tx: Transaction, invoice: WireInvoice, amount: number): WireInvoice {
  const after: WireInvoice = {
    ...invoice,
    amount_paid: invoice.amount_paid + amount,
    amount_remaining: invoice.amount_remaining - amount,
  };
  tx.put("invoice", after);
  requestAmount(tx, invoice.id, after.amount_remaining);
  return after;
}
