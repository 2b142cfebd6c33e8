import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest, type ErrorBody } from "../http/stripe-error";
import { attemptPayment, failIntent, type Attempt } from "./attempt-payment";
import { newCharge } from "./charges";
import { moveIntent } from "./intent-moves";
import { knownMethod, markMethod, saveMethod, type KnownMethod } from "./new-payment-method";
import type { TestAccount } from "./test-accounts";
import { AUTHENTICATION_REQUIRED, type TestCard } from "./test-cards";

const DAY = 24 * 3600;

/** Circumstances of a confirmation. */
export interface Confirmation {
  readonly offSession: boolean;
  readonly returnUrl: string | null;
  /** true: the client handles the next action by Stripe.js. */
  readonly sdk?: boolean | undefined;
  /** The checkout session that pays, which goes on when the intent does. */
  readonly session?: string;
  readonly baseUrl: string;
  readonly now: number;
}

/** How a confirmation went: as an attempt, or it waits for the buyer (`action`) or the bank (`processing`). */
export type Outcome =
  | Attempt
  | { readonly kind: "action"; readonly intent: Stripe.PaymentIntent; readonly url: string }
  | { readonly kind: "processing"; readonly intent: Stripe.PaymentIntent };

/** Pays an intent with a method. Refuses: a type of method that the intent does not take. */
export function confirmIntent(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  known: KnownMethod,
  confirmation: Confirmation,
): Outcome {
  const { method, test, setUp } = known;
  if (!intent.payment_method_types.includes(test.type)) {
    throw invalidRequest(
      `The PaymentMethod provided (${test.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of these types: ${intent.payment_method_types.join(", ")}.`,
      { param: "payment_method" },
    );
  }
  const { offSession, now } = confirmation;
  if (test.type !== "card") return beginDebit(tx, intent, { method, account: test, confirmation });
  const asks = test.authentication === "always" || (test.authentication === "until_saved" && !setUp);
  if (asks && !offSession) return askBuyer(tx, intent, method, confirmation);
  const card = asks ? { ...test, decline: AUTHENTICATION_REQUIRED } : test;
  return charge(tx, intent, { card, method, now });
}

/** Charges a card that needs no more asking; a payment that goes well saves the method, or uses it up. */
function charge(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  { card, method, now }: { readonly card: TestCard; readonly method: Stripe.PaymentMethod; readonly now: number },
): Attempt {
  const attempt = attemptPayment(tx, intent, { card, email: method.billing_details.email, method, now });
  if (attempt.kind === "paid") keepMethod(tx, attempt.intent, method);
  return attempt;
}

function keepMethod(tx: Transaction, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): void {
  const { customer, setup_future_usage: usage } = intent;
  if (typeof customer === "string" && usage !== null) {
    saveMethod(tx, method, { customer, redisplay: "limited" });
    if (usage === "off_session") markMethod(tx, method.id, { setUp: true });
  } else if (method.customer === null) markMethod(tx, method.id, { spent: true });
}

function askBuyer(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { returnUrl, sdk, session, baseUrl }: Confirmation,
): Outcome {
  const url = `${baseUrl}/c/authenticate/${intent.id}`;
  const asked = moveIntent(tx, intent, {
    last_payment_error: null,
    next_action: nextActionOf(url, { returnUrl, sdk }),
    payment_method: method.id,
    status: "requires_action",
  });
  tx.putQuietly("intent_details", { id: intent.id, session: session ?? null, returnUrl, settlesAt: null });
  return { kind: "action", intent: asked, url };
}

/** Tells a client how to let the buyer answer: by a redirect when it has a place to come back to, else by Stripe.js. */
export function nextActionOf(
  url: string,
  { returnUrl, sdk }: Pick<Confirmation, "returnUrl" | "sdk">,
): Stripe.PaymentIntent.NextAction & Stripe.SetupIntent.NextAction {
  if (returnUrl !== null && sdk !== true) {
    return { type: "redirect_to_url", redirect_to_url: { return_url: returnUrl, url } };
  }
  return { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect", stripe_js: url } };
}

function beginDebit(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  {
    method,
    account,
    confirmation,
  }: {
    readonly method: Stripe.PaymentMethod;
    readonly account: TestAccount;
    readonly confirmation: Confirmation;
  },
): Outcome {
  const { now, returnUrl, session } = confirmation;
  if (intent.capture_method === "manual") {
    throw invalidRequest(`The payment method type ${account.type} does not support manual capture.`, {
      param: "capture_method",
    });
  }
  const { email } = method.billing_details;
  const pending: Stripe.Charge = {
    ...newCharge(tx, intent, { card: account, paymentMethod: method.id, email, now }),
    paid: false,
    status: "pending",
  };
  tx.put("charge", pending);
  const processing = moveIntent(tx, intent, {
    last_payment_error: null,
    latest_charge: pending.id,
    next_action: null,
    payment_method: method.id,
    status: "processing",
  });
  keepMethod(tx, processing, method);
  const settlesAt = now + account.settlesAfterDays * DAY;
  tx.putQuietly("intent_details", { id: intent.id, session: session ?? null, returnUrl, settlesAt });
  return { kind: "processing", intent: processing };
}

/**
 * Answers for the buyer whom the bank asked: the card is charged, or the payment failed.
 * Refuses: an intent that asks nobody.
 */
export function answerIntent(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  { outcome, now }: { readonly outcome: "complete" | "fail"; readonly now: number },
): Attempt {
  if (intent.status !== "requires_action" || typeof intent.payment_method !== "string") {
    throw invalidRequest(`The payment intent ${intent.id} asks nobody: it is ${intent.status}`);
  }
  const { method, test } = knownMethod(tx, intent.payment_method);
  if (outcome === "complete" && test.type === "card") return charge(tx, intent, { card: test, method, now });
  const error: ErrorBody = AUTHENTICATION_FAILURE;
  const failed = failIntent(tx, intent, { ...AUTHENTICATION_FAILURE, payment_method: method });
  return { kind: "declined", intent: failed, error: { ...error, payment_intent: failed, payment_method: method } };
}

const AUTHENTICATION_FAILURE = {
  type: "invalid_request_error",
  code: "payment_intent_authentication_failure",
  message:
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
} as const;
