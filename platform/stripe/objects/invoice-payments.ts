import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf, type Page } from "../http/list";
import { listParameters, text } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";

/** `open` until its payment intent succeeds (`paid`), or the invoice is settled in another way or voided (`canceled`). */
type InvoicePayment = Stripe.InvoicePayment;

/** Ties a payment intent to an invoice. */
export function newInvoicePayment(
  tx: Transaction,
  { invoice, intent, now }: { readonly invoice: string; readonly intent: Stripe.PaymentIntent; readonly now: number },
): InvoicePayment {
  const payment = {
    id: tx.newId("inpay_"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: intent.amount,
    created: now,
    currency: intent.currency,
    invoice,
    is_default: true,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent.id },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  } satisfies InvoicePayment;
  tx.put("invoice_payment", payment);
  return payment;
}

/** Finds the payment that an invoice waits for. */
export function openPaymentOf(tx: Pick<Transaction, "list">, invoice: string): InvoicePayment | undefined {
  return tx.list("invoice_payment").find((payment) => payment.invoice === invoice && payment.status === "open");
}

/** Finds the open payment that an intent is to make. */
export function openPaymentBy(tx: Pick<Transaction, "list">, intent: string): InvoicePayment | undefined {
  return tx
    .list("invoice_payment")
    .find(({ payment, status }) => payment.payment_intent === intent && status === "open");
}

/** Finds the intent that an invoice waits for. */
export function openIntentOf(tx: Transaction, invoice: string): Stripe.PaymentIntent | undefined {
  const intent = openPaymentOf(tx, invoice)?.payment.payment_intent;
  return typeof intent === "string" ? tx.get("payment_intent", intent) : undefined;
}

/** Finds the intents that have paid an invoice, the latest first. */
export function paidIntentsOf(tx: Pick<Transaction, "get" | "list">, invoice: string): readonly Stripe.PaymentIntent[] {
  return tx
    .list("invoice_payment")
    .filter((payment) => payment.invoice === invoice && payment.status === "paid")
    .flatMap(({ payment: { payment_intent: id } }) =>
      typeof id === "string" ? (tx.get("payment_intent", id) ?? []) : [],
    );
}

/** Marks a payment as made. */
export function markPaymentPaid(tx: Transaction, payment: InvoicePayment, now: number): void {
  tx.put("invoice_payment", {
    ...payment,
    amount_paid: payment.amount_requested,
    status: "paid",
    status_transitions: { ...payment.status_transitions, paid_at: now },
  });
}

/** Cancels what an invoice still waits for, its payment intent included. */
export function cancelPayments(tx: Transaction, invoice: string, now: number): void {
  const payment = openPaymentOf(tx, invoice);
  const intent = openIntentOf(tx, invoice);
  if (payment === undefined) return;
  tx.put("invoice_payment", {
    ...payment,
    status: "canceled",
    status_transitions: { ...payment.status_transitions, canceled_at: now },
  });
  if (intent === undefined) return;
  tx.put("payment_intent", {
    ...intent,
    canceled_at: now,
    cancellation_reason: "void_invoice",
    status: "canceled",
  });
}

/** Changes what an invoice still waits for. Units: minor units. */
export function requestAmount(tx: Transaction, invoice: string, amount: number): void {
  const payment = openPaymentOf(tx, invoice);
  const intent = openIntentOf(tx, invoice);
  if (payment !== undefined) tx.put("invoice_payment", { ...payment, amount_requested: amount });
  if (intent !== undefined) tx.put("payment_intent", { ...intent, amount });
}

/** Lists the payments of an invoice, as `expand` shows them. */
export function paymentsOf(tx: Transaction, invoice: string): Page<InvoicePayment> {
  const found = tx.list("invoice_payment").filter((payment) => payment.invoice === invoice);
  return pageOf(found, `/v1/invoice_payments?invoice=${invoice}`, { limit: 10 });
}

/** Shows the secret that a page confirms the payment with; null when nothing is to be paid. */
export function confirmationSecretOf(tx: Transaction, invoice: string): Stripe.Invoice.ConfirmationSecret | null {
  const secret = openIntentOf(tx, invoice)?.client_secret;
  return typeof secret === "string" ? { client_secret: secret, type: "payment_intent" } : null;
}

/** The calls of `/v1/invoice_payments`. */
export const invoicePaymentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "GET",
    path: "/v1/invoice_payments",
    parameters: z.strictObject({
      ...listParameters,
      invoice: text().optional(),
      payment: z
        .strictObject({
          type: z.enum(["payment_intent", "payment_record"]),
          payment_intent: text().optional(),
          payment_record: text().optional(),
        })
        .optional(),
      status: z.enum(["canceled", "open", "paid"]).optional(),
    }),
    run: ({ payment: wanted, ...params }, { tx }) => {
      const found = tx
        .list("invoice_payment")
        .filter(({ invoice }) => params.invoice === undefined || invoice === params.invoice)
        .filter(({ status }) => params.status === undefined || status === params.status)
        .filter(({ payment }) => wanted === undefined || payment.type === wanted.type)
        .filter(({ payment }) => {
          return wanted?.payment_intent === undefined || payment.payment_intent === wanted.payment_intent;
        });
      return pageOf(found, "/v1/invoice_payments", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/invoice_payments/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const payment = tx.get("invoice_payment", id);
      if (payment === undefined) throw resourceMissing("invoice payment", id);
      return payment;
    },
  }),
];
