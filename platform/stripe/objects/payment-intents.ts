import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Answer, type CallContext, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { currency, flag, integer, listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { CommittedRefusal, invalidRequest, notSimulated, resourceMissing } from "../http/stripe-error";
import { assertChargeable } from "../money/currency";
import { attemptPayment, newPaymentIntent } from "./attempt-payment";
import { liveCustomer } from "./customers";
import { openPaymentBy } from "./invoice-payments";
import { findTestCard } from "./test-cards";

function knownIntent(tx: Transaction, id: string): Stripe.PaymentIntent {
  const intent = tx.get("payment_intent", id);
  if (intent === undefined) throw resourceMissing("payment_intent", id);
  return intent;
}

/** Confirms an intent with a test card. Refuses: another status, no card, a card that the simulator does not know. */
function confirm({ tx, now }: CallContext, intent: Stripe.PaymentIntent, method: string | undefined): Answer {
  if (intent.status !== "requires_payment_method") {
    throw invalidRequest(
      `You cannot confirm this PaymentIntent because it has already ${intent.status}. Its status must be requires_payment_method.`,
      { code: "payment_intent_unexpected_state" },
    );
  }
  if (method === undefined) {
    throw invalidRequest(
      "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
      { code: "payment_intent_unexpected_state", param: "payment_method" },
    );
  }
  const card = method.startsWith("pm_card_") ? findTestCard(method) : undefined;
  if (card === undefined) throw resourceMissing("PaymentMethod", method, "payment_method");
  const attempt = attemptPayment(tx, intent, { card, email: null, now });
  if (attempt.kind === "declined") return new CommittedRefusal(402, attempt.error);
  attempt.book();
  return attempt.intent;
}

/** The calls of `/v1/payment_intents`. */
export const paymentIntentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents",
    parameters: z.strictObject({
      amount: integer(0),
      currency: currency(),
      customer: text().optional(),
      description: text().optional(),
      metadata: metadata().optional(),
      receipt_email: text(512).optional(),
      payment_method: text().optional(),
      payment_method_types: z.unknown().optional(),
      confirm: flag().default(false),
      off_session: flag().optional(),
      automatic_payment_methods: z
        .strictObject({ enabled: flag(), allow_redirects: z.enum(["always", "never"]).optional() })
        .optional(),
    }),
    run: (params, context) => {
      const { tx, now } = context;
      if (params.payment_method_types !== undefined) {
        throw invalidRequest(
          "The parameter `payment_method_types` is no longer supported. Use `allowed_payment_method_types` or `excluded_payment_method_types`.",
          { code: "payment_method_types_no_longer_supported", param: "payment_method_types" },
        );
      }
      if (!params.confirm && params.payment_method !== undefined) {
        throw notSimulated("payment intents with a payment method that wait for confirmation", "payment_method");
      }
      assertChargeable(params.amount, params.currency, "amount");
      const customer = params.customer === undefined ? null : liveCustomer(tx, params.customer, "customer").id;
      const intent = newPaymentIntent(tx, {
        amount: params.amount,
        currency: params.currency,
        customer,
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
        receiptEmail: params.receipt_email ?? null,
        now,
      });
      return params.confirm ? confirm(context, intent, params.payment_method) : intent;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/payment_intents",
    parameters: z.strictObject({ ...listParameters, customer: text().optional() }),
    run: (params, { tx }) => {
      const found = tx
        .list("payment_intent")
        .filter(({ customer }) => params.customer === undefined || customer === params.customer);
      return pageOf(found, "/v1/payment_intents", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/payment_intents/:id",
    parameters: z.strictObject({ client_secret: text().optional() }),
    run: (_params, { tx }, id) => knownIntent(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents/:id/confirm",
    parameters: z.strictObject({ payment_method: text().optional(), off_session: flag().optional() }),
    run: (params, context, id) => confirm(context, knownIntent(context.tx, id), params.payment_method),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents/:id/cancel",
    parameters: z.strictObject({
      cancellation_reason: z.enum(["abandoned", "duplicate", "fraudulent", "requested_by_customer"]).optional(),
    }),
    run: (params, { tx, now }, id) => {
      const before = knownIntent(tx, id);
      if (before.status !== "requires_payment_method") {
        throw invalidRequest(`You cannot cancel this PaymentIntent because it has a status of ${before.status}.`, {
          code: "payment_intent_unexpected_state",
        });
      }
      if (openPaymentBy(tx, id) !== undefined) {
        throw invalidRequest(
          "You cannot cancel this PaymentIntent because it belongs to an invoice. Void the invoice.",
          {
            code: "payment_intent_unexpected_state",
          },
        );
      }
      const cancellation_reason = params.cancellation_reason ?? null;
      const after: Stripe.PaymentIntent = { ...before, status: "canceled", canceled_at: now, cancellation_reason };
      tx.put("payment_intent", after);
      return after;
    },
  }),
];
