import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf, type Page } from "../http/list";
import { listParameters, text } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";

/**
 * `open` until its payment intent succeeds (`paid`), or the invoice is settled in another way or voided, or an attached intent is canceled
 * (`canceled`). The default one is made with the invoice and asks for all that is left; others are attached.
 */
type InvoicePayment = Stripe.InvoicePayment;

/** Ties a payment intent to an invoice: its own by default, or one that is attached. */
export function newInvoicePayment(
  tx: Transaction,
  {
    invoice,
    intent,
    now,
    by = "invoice",
  }: {
    readonly invoice: string;
    readonly intent: Stripe.PaymentIntent;
    readonly now: number;
    readonly by?: "invoice" | "attachment";
  },
): InvoicePayment {
  const payment = {
    id: tx.newId("inpay_"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: intent.amount,
    created: now,
    currency: intent.currency,
    invoice,
    is_default: by === "invoice",
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent.id },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  } satisfies InvoicePayment;
  tx.put("invoice_payment", payment);
  return payment;
}

function paymentsIn(tx: Pick<Transaction, "list">, invoice: string): readonly InvoicePayment[] {
  return tx.list("invoice_payment").filter((payment) => payment.invoice === invoice);
}

/** Finds the payment that an invoice made for what it waits for. */
export function openPaymentOf(tx: Pick<Transaction, "list">, invoice: string): InvoicePayment | undefined {
  return paymentsIn(tx, invoice).find((payment) => payment.status === "open" && payment.is_default);
}

/** Names how the payments that were attached to an invoice stand, canceled ones left out. */
export function attachedStatuses(tx: Pick<Transaction, "list">, invoice: string): readonly string[] {
  return paymentsIn(tx, invoice)
    .filter((payment) => !payment.is_default && payment.status !== "canceled")
    .map(({ status }) => status);
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
  return paymentsIn(tx, invoice)
    .filter(({ status }) => status === "paid")
    .flatMap(({ payment: { payment_intent: id } }) =>
      typeof id === "string" ? (tx.get("payment_intent", id) ?? []) : [],
    );
}

/** Marks a payment as made, for all that it asked for or for a part. Units: minor units. */
export function markPaymentPaid(
  tx: Transaction,
  payment: InvoicePayment,
  { now, amount = payment.amount_requested }: { readonly now: number; readonly amount?: number },
): void {
  tx.put("invoice_payment", {
    ...payment,
    amount_paid: amount,
    status: "paid",
    status_transitions: { ...payment.status_transitions, paid_at: now },
  });
}

/** Cancels what an invoice still waits for, its own payment intent included; attached intents stay with who made them. */
export function cancelPayments(tx: Transaction, invoice: string, now: number): void {
  const intent = openIntentOf(tx, invoice);
  for (const payment of paymentsIn(tx, invoice)) if (payment.status === "open") cancelPayment(tx, payment, now);
  if (intent === undefined) return;
  tx.put("payment_intent", {
    ...intent,
    canceled_at: now,
    cancellation_reason: "void_invoice",
    status: "canceled",
  });
}

/** Cancels one payment; its intent is left alone. */
export function cancelPayment(tx: Transaction, payment: InvoicePayment, now: number): void {
  tx.put("invoice_payment", {
    ...payment,
    status: "canceled",
    status_transitions: { ...payment.status_transitions, canceled_at: now },
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
  return pageOf(paymentsIn(tx, invoice), `/v1/invoice_payments?invoice=${invoice}`, { limit: 10 });
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
