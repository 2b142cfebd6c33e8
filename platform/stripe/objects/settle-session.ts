import type Stripe from "stripe";
import { timeOf } from "../core/living-time";
import type { Transaction } from "../core/store";
import { invalidRequest, resourceMissing, type ErrorBody } from "../http/stripe-error";
import { attemptPayment, newPaymentIntent } from "./attempt-payment";
import { newCustomer } from "./customers";
import { newSessionInvoice } from "./session-invoice";
import type { TestCard } from "./test-cards";

/** How a payment on the page went. */
export type Settlement =
  | { readonly kind: "complete"; readonly session: Stripe.Checkout.Session }
  | { readonly kind: "declined"; readonly session: Stripe.Checkout.Session; readonly error: ErrorBody };

/** What the buyer enters. */
export interface Payment {
  readonly card: TestCard;
  readonly email: string | null;
  readonly now: number;
}

/** Finds a session. Refuses: `resource_missing`. */
export function knownSession(tx: Pick<Transaction, "get">, id: string): Stripe.Checkout.Session {
  const session = tx.get("checkout.session", id);
  if (session === undefined) throw resourceMissing("checkout.session", id);
  return session;
}

/**
 * Pays an open session as the buyer does on its page: a decline leaves it open, to be tried again.
 * Refuses: a session that is complete or expired.
 */
export function paySession(tx: Transaction, id: string, payment: Payment): Settlement {
  const { card, email } = payment;
  const now = timeOf(tx, knownSession(tx, id), payment.now);
  const session = openSession(tx, id, now);
  const details = tx.get("checkout_details", id);
  const address = email ?? session.customer_details?.email ?? "buyer@example.com";
  const needsCustomer = session.customer_creation === "always" || session.invoice_creation?.enabled === true;
  const customer = session.customer ?? (needsCustomer ? newCustomer(tx, { email: address }, now).id : null);
  const complete: Stripe.Checkout.Session = {
    ...session,
    customer,
    customer_details: { ...NO_DETAILS, ...session.customer_details, email: address },
    status: "complete",
    url: null,
  };
  if (session.payment_status === "no_payment_required") {
    const invoice = newSessionInvoice(tx, session, { customer: String(customer), intent: null, now });
    const free: Stripe.Checkout.Session = { ...complete, invoice };
    tx.put("checkout.session", free);
    return { kind: "complete", session: free };
  }
  const earlier =
    typeof session.payment_intent === "string" ? tx.get("payment_intent", session.payment_intent) : undefined;
  const intent =
    earlier ??
    newPaymentIntent(tx, {
      amount: session.amount_total ?? 0,
      currency: session.currency ?? "",
      customer: typeof customer === "string" ? customer : null,
      description: details?.intentDescription ?? null,
      metadata: details?.intentMetadata ?? {},
      receiptEmail: null,
      now,
    });
  const attempt = attemptPayment(tx, intent, { card, email: address, now });
  if (attempt.kind === "declined") {
    const open = { ...session, customer, payment_intent: intent.id };
    tx.put("checkout.session", open);
    return { kind: "declined", session: open, error: attempt.error };
  }
  const invoice = newSessionInvoice(tx, session, { customer: String(customer), intent: attempt.intent, now });
  const paid: Stripe.Checkout.Session = { ...complete, invoice, payment_intent: intent.id, payment_status: "paid" };
  tx.put("checkout.session", paid);
  attempt.book();
  return { kind: "complete", session: paid };
}

/** Ends an open session without a payment. Refuses: one that is complete or expired. */
export function expireSession(tx: Transaction, id: string): Stripe.Checkout.Session {
  const session = knownSession(tx, id);
  if (session.status !== "open") {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  }
  const expired: Stripe.Checkout.Session = { ...session, status: "expired", url: null };
  tx.put("checkout.session", expired);
  return expired;
}

function openSession(tx: Transaction, id: string, now: number): Stripe.Checkout.Session {
  const session = knownSession(tx, id);
  if (session.status !== "open" || session.expires_at <= now) {
    const status = session.status === "open" ? "expired" : session.status;
    throw invalidRequest(`The checkout session ${id} cannot be paid: it is ${status}`);
  }
  return session;
}

const NO_DETAILS: Stripe.Checkout.Session.CustomerDetails = {
  address: null,
  business_name: null,
  email: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: "none",
  tax_ids: [],
};
