import type { WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import { planBalance } from "../money/apply-balance";
import { minimumCharge } from "../money/currency";
import { newPaymentIntent } from "./attempt-payment";
import { balanceIn, changeBalance } from "./balance-transactions";
import { liveCustomer } from "./customers";
import { knownInvoice, linesOf, withTotals } from "./invoice-lines";
import { attachedStatuses, cancelPayments, newInvoicePayment } from "./invoice-payments";
import { dueDateOf } from "./new-invoice";

/**
 * The moves of an invoice: draft → open by `finalizeInvoice`, at once on to paid when nothing is due; open and uncollectible → paid by
 * `markPaid`, → void by `voidInvoice`; open → uncollectible by `markUncollectible`. A draft is deleted; paid and void are final.
 */

/**
 * Gives a draft its number, applies the customer's balance, and asks for the payment of what is due. With `settled` the whole was paid
 * before, so that the balance stays and nothing is asked for.
 * Refuses: anything but a draft.
 */
export function finalizeInvoice(
  tx: Transaction,
  id: string,
  {
    now,
    autoAdvance,
    settled = false,
  }: { readonly now: number; readonly autoAdvance?: boolean | undefined; readonly settled?: boolean },
): WireInvoice {
  const draft = knownInvoice(tx, id);
  if (draft.status !== "draft") {
    throw invalidRequest("This invoice is already finalized, you can't re-finalize a non-draft invoice.", {
      code: "invoice_not_editable",
    });
  }
  const customer = liveCustomer(tx, draft.customer);
  const totals = withTotals(tx, draft, linesOf(tx, id));
  const starting = balanceIn(customer, draft.currency);
  const plan = settled
    ? { amountDue: totals.total, endingBalance: starting, moves: [] }
    : planBalance({ total: totals.total, balance: starting, minimum: minimumCharge(draft.currency) });
  const sequence = customer.next_invoice_sequence ?? 1;
  // A number of the account's own takes none of the sequence.
  if (draft.number === null) tx.putQuietly("customer", { ...customer, next_invoice_sequence: sequence + 1 });
  for (const { type, amount } of plan.moves) {
    changeBalance(tx, { customer: customer.id, type, amount, currency: draft.currency, now, invoice: id });
  }
  const daysUntilDue = tx.get("invoice_details", id)?.daysUntilDue ?? undefined;
  const open: WireInvoice = {
    ...totals,
    amount_due: plan.amountDue,
    amount_remaining: plan.amountDue,
    auto_advance: autoAdvance ?? draft.auto_advance ?? false,
    automatically_finalizes_at: null,
    due_date: dueDateOf({ days_until_due: daysUntilDue }, now) ?? draft.due_date,
    effective_at: draft.effective_at ?? now,
    ending_balance: plan.endingBalance,
    number: draft.number ?? `${customer.invoice_prefix ?? "INV"}-${String(sequence).padStart(4, "0")}`,
    starting_balance: starting,
    status: "open",
    status_transitions: { ...draft.status_transitions, finalized_at: now },
  };
  tx.put("invoice", open);
  if (plan.amountDue === 0) return markPaid(tx, open, { now, amount: 0 });
  if (!settled) requestPayment(tx, open, now);
  return open;
}

function requestPayment(tx: Transaction, invoice: WireInvoice, now: number): void {
  const intent = newPaymentIntent(tx, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description: "Payment for Invoice",
    metadata: {},
    receiptEmail: null,
    statementDescriptor: invoice.statement_descriptor ?? undefined,
    now,
  });
  newInvoicePayment(tx, { invoice: invoice.id, intent, now });
}

/** Marks an open or uncollectible invoice as paid. `amount` is what Stripe took, `offStripe` what was paid elsewhere. Units: minor units. */
export function markPaid(
  tx: Transaction,
  invoice: WireInvoice,
  { now, amount, offStripe = 0 }: { readonly now: number; readonly amount: number; readonly offStripe?: number },
): WireInvoice {
  if (invoice.status !== "open" && invoice.status !== "uncollectible") throw unpayable(invoice);
  const isAttempt = amount > 0;
  const paid: WireInvoice = {
    ...invoice,
    amount_paid: invoice.amount_paid + amount + offStripe,
    amount_paid_off_stripe: (invoice.amount_paid_off_stripe ?? 0) + offStripe,
    amount_remaining: 0,
    attempt_count: invoice.attempt_count + (isAttempt ? 1 : 0),
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: "paid",
    status_details: {},
    status_transitions: { ...invoice.status_transitions, paid_at: now },
  };
  tx.put("invoice", paid);
  return paid;
}

/** Makes the error for a payment of what cannot be paid any more. */
export function unpayable(invoice: WireInvoice): Error {
  return invoice.status === "paid"
    ? invalidRequest("Invoice is already paid")
    : invalidRequest(`You can only pay open invoices. This invoice has a status of ${String(invoice.status)}.`);
}

/** Counts an attempt to collect that failed. */
export function countFailure(tx: Transaction, invoice: WireInvoice): void {
  tx.put("invoice", { ...invoice, attempt_count: invoice.attempt_count + 1, attempted: true });
}

/** Voids an invoice and gives back the balance that it took. Refuses: drafts, paid and void ones, and those with payments attached. */
export function voidInvoice(tx: Transaction, id: string, now: number): WireInvoice {
  const invoice = knownInvoice(tx, id);
  if (invoice.status !== "open" && invoice.status !== "uncollectible") {
    throw invalidRequest(
      `You can only pass in open or uncollectible invoices to void. This invoice has a status of ${String(invoice.status)}.`,
    );
  }
  if (attachedStatuses(tx, id).length > 0) {
    throw invalidRequest("You cannot void an invoice to which payments are attached.");
  }
  const taken = (invoice.ending_balance ?? 0) - invoice.starting_balance;
  cancelPayments(tx, id, now);
  const voided: WireInvoice = {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: "void",
    status_details: {},
    status_transitions: { ...invoice.status_transitions, voided_at: now },
  };
  tx.put("invoice", voided);
  if (taken !== 0) {
    const { customer, currency } = invoice;
    changeBalance(tx, { customer, type: "unapplied_from_invoice", amount: -taken, currency, now, invoice: id });
  }
  return voided;
}

/** Gives up an open invoice; it can still be paid or voided. Refuses: every other status; one with an open payment attached. */
export function markUncollectible(tx: Transaction, id: string, now: number): WireInvoice {
  const invoice = knownInvoice(tx, id);
  if (invoice.status !== "open") {
    throw invalidRequest(
      `You can only mark open invoices as uncollectible. This invoice has a status of ${String(invoice.status)}.`,
    );
  }
  if (attachedStatuses(tx, id).includes("open")) {
    throw invalidRequest("You cannot mark an invoice as uncollectible while a payment that is attached to it is open.");
  }
  const after: WireInvoice = {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: "uncollectible",
    status_details: { uncollectible: { reason: "user_forgiven" } },
    status_transitions: { ...invoice.status_transitions, marked_uncollectible_at: now },
  };
  tx.put("invoice", after);
  return after;
}
