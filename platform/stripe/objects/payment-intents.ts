import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Answer, type CallContext, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { givenOf, listParameters, mergeMetadata, text } from "../http/parameters";
import { CommittedRefusal, invalidRequest } from "../http/stripe-error";
import { assertChargeable } from "../money/currency";
import { newPaymentIntent } from "./attempt-payment";
import { bookCharge } from "./charges";
import { confirmIntent } from "./confirm-intent";
import { liveCustomer } from "./customers";
import { openPaymentBy } from "./invoice-payments";
import {
  assertMethodTypes,
  intentCapture,
  intentConfirmation,
  intentCreation,
  intentUpdate,
} from "./intent-parameters";
import { assertIntentCall, moveIntent } from "./intent-moves";
import { methodToUse } from "./new-payment-method";
import { methodTypesFor } from "./test-accounts";
import { knownIntent } from "./settle-intents";
import { shippingOf } from "./shipping";

/** Confirms an intent with the method that is given or that it has. Refuses: another status, no method, one that cannot be used. */
function confirm(
  { tx, now, baseUrl }: CallContext,
  before: Stripe.PaymentIntent,
  params: z.output<typeof intentConfirmation>,
): Answer {
  assertMethodTypes(params);
  assertIntentCall(before, "confirm");
  const { capture_method, shipping, receipt_email } = params;
  const intent: Stripe.PaymentIntent = {
    ...before,
    ...givenOf({ capture_method, receipt_email }),
    setup_future_usage: params.setup_future_usage ?? before.setup_future_usage,
    shipping: shipping === undefined ? before.shipping : shippingOf(shipping),
  };
  const given = params.payment_method ?? intent.payment_method;
  if (typeof given !== "string") {
    throw invalidRequest(
      "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
      { code: "payment_intent_unexpected_state", param: "payment_method" },
    );
  }
  const outcome = confirmIntent(tx, intent, methodToUse(tx, given, { customer: customerOf(intent), now }), {
    // Whoever wants an error instead of a question is treated as one who is not there to answer it.
    offSession: params.off_session === true || params.error_on_requires_action === true,
    returnUrl: params.return_url ?? null,
    sdk: params.use_stripe_sdk,
    baseUrl,
    now,
  });
  if (outcome.kind === "declined") return new CommittedRefusal(402, outcome.error);
  if (outcome.kind === "paid") outcome.book();
  return outcome.intent;
}

function customerOf({ customer }: Stripe.PaymentIntent): string | null {
  return typeof customer === "string" ? customer : null;
}

/** Creates an intent, and confirms it when that is asked for. */
function create(params: z.output<typeof intentCreation>, context: CallContext): Answer {
  const { tx, now } = context;
  assertMethodTypes(params);
  if (params.off_session !== undefined && !params.confirm) {
    throw invalidRequest("`off_session` can only be used when `confirm` is true.", { param: "off_session" });
  }
  if (params.error_on_requires_action !== undefined && !params.confirm) {
    throw invalidRequest("`error_on_requires_action` can only be used when `confirm` is true.", {
      param: "error_on_requires_action",
    });
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
    captureMethod: params.capture_method,
    setupFutureUsage: params.setup_future_usage,
    allowed: params.allowed_payment_method_types,
    excluded: params.excluded_payment_method_types,
    shipping: params.shipping === undefined ? undefined : shippingOf(params.shipping),
    statementDescriptor: params.statement_descriptor,
    statementDescriptorSuffix: params.statement_descriptor_suffix,
    now,
  });
  if (params.confirm) return confirm(context, intent, params);
  return params.payment_method === undefined ? intent : withMethod(context, intent, params.payment_method);
}

function withMethod({ tx, now }: CallContext, intent: Stripe.PaymentIntent, given: string): Stripe.PaymentIntent {
  const { method } = methodToUse(tx, given, { customer: customerOf(intent), now });
  const changes = { payment_method: method.id, next_action: null, status: "requires_confirmation" } as const;
  return moveIntent(tx, intent, changes);
}

