import type Stripe from "stripe";
import type { JobProvider } from "../core/due-jobs";
import { testClockOf } from "../core/living-time";
import type { Transaction } from "../core/store";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { failIntent } from "./attempt-payment";
import { bookCharge } from "./charges";
import { moveIntent } from "./intent-moves";
import { knownMethod } from "./new-payment-method";
import { newSessionInvoice } from "./session-invoice";

/** Finds an intent. Refuses: `resource_missing`. */
export function knownIntent(tx: Pick<Transaction, "get">, id: string): Stripe.PaymentIntent {
  const intent = tx.get("payment_intent", id);
  if (intent === undefined) throw resourceMissing("payment_intent", id);
  return intent;
}

/** Ends debits by themselves at their time. */
export const debitEnds: JobProvider = function* (state) {
  for (const { id, settlesAt } of state.values("intent_details")) {
    const intent = state.get("payment_intent", id);
    if (settlesAt === null || intent === undefined) continue;
    const run = (tx: Transaction): void => void settleIntent(tx, id, { outcome: "as_tested", now: settlesAt });
    yield { dueAt: settlesAt, clock: testClockOf(state, intent), run };
  }
};

/**
 * Ends a debit: the bank pays or sends it back, and the checkout session that waits for it is told.
 * Refuses: an intent that does not wait for a bank.
 */
export function settleIntent(
  tx: Transaction,
  id: string,
  { outcome, now }: { readonly outcome: "succeed" | "fail" | "as_tested"; readonly now: number },
): Stripe.PaymentIntent {
  const intent = knownIntent(tx, id);
  const charge = typeof intent.latest_charge === "string" ? tx.get("charge", intent.latest_charge) : undefined;
  if (intent.status !== "processing" || charge === undefined || typeof intent.payment_method !== "string") {
    throw invalidRequest(`The payment intent ${id} does not wait for a bank: it is ${intent.status}`);
  }
  const details = tx.get("intent_details", id);
  if (details !== undefined) tx.putQuietly("intent_details", { ...details, settlesAt: null });
  const { method, test } = knownMethod(tx, intent.payment_method);
  const tested = test.type === "card" ? null : test.failure;
  const failure = outcome === "succeed" ? null : (tested ?? (outcome === "fail" ? RETURNED : null));
  const session = details?.session ?? null;
  if (failure === null) {
    const paid: Stripe.Charge = { ...charge, paid: true, status: "succeeded" };
    tx.put("charge", paid);
    const after = moveIntent(tx, intent, { amount_received: intent.amount, status: "succeeded" });
    endSession(tx, session, { paidBy: after, now });
    bookCharge(tx, paid, now);
    return after;
  }
  const { code, message } = failure;
  tx.put("charge", {
    ...charge,
    amount_captured: 0,
    captured: false,
    failure_code: code,
    failure_message: message,
    status: "failed",
  });
  const after = failIntent(tx, intent, {
    type: "card_error",
    code: "payment_method_provider_decline",
    decline_code: code,
    message,
    charge: charge.id,
    payment_method: method,
  });
  endSession(tx, session, { paidBy: null, now });
  return after;
}

/** A session that was completed by a debit hears how it ended; only the success shows on the session itself. */
function endSession(
  tx: Transaction,
  id: string | null,
  { paidBy, now }: { readonly paidBy: Stripe.PaymentIntent | null; readonly now: number },
): void {
  const session = id === null ? undefined : tx.get("checkout.session", id);
  if (session === undefined || session.status !== "complete") return;
  if (paidBy === null) {
    tx.tell("checkout.session", session, "checkout.session.async_payment_failed");
    return;
  }
  const invoice = newSessionInvoice(tx, session, { intent: paidBy, now });
  tx.put("checkout.session", { ...session, invoice, payment_status: "paid" });
}

const RETURNED = { code: "generic_could_not_process", message: "The payment could not be processed by the bank." };
