import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { listParameters, text } from "../http/parameters";
import { resourceMissing } from "../http/stripe-error";
import { feeOf } from "../money/currency";
import accountDefaults from "./account-defaults.json";
import { bookMovement } from "./book-movement";
import defaults from "./card-defaults.json";
import type { TestMethod } from "./test-accounts";
import type { Decline, TestCard } from "./test-cards";

/** Builds the charge of one attempt; the caller puts it. */
export function newCharge(
  tx: Transaction,
  intent: Stripe.PaymentIntent,
  attempt: {
    readonly card: TestMethod;
    readonly paymentMethod: string;
    readonly email: string | null;
    readonly now: number;
  },
): Stripe.Charge {
  const { card, now } = attempt;
  const decline = declineOf(card);
  const captured = decline === null && intent.capture_method !== "manual";
  return {
    id: tx.newId("ch_"),
    object: "charge",
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: attempt.email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: "STRIPE SIMULATOR",
    captured,
    created: now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid: decline === null,
    payment_intent: intent.id,
    payment_method: attempt.paymentMethod,
    payment_method_details: methodDetailsOf(card, decline === null ? intent.amount : null),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: decline === null ? "succeeded" : "failed",
    transfer_data: null,
    transfer_group: null,
  } satisfies Stripe.Charge;
}

function declineOf(method: TestMethod): Decline | null {
  return method.type === "card" ? method.decline : null;
}

function methodDetailsOf(method: TestMethod, amountAuthorized: number | null): Stripe.Charge.PaymentMethodDetails {
  const last4 = method.number.slice(-4);
  const fingerprint = `fp_${last4}`;
  switch (method.type) {
    case "card":
      return { type: "card", card: cardDetailsOf(method, amountAuthorized) };
    case "sepa_debit":
      return {
        type: "sepa_debit",
        sepa_debit: { ...accountDefaults.sepa_debit, fingerprint, last4, mandate: null },
      };
    case "us_bank_account":
      return {
        type: "us_bank_account",
        us_bank_account: { ...accountDefaults.us_bank_account, fingerprint, last4, payment_reference: null },
      };
  }
}

function cardDetailsOf(card: TestCard, amountAuthorized: number | null): Stripe.Charge.PaymentMethodDetails.Card {
  return {
    ...defaults.charge,
    amount_authorized: amountAuthorized,
    brand: card.brand,
    fingerprint: `fp_${card.number.slice(-4)}`,
    last4: card.number.slice(-4),
    network: card.brand,
  };
}

function outcomeOf(decline: Decline | null): Stripe.Charge.Outcome {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: decline === null ? "approved_by_network" : "declined_by_network",
    reason: decline === null ? null : (decline.declineCode ?? decline.code),
    risk_level: "normal",
    risk_score: 10,
    seller_message:
      decline === null ? "Payment complete." : "The bank did not return any further details with this decline.",
    type: decline === null ? "authorized" : "issuer_declined",
  };
}

/** Books a paid charge on the account's balance, which Stripe tells by `charge.updated` a moment after the payment. */
export function bookCharge(tx: Transaction, charge: Stripe.Charge, now: number): Stripe.Charge {
  // What was authorized and not captured never moves.
  const amount = charge.amount_captured;
  const booked = bookMovement(tx, {
    amount,
    fee: { amount: feeOf(amount, charge.currency), description: "Stripe processing fees" },
    currency: charge.currency,
    description: charge.description,
    source: charge.id,
    type: "charge",
    reportingCategory: "charge",
    availableOn: now + 2 * 24 * 3600,
    now,
  });
  const after = { ...charge, balance_transaction: booked.id };
  tx.put("charge", after);
  return after;
}

/** The calls of `/v1/charges` and `/v1/balance_transactions`. */
export const chargeEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "GET",
    path: "/v1/charges",
    parameters: z.strictObject({ ...listParameters, customer: text().optional(), payment_intent: text().optional() }),
    run: (params, { tx }) => {
      const found = tx
        .list("charge")
        .filter(({ customer }) => params.customer === undefined || customer === params.customer)
        .filter((charge) => params.payment_intent === undefined || charge.payment_intent === params.payment_intent);
      return pageOf(found, "/v1/charges", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/charges/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const charge = tx.get("charge", id);
      if (charge === undefined) throw resourceMissing("charge", id);
      return charge;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/balance_transactions",
    parameters: z.strictObject({
      ...listParameters,
      currency: text(3).optional(),
      source: text().optional(),
      type: text().optional(),
    }),
    run: (params, { tx }) => {
      const found = tx
        .list("balance_transaction")
        .filter(({ source }) => params.source === undefined || source === params.source)
        .filter(({ type }) => params.type === undefined || type === params.type)
        .filter(({ currency }) => params.currency === undefined || currency === params.currency.toLowerCase());
      return pageOf(found, "/v1/balance_transactions", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/balance_transactions/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const booked = tx.get("balance_transaction", id);
      if (booked === undefined) throw resourceMissing("balance transaction", id);
      return booked;
    },
  }),
];
