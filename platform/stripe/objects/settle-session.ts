import type Stripe from "stripe";
import { timeOf } from "../core/living-time";
import type { Transaction } from "../core/store";
import { invalidRequest, resourceMissing, type ErrorBody } from "../http/stripe-error";
import { newPaymentIntent } from "./attempt-payment";
import { completeSession } from "./complete-session";
import { confirmIntent } from "./confirm-intent";
import { confirmSetup, knownSetup } from "./confirm-setup";
import { newCustomer } from "./customers";
import { knownMethod, newPaymentMethod, type KnownMethod } from "./new-payment-method";
import { newSessionInvoice } from "./session-invoice";
import type { TestMethod } from "./test-accounts";

/** How a payment on the page went; `action`: the buyer's bank asks at `url`, and the session waits. */
export type Settlement =
  | { readonly kind: "complete"; readonly session: Stripe.Checkout.Session }
  | { readonly kind: "action"; readonly session: Stripe.Checkout.Session; readonly url: string }
  | { readonly kind: "declined"; readonly session: Stripe.Checkout.Session; readonly error: ErrorBody };

/** What the buyer enters. */
export interface Payment {
  readonly card: TestMethod;
  /** A method that is saved on the customer, instead of the card. */
  readonly saved?: string | undefined;
  readonly email: string | null;
  readonly name?: string | null;
  readonly now: number;
}

/** Finds a session. Refuses: `resource_missing`. */
export function knownSession(tx: Pick<Transaction, "get">, id: string): Stripe.Checkout.Session {
  const session = tx.get("checkout.session", id);
  if (session === undefined) throw resourceMissing("checkout.session", id);
  return session;
}

/**
 * Pays an open session as the buyer does on its page, or sets a method up: a decline leaves it open, to be tried again.
 * Refuses: a session that is complete or expired; a saved method that is not its customer's.
 */
export function paySession(tx: Transaction, id: string, payment: Payment): Settlement {
  const now = timeOf(tx, knownSession(tx, id), payment.now);
  const session = prepared(tx, openSession(tx, id, now), { ...payment, now });
  tx.put("checkout.session", session);
  if (session.mode === "setup") return setUp(tx, session, { ...payment, now });
  if (session.payment_status === "no_payment_required") {
    const invoice = newSessionInvoice(tx, session, { intent: null, now });
    return { kind: "complete", session: completeSession(tx, id, { payment: "no_payment_required", invoice, now }) };
  }
  return pay(tx, session, { ...payment, now });
}

/** Writes in what the buyer entered; makes the customer whom the session asks for. */
function prepared(tx: Transaction, session: Stripe.Checkout.Session, payment: Payment): Stripe.Checkout.Session {
  const { email, name, now } = payment;
  const address = email ?? session.customer_details?.email ?? "buyer@example.com";
  const keeps = (tx.get("checkout_details", session.id)?.setupFutureUsage ?? null) !== null;
  const wanted = session.customer_creation === "always" || session.invoice_creation?.enabled === true || keeps;
  const customer = session.customer ?? (wanted ? newCustomer(tx, { email: address, name }, now).id : null);
  const details = { ...NO_DETAILS, ...session.customer_details, email: address };
  return { ...session, customer, customer_details: { ...details, name: name ?? details.name } };
}

function pay(tx: Transaction, session: Stripe.Checkout.Session, payment: Payment): Settlement {
  const { now } = payment;
  const details = tx.get("checkout_details", session.id);
  const intent =
    earlierIntent(tx, session) ??
    newPaymentIntent(tx, {
      amount: session.amount_total ?? 0,
      currency: session.currency ?? "",
      customer: typeof session.customer === "string" ? session.customer : null,
      description: details?.intentDescription ?? null,
      metadata: details?.intentMetadata ?? {},
      receiptEmail: null,
      setupFutureUsage: details?.setupFutureUsage,
      captureMethod: details?.captureMethod,
      types: session.payment_method_types,
      now,
    });
  const open = { ...session, payment_intent: intent.id };
  tx.put("checkout.session", open);
  const outcome = confirmIntent(tx, intent, methodOf(tx, session, payment), {
    offSession: false,
    ...placeOf(session),
    now,
  });
  switch (outcome.kind) {
    case "declined":
      return { kind: "declined", session: open, error: outcome.error };
    case "action":
      return { kind: "action", session: open, url: outcome.url };
    case "processing":
      return { kind: "complete", session: completeSession(tx, session.id, { payment: "unpaid", now }) };
    case "paid": {
      const held = outcome.intent.status === "requires_capture";
      const invoice = held ? null : newSessionInvoice(tx, open, { intent: outcome.intent, now });
      const complete = completeSession(tx, session.id, { payment: held ? "unpaid" : "paid", invoice, now });
      outcome.book();
      return { kind: "complete", session: complete };
    }
  }
}

/** The intent of an earlier try, with what the session costs now. */
function earlierIntent(tx: Transaction, session: Stripe.Checkout.Session): Stripe.PaymentIntent | undefined {
  const intent =
    typeof session.payment_intent === "string" ? tx.get("payment_intent", session.payment_intent) : undefined;
  const amount = session.amount_total ?? 0;
  if (intent === undefined || intent.amount === amount) return intent;
  const after = { ...intent, amount };
  tx.put("payment_intent", after);
  return after;
}

function setUp(tx: Transaction, session: Stripe.Checkout.Session, payment: Payment): Settlement {
  const { now } = payment;
  const known = knownSetup(tx, String(session.setup_intent));
  const intent = { ...known, customer: known.customer ?? session.customer };
  const outcome = confirmSetup(tx, intent, methodOf(tx, session, payment), {
    ...placeOf(session),
  });
  if (outcome.kind === "declined") return { kind: "declined", session, error: outcome.error };
  if (outcome.kind === "action") return { kind: "action", session, url: outcome.url };
  return { kind: "complete", session: completeSession(tx, session.id, { payment: "no_payment_required", now }) };
}

/** Where the buyer comes back to from the bank; an open session knows where its page is served. */
function placeOf({ id, url }: Stripe.Checkout.Session): { returnUrl: string; session: string; baseUrl: string } {
  return { returnUrl: url ?? "", session: id, baseUrl: new URL(url ?? "").origin };
}

function methodOf(tx: Transaction, session: Stripe.Checkout.Session, payment: Payment): KnownMethod {
  if (payment.saved === undefined) {
    const { email = null, name = null } = session.customer_details ?? {};
    return newPaymentMethod(tx, payment.card, { billing: { email, name }, now: payment.now });
  }
  const known = knownMethod(tx, payment.saved, "payment_method");
  if (known.method.customer === null || known.method.customer !== session.customer) {
    throw invalidRequest(`The payment method ${payment.saved} is not saved on the customer of this session.`);
  }
  return known;
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

/** Finds a session that the buyer can still work on. Refuses: one that is complete or expired. */
export function openSession(tx: Transaction, id: string, now: number): Stripe.Checkout.Session {
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
