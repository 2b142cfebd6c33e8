import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest, resourceMissing, StripeError } from "../http/stripe-error";
import accountDefaults from "./account-defaults.json";
import defaults from "./card-defaults.json";
import { findTestMethod, type TestAccount, type TestMethod } from "./test-accounts";
import type { TestCard } from "./test-cards";

type BillingDetails = Stripe.PaymentMethod.BillingDetails;

/** Who pays with a new method. */
export interface Holder {
  readonly billing: Partial<BillingDetails>;
  readonly metadata?: Stripe.Metadata;
  readonly expires?: { readonly exp_month: number; readonly exp_year: number } | undefined;
  readonly now: number;
}

/** A method with what it does when it is used. */
export interface KnownMethod {
  readonly method: Stripe.PaymentMethod;
  readonly test: TestMethod;
  readonly setUp: boolean;
}

/** Creates a payment method of a test card or account. */
export function newPaymentMethod(tx: Transaction, test: TestMethod, holder: Holder): KnownMethod {
  const method = {
    id: tx.newId("pm_"),
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null, ...holder.billing },
    ...(test.type === "card" ? { card: { ...cardOf(test), ...holder.expires } } : accountOf(test)),
    created: holder.now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: holder.metadata ?? {},
    type: test.type,
  } satisfies Stripe.PaymentMethod;
  tx.put("payment_method", method);
  tx.putQuietly("payment_method_details", { id: method.id, number: test.number, setUp: false, spent: false });
  return { method, test, setUp: false };
}

function cardOf(card: TestCard): Stripe.PaymentMethod.Card {
  return {
    ...defaults.paymentMethod,
    brand: card.brand,
    display_brand: card.brand,
    fingerprint: `fp_${card.number.slice(-4)}`,
    last4: card.number.slice(-4),
    networks: { available: [card.brand], preferred: null },
  };
}

function accountOf(account: TestAccount): Pick<Stripe.PaymentMethod, "sepa_debit" | "us_bank_account"> {
  const last4 = account.number.slice(-4);
  const fingerprint = `fp_${last4}`;
  if (account.type === "sepa_debit") {
    return { sepa_debit: { ...accountDefaults.sepa_debit, fingerprint, generated_from: null, last4 } };
  }
  return {
    us_bank_account: {
      ...accountDefaults.us_bank_account,
      financial_connections_account: null,
      fingerprint,
      last4,
      networks: { preferred: "ach", supported: ["ach"] },
      status_details: null,
    },
  };
}

/** Finds a payment method. Refuses: `resource_missing` naming the parameter. */
export function knownMethod(tx: Transaction, id: string, param?: string): KnownMethod {
  const method = tx.get("payment_method", id);
  const details = tx.get("payment_method_details", id);
  const test = details === undefined ? undefined : findTestMethod(details.number);
  if (method === undefined || details === undefined || test === undefined) {
    throw resourceMissing("PaymentMethod", id, param);
  }
  return { method, test, setUp: details.setUp };
}

/**
 * Finds the method that a payment names, or makes one of Stripe's test payment methods.
 * Refuses, in this order: one that is not there; one of another customer; one that was used without a customer or detached.
 */
export function methodToUse(
  tx: Transaction,
  given: string,
  { customer, now }: { readonly customer: string | null; readonly now: number },
): KnownMethod {
  const test = /^pm_(card_|usBankAccount)/.test(given) ? findTestMethod(given) : undefined;
  if (test !== undefined) return newPaymentMethod(tx, test, { billing: {}, now });
  const known = knownMethod(tx, given, "payment_method");
  const owner = known.method.customer;
  if (owner !== null && customer === null) {
    throw invalidRequest(
      "The payment method you provided is attached to a customer so for security purposes you must provide the customer in the request.",
      { param: "payment_method" },
    );
  }
  if (owner !== null && owner !== customer) {
    throw invalidRequest(
      `The customer does not have a payment method with the ID ${given}. The payment method must be attached to the customer.`,
      { param: "payment_method" },
    );
  }
  assertUnspent(tx, given);
  return known;
}

function assertUnspent(tx: Transaction, id: string): void {
  if (tx.get("payment_method_details", id)?.spent !== true) return;
  throw invalidRequest(
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
    { param: "payment_method" },
  );
}

/**
 * Saves a method on a customer.
 * Refuses, in this order: one that has a customer; one that cannot be used again; a card whose bank refuses (402).
 */
export function attachMethod(tx: Transaction, { method, test }: KnownMethod, customer: string): Stripe.PaymentMethod {
  if (method.customer !== null) {
    throw invalidRequest("The payment method you provided has already been attached to a customer.", {
      param: "payment_method",
    });
  }
  assertUnspent(tx, method.id);
  if (test.type === "card" && test.decline !== null && !test.keeps) {
    const { code, declineCode, message } = test.decline;
    throw new StripeError(402, {
      type: "card_error",
      code,
      message,
      ...(declineCode === null ? {} : { decline_code: declineCode }),
    });
  }
  return saveMethod(tx, method, { customer, redisplay: null });
}

/** Puts a method on its customer, as a payment or a setup that went well does; one that is there stays. */
export function saveMethod(
  tx: Transaction,
  method: Stripe.PaymentMethod,
  { customer, redisplay }: { readonly customer: string; readonly redisplay: "limited" | "always" | null },
): Stripe.PaymentMethod {
  const allow_redisplay = method.allow_redisplay === "always" ? "always" : (redisplay ?? method.allow_redisplay);
  const after = { ...method, customer, ...(allow_redisplay === undefined ? {} : { allow_redisplay }) };
  if (method.customer !== customer) tx.put("payment_method", after);
  return after;
}

/** Takes a method off its customer, for ever. */
export function detachMethod(tx: Transaction, method: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const after = { ...method, customer: null };
  tx.put("payment_method", after);
  markMethod(tx, method.id, { spent: true });
  return after;
}

/** Remembers what became of a method. */
export function markMethod(tx: Transaction, id: string, marks: { readonly setUp?: true; readonly spent?: true }): void {
  const details = tx.get("payment_method_details", id);
  if (details !== undefined) tx.putQuietly("payment_method_details", { ...details, ...marks });
}
