import type Stripe from "stripe";
import type { JobProvider } from "../core/due-jobs";
import type { WireInvoice } from "../core/kinds";
import { testClockOf, timeOf } from "../core/living-time";
import type { Change, Transaction } from "../core/store";
import type { Answer, CallContext } from "../http/endpoint";
import { CommittedRefusal, invalidRequest, resourceMissing } from "../http/stripe-error";
import { attemptPayment } from "./attempt-payment";
import { liveCustomer } from "./customers";
import { deliveriesOf, isOpenDelivery } from "./events";
import { knownInvoice } from "./invoice-lines";
import { creditPayment } from "./credit-payment";
import { cancelPayment, cancelPayments, openIntentOf, openPaymentBy } from "./invoice-payments";
import { countFailure, finalizeInvoice, markPaid, unpayable } from "./invoice-states";
import { findTestCard, type TestCard } from "./test-cards";

const HOUR = 3600;
const LONGEST_WAIT = 72 * HOUR;

/** Finds the card behind a payment method: a test token, or one that the simulator keeps. */
function findCard(tx: Transaction, method: string): TestCard | undefined {
  const last4 = tx.get("payment_method", method)?.card?.last4;
  return findTestCard(method.startsWith("pm_card_") ? method : (last4 ?? ""));
}

function cardOf(tx: Transaction, method: string): TestCard {
  const card = findCard(tx, method);
  if (card === undefined) throw resourceMissing("PaymentMethod", method, "payment_method");
  return card;
}

function defaultMethodOf(tx: Transaction, invoice: WireInvoice): string | null {
  const customer = liveCustomer(tx, invoice.customer);
  const method = invoice.default_payment_method ?? customer.invoice_settings.default_payment_method ?? null;
  return typeof method === "string" ? method : null;
}

/** Pays an invoice, a draft after its finalization. Refuses: paid and void ones; no payment method. A decline is kept. */
export function payInvoice(
  { tx, now }: CallContext,
  id: string,
  params: { readonly payment_method?: string | undefined; readonly paid_out_of_band?: boolean | undefined },
): Answer {
  const before = knownInvoice(tx, id);
  const invoice = before.status === "draft" ? finalizeInvoice(tx, id, { now }) : before;
  if (before.status === "draft" && invoice.status === "paid") return invoice;
  if (invoice.status !== "open" && invoice.status !== "uncollectible") throw unpayable(invoice);
  if (params.paid_out_of_band === true) {
    cancelPayments(tx, id, now);
    return markPaid(tx, invoice, { now, amount: 0, offStripe: invoice.amount_remaining });
  }
  const method = params.payment_method ?? defaultMethodOf(tx, invoice);
  if (method === null) {
    throw invalidRequest(
      "There is no `default_payment_method` set on this Customer or Invoice. Please set one, or pass a `payment_method`.",
    );
  }
  const declined = charge(tx, invoice, { card: cardOf(tx, method), now });
  return declined ?? knownInvoice(tx, id);
}

/** Charges a card for what an invoice waits for; `followIntents` writes down how it went. */
function charge(
  tx: Transaction,
  invoice: WireInvoice,
  { card, now }: { readonly card: TestCard; readonly now: number },
): CommittedRefusal | null {
  const intent = openIntentOf(tx, invoice.id);
  if (intent === undefined) throw invalidRequest("This invoice has no payment that could be made.");
  const attempt = attemptPayment(tx, intent, { card, email: invoice.customer_email, now });
  if (attempt.kind === "declined") return new CommittedRefusal(402, attempt.error);
  attempt.book();
  return null;
}

/** Settles an invoice whenever its payment intent comes to an end, whoever confirmed it. */
export function followIntents(tx: Transaction, { kind, before, after }: Change, accountNow: number): void {
  if (kind !== "payment_intent" || before === undefined) return;
  const intent = after as Stripe.PaymentIntent;
  const earlier = before as Stripe.PaymentIntent;
  const payment = openPaymentBy(tx, intent.id);
  if (payment === undefined || typeof payment.invoice !== "string") return;
  const now = timeOf(tx, intent, accountNow);
  if (intent.status === "succeeded" && earlier.status !== "succeeded") {
    creditPayment(tx, payment, { intent, now });
  } else if (intent.status === "canceled") {
    cancelPayment(tx, payment, now);
  } else if (intent.last_payment_error !== null && intent.last_payment_error !== earlier.last_payment_error) {
    // The attempts of an invoice are those of its own payment.
    if (payment.is_default) countFailure(tx, knownInvoice(tx, payment.invoice));
  }
}

/** Finalizes drafts that advance by themselves, and collects those that are charged automatically. */
export const invoiceAdvances: JobProvider = function* (state) {
  for (const invoice of state.values("invoice")) {
    if (invoice.deleted === true || invoice.status !== "draft") continue;
    const { id, automatically_finalizes_at: dueAt } = invoice as WireInvoice;
    if (dueAt === null || isOrphan(state, invoice as WireInvoice)) continue;
    yield { dueAt, clock: testClockOf(state, invoice), run: (tx, now) => advance(tx, id, now) };
  }
};

function advance(tx: Transaction, id: string, now: number): void {
  const draft = knownInvoice(tx, id);
  // An endpoint that did not take invoice.created holds the draft, for three days at most.
  if (now < draft.created + LONGEST_WAIT && isUntold(tx, id)) {
    tx.putQuietly("invoice", { ...draft, automatically_finalizes_at: now + HOUR });
    return;
  }
  const invoice = finalizeInvoice(tx, id, { now });
  if (invoice.status !== "open" || invoice.collection_method !== "charge_automatically") return;
  const method = defaultMethodOf(tx, invoice);
  const card = method === null ? undefined : findCard(tx, method);
  if (card === undefined) countFailure(tx, invoice);
  else charge(tx, invoice, { card, now });
}

/** A draft whose customer was deleted waits for somebody to delete it too. */
function isOrphan(state: Pick<Transaction, "get">, { customer }: WireInvoice): boolean {
  return state.get("customer", customer)?.deleted === true;
}

function isUntold(tx: Transaction, id: string): boolean {
  const created = tx
    .list("event")
    .find(({ type, data }) => type === "invoice.created" && Reflect.get(data.object, "id") === id);
  return created !== undefined && deliveriesOf(tx, created.id).some(isOpenDelivery);
}
