import type Stripe from "stripe";
import { z } from "zod";
import { defineEndpoint, type Answer, type CallContext, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { givenOf, listParameters, mergeMetadata, text } from "../http/parameters";
import { CommittedRefusal, invalidRequest } from "../http/stripe-error";
import { assertSetupCall, confirmSetup, knownSetup, newSetupIntent } from "./confirm-setup";
import { liveCustomer } from "./customers";
import { assertMethodTypes, setupConfirmation, setupCreation, setupUpdate } from "./intent-parameters";
import { methodToUse } from "./new-payment-method";

/** Confirms a setup with the method that is given or that it has. Refuses: another status, no method, one that cannot be used. */
function confirm(
  { tx, now, baseUrl }: CallContext,
  intent: Stripe.SetupIntent,
  params: z.output<typeof setupConfirmation>,
): Answer {
  assertMethodTypes(params);
  assertSetupCall(intent, "confirm");
  const given = params.payment_method ?? intent.payment_method;
  if (typeof given !== "string") {
    throw invalidRequest(
      "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.",
      { code: "setup_intent_unexpected_state", param: "payment_method" },
    );
  }
  const customer = typeof intent.customer === "string" ? intent.customer : null;
  const outcome = confirmSetup(tx, intent, methodToUse(tx, given, { customer, now }), {
    returnUrl: params.return_url ?? null,
    sdk: params.use_stripe_sdk,
    baseUrl,
  });
  return outcome.kind === "declined" ? new CommittedRefusal(402, outcome.error) : outcome.intent;
}

function create(params: z.output<typeof setupCreation>, context: CallContext): Answer {
  const { tx, now } = context;
  assertMethodTypes(params);
  const intent = newSetupIntent(tx, {
    customer: params.customer === undefined ? null : liveCustomer(tx, params.customer, "customer").id,
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
    usage: params.usage,
    allowed: params.allowed_payment_method_types,
    excluded: params.excluded_payment_method_types,
    now,
  });
  if (params.confirm) return confirm(context, intent, params);
  return params.payment_method === undefined ? intent : withMethod(context, intent, params.payment_method);
}

function withMethod({ tx, now }: CallContext, intent: Stripe.SetupIntent, given: string): Stripe.SetupIntent {
  const customer = typeof intent.customer === "string" ? intent.customer : null;
  const { method } = methodToUse(tx, given, { customer, now });
  const changes = { payment_method: method.id, next_action: null, status: "requires_confirmation" } as const;
  const after: Stripe.SetupIntent = { ...intent, ...changes };
  tx.put("setup_intent", after);
  return after;
}

/** Writes notes on a setup, and as long as it is not over, names its customer and its method. */
function update(params: z.output<typeof setupUpdate>, context: CallContext, id: string): Stripe.SetupIntent {
  const { tx } = context;
  const { customer, description, metadata: change, payment_method: method } = params;
  const before = knownSetup(tx, id);
  if (customer !== undefined || method !== undefined) assertSetupCall(before, "update");
  const after: Stripe.SetupIntent = {
    ...before,
    ...givenOf({ description }),
    ...(customer === undefined ? {} : { customer: liveCustomer(tx, customer, "customer").id }),
    metadata: mergeMetadata(before.metadata ?? {}, change),
  };
  tx.put("setup_intent", after);
  return method === undefined ? after : withMethod(context, after, method);
}

/** The calls of `/v1/setup_intents`. */
export const setupIntentEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/setup_intents",
    parameters: setupCreation,
    run: (params, context) => create(params, context),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/setup_intents",
    parameters: z.strictObject({
      ...listParameters,
      customer: text().optional(),
      payment_method: text().optional(),
    }),
    run: (params, { tx }) => {
      const found = tx
        .list("setup_intent")
        .filter(({ customer }) => params.customer === undefined || customer === params.customer)
        .filter((intent) => params.payment_method === undefined || intent.payment_method === params.payment_method);
      return pageOf(found, "/v1/setup_intents", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/setup_intents/:id",
    parameters: z.strictObject({ client_secret: text().optional() }),
    run: (_params, { tx }, id) => knownSetup(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/setup_intents/:id",
    parameters: setupUpdate,
    run: (params, context, id) => update(params, context, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/setup_intents/:id/confirm",
    parameters: setupConfirmation,
    run: (params, context, id) => confirm(context, knownSetup(context.tx, id), params),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/setup_intents/:id/cancel",
    parameters: z.strictObject({
      cancellation_reason: z.enum(["abandoned", "duplicate", "requested_by_customer"]).optional(),
    }),
    run: ({ cancellation_reason = null }, { tx }, id) => {
      const before = knownSetup(tx, id);
      assertSetupCall(before, "cancel");
      const after: Stripe.SetupIntent = { ...before, cancellation_reason, next_action: null, status: "canceled" };
      tx.put("setup_intent", after);
      return after;
    },
  }),
];
