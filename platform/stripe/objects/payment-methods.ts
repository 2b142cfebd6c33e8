import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import {
  address,
  givenOf,
  integer,
  listParameters,
  mergeMetadata,
  metadata,
  text,
  unsettableText,
} from "../http/parameters";
import { invalidRequest, notSimulated, resourceMissing } from "../http/stripe-error";
import { liveCustomer, withoutDefault } from "./customers";
import { attachMethod, detachMethod, knownMethod, newPaymentMethod } from "./new-payment-method";
import { findTestMethod, TEST_ACCOUNTS, type TestMethod } from "./test-accounts";
import { GOOD_CARD } from "./test-cards";

const TYPES = ["card", "sepa_debit", "us_bank_account"] as const;

const billingDetails = z.strictObject({
  address: address().optional(),
  email: unsettableText(512).optional(),
  name: unsettableText(256).optional(),
  phone: unsettableText(20).optional(),
});
const redisplay = z.enum(["always", "limited", "unspecified"]);

const creation = z.strictObject({
  type: z.enum(TYPES),
  card: z
    .strictObject({
      token: text().optional(),
      number: text(30).optional(),
      exp_month: integer(1, 12).optional(),
      exp_year: integer(0, 9999).optional(),
      cvc: text(4).optional(),
    })
    .optional(),
  sepa_debit: z.strictObject({ iban: text(42) }).optional(),
  us_bank_account: z
    .strictObject({
      account_number: text(20),
      routing_number: text(9),
      account_holder_type: z.enum(["individual", "company"]).optional(),
      account_type: z.enum(["checking", "savings"]).optional(),
    })
    .optional(),
  billing_details: billingDetails.optional(),
  allow_redisplay: redisplay.optional(),
  metadata: metadata().optional(),
});

/** Finds the test card or account that a creation describes. Refuses: none, and one that the simulator does not know. */
function testMethodOf(params: z.output<typeof creation>): TestMethod {
  const { card, sepa_debit: sepa, us_bank_account: bank } = params;
  const given = {
    card: { value: card?.token ?? card?.number, param: card?.number === undefined ? "card[token]" : "card[number]" },
    sepa_debit: { value: sepa?.iban, param: "sepa_debit[iban]" },
    us_bank_account: { value: bank?.account_number, param: "us_bank_account[account_number]" },
  }[params.type];
  if (given.value === undefined) {
    throw invalidRequest(`Missing required param: ${given.param}.`, { code: "parameter_missing", param: given.param });
  }
  const found = findTestMethod(given.value);
  if (found?.type === params.type) return found;
  if (card?.token !== undefined) throw resourceMissing("token", card.token, given.param);
  const known = [GOOD_CARD, ...TEST_ACCOUNTS].filter(({ type }) => type === params.type);
  throw notSimulated(
    `this ${params.type}; it knows ${known.map(({ number }) => number).join(", ")} and those in its README`,
    given.param,
  );
}

/** The calls of `/v1/payment_methods`. */
export const paymentMethodEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_methods",
    parameters: creation,
    run: (params, { tx, now }) => {
      const { exp_month, exp_year } = params.card ?? {};
      const { method } = newPaymentMethod(tx, testMethodOf(params), {
        billing: givenOf(params.billing_details),
        metadata: mergeMetadata({}, params.metadata),
        expires: exp_month === undefined || exp_year === undefined ? undefined : { exp_month, exp_year },
        now,
      });
      if (params.allow_redisplay === undefined) return method;
      const after = { ...method, allow_redisplay: params.allow_redisplay };
      tx.putQuietly("payment_method", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/payment_methods",
    parameters: z.strictObject({
      ...listParameters,
      customer: text().optional(),
      type: text().optional(),
      allow_redisplay: redisplay.optional(),
    }),
    run: (params, { tx }) => {
      if (params.customer !== undefined) liveCustomer(tx, params.customer, "customer");
      return pageOf(methodsOf(tx, params.customer, params), "/v1/payment_methods", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/payment_methods/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownMethod(tx, id).method,
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_methods/:id",
    parameters: z.strictObject({
      allow_redisplay: redisplay.optional(),
      billing_details: billingDetails.optional(),
      card: z
        .strictObject({ exp_month: integer(1, 12).optional(), exp_year: integer(2000, 9999).optional() })
        .optional(),
      metadata: metadata().optional(),
    }),
    run: ({ billing_details, card, metadata: change, allow_redisplay }, { tx }, id) => {
      const before = knownMethod(tx, id).method;
      if (before.customer === null) {
        throw invalidRequest("You must save this PaymentMethod to a customer before you can update it.");
      }
      const after: Stripe.PaymentMethod = {
        ...before,
        ...givenOf({ allow_redisplay }),
        billing_details: { ...before.billing_details, ...givenOf(billing_details) },
        ...(before.card === undefined ? {} : { card: { ...before.card, ...givenOf(card) } }),
        metadata: mergeMetadata(before.metadata ?? {}, change),
      };
      tx.put("payment_method", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_methods/:id/attach",
    parameters: z.strictObject({ customer: text() }),
    run: ({ customer }, { tx, now }, id) => {
      const owner = liveCustomer(tx, customer, "customer");
      const test = /^pm_(card_|usBankAccount)/.test(id) ? findTestMethod(id) : undefined;
      const known = test === undefined ? knownMethod(tx, id) : newPaymentMethod(tx, test, { billing: {}, now });
      return attachMethod(tx, known, owner.id);
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/payment_methods/:id/detach",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => {
      const before = knownMethod(tx, id).method;
      if (typeof before.customer !== "string") {
        throw invalidRequest(
          "The payment method you provided is not attached to a customer so detachment is impossible.",
          { param: "payment_method" },
        );
      }
      const after = detachMethod(tx, before);
      withoutDefault(tx, before.customer, id);
      return after;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/customers/:id/payment_methods",
    parameters: z.strictObject({ ...listParameters, type: text().optional(), allow_redisplay: redisplay.optional() }),
    run: (params, { tx }, id) => {
      liveCustomer(tx, id);
      return pageOf(methodsOf(tx, id, params), `/v1/customers/${id}/payment_methods`, params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/customers/:id/payment_methods/:method",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id, path) => {
      liveCustomer(tx, id);
      const { method } = knownMethod(tx, path["method"] ?? "");
      if (method.customer !== id) throw resourceMissing("PaymentMethod", method.id);
      return method;
    },
  }),
];

/** Finds the methods that are saved on a customer, or on any; one that was never saved is in no list. */
function methodsOf(
  tx: Transaction,
  customer: string | undefined,
  wanted: { readonly type?: string | undefined; readonly allow_redisplay?: string | undefined },
): readonly Stripe.PaymentMethod[] {
  return tx
    .list("payment_method")
    .filter((method) => (customer === undefined ? method.customer !== null : method.customer === customer))
    .filter(({ type }) => wanted.type === undefined || type === wanted.type)
    .filter((method) => wanted.allow_redisplay === undefined || method.allow_redisplay === wanted.allow_redisplay);
}