function update(params: z.output<typeof intentUpdate>, context: CallContext, id: string): Answer {
  assertMethodTypes(params);
  const before = knownIntent(context.tx, id);
  const {
    metadata: change,
    payment_method: method,
    payment_method_types: _refused,
    customer,
    shipping,
    ...rest
  } = params;
  const touched = Object.keys(givenOf({ ...rest, customer, method, shipping }));
  // Stripe lets notes be made on a payment that is over, and nothing else.
  if (touched.some((key) => key !== "description")) assertIntentCall(before, "update");
  const after: Stripe.PaymentIntent = {
    ...before,
    ...givenOf(rest),
    ...(shipping === undefined ? {} : { shipping: shippingOf(shipping) }),
    ...(customer === undefined ? {} : { customer: liveCustomer(context.tx, customer, "customer").id }),
    metadata: mergeMetadata(before.metadata, change),
    payment_method_types: methodTypesFor(params.currency ?? before.currency, {
      allowed: params.allowed_payment_method_types ?? before.allowed_payment_method_types,
      excluded: params.excluded_payment_method_types ?? before.excluded_payment_method_types,
    }),
  };
  assertChargeable(after.amount, after.currency, "amount");
  context.tx.put("payment_intent", after);
  return method === undefined ? after : withMethod(context, after, method);
}

/** Takes what a card has authorized, or a part of it; the rest is let go. */
function capture(
  tx: Transaction,
  before: Stripe.PaymentIntent,
  { params, now }: { readonly params: z.output<typeof intentCapture>; readonly now: number },
): Answer {
  const { amount_to_capture: amount, metadata: change, ...descriptors } = params;
  assertIntentCall(before, "capture");
  const taken = amount ?? before.amount_capturable;
  if (taken > before.amount_capturable) {
    throw invalidRequest(
      `The amount_to_capture (${taken}) is greater than the amount that can be captured (${before.amount_capturable}).`,
      { code: "amount_too_large", param: "amount_to_capture" },
    );
  }
  const charge = tx.get("charge", String(before.latest_charge));
  if (charge === undefined) throw new Error(`The payment intent ${before.id} has no charge to capture`);
  const captured: Stripe.Charge = { ...charge, ...givenOf(descriptors), amount_captured: taken, captured: true };
  tx.put("charge", captured);
  const after = moveIntent(tx, before, {
    ...givenOf(descriptors),
    amount_capturable: 0,
    amount_received: taken,
    metadata: mergeMetadata(before.metadata, change),
    status: "succeeded",
  });
  bookCharge(tx, captured, now);
  return after;
}

/** Ends an intent without a payment; what a card has authorized is let go. */
function cancel(
  tx: Transaction,
  before: Stripe.PaymentIntent,
  { reason, now }: { readonly reason: Stripe.PaymentIntent.CancellationReason | null; readonly now: number },
): Answer {
  assertIntentCall(before, "cancel");
  const charge = typeof before.latest_charge === "string" ? tx.get("charge", before.latest_charge) : undefined;
  if (before.status === "requires_capture" && charge !== undefined) {
    tx.put("charge", { ...charge, amount_refunded: charge.amount, refunded: true });
  }
  return moveIntent(tx, before, {
    amount_capturable: 0,
    canceled_at: now,
    cancellation_reason: reason,
    next_action: null,
    status: "canceled",
  });
}

/** The calls of `/v1/payment_intents`. */
export const paymentIntentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents",
    parameters: intentCreation,
    run: (params, context) => create(params, context),
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
    path: "/v1/payment_intents/:id",
    parameters: intentUpdate,
    run: (params, context, id) => update(params, context, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents/:id/confirm",
    parameters: intentConfirmation,
    run: (params, context, id) => confirm(context, knownIntent(context.tx, id), params),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents/:id/capture",
    parameters: intentCapture,
    run: (params, { tx, now }, id) => capture(tx, knownIntent(tx, id), { params, now }),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_intents/:id/cancel",
    parameters: z.strictObject({
      cancellation_reason: z.enum(["abandoned", "duplicate", "fraudulent", "requested_by_customer"]).optional(),
    }),
    run: (params, { tx, now }, id) => {
      const intent = knownIntent(tx, id);
      if (openPaymentBy(tx, id)?.is_default === true) {
        throw invalidRequest(
          "You cannot cancel this PaymentIntent because it belongs to an invoice. Void the invoice.",
          { code: "payment_intent_unexpected_state" },
        );
      }
      return cancel(tx, intent, { reason: params.cancellation_reason ?? null, now });
    },
  }),
];
