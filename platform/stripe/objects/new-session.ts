import type Stripe from "stripe";
import type { CheckoutDetails, StoredLineItem } from "../core/kinds";
import type { CallContext } from "../http/endpoint";
import { mergeMetadata } from "../http/parameters";
import { invalidRequest, notSimulated } from "../http/stripe-error";
import { assertChargeable } from "../money/currency";
import type { SessionParameters } from "./checkout-parameters";
import { newSetupIntent } from "./confirm-setup";
import { liveCustomer } from "./customers";
import { assertMethodTypes } from "./intent-parameters";
import { newLineItem } from "./new-line-items";
import { priceLines } from "./price-session";
import { discountOf, type Discount } from "./redeem";
import { UNUSED_FEATURES } from "./session-defaults";
import { methodTypesFor } from "./test-accounts";

const HALF_HOUR = 1800;
const DAY = 24 * 3600;

/**
 * Creates a checkout session in payment or setup mode.
 * Refuses, in this order: payment_method_types; modes and page kinds that are not simulated; no success_url; both customer and
 * customer_email, or discounts and allow_promotion_codes; an unknown customer; a bad expiry; what the mode does not take; bad line
 * items; a discount that may not be used; an amount that cannot be charged.
 */
export function newSession(params: SessionParameters, context: CallContext): Stripe.Checkout.Session {
  assertSimulated(params);
  if (params.success_url === undefined) throw missing("success_url");
  assertOneOf(params, "customer", "customer_email");
  assertOneOf(params, "allow_promotion_codes", "discounts");
  const { tx, now } = context;
  const customer = params.customer === undefined ? null : liveCustomer(tx, params.customer, "customer");
  if (params.customer_update !== undefined && customer === null) {
    throw invalidRequest("`customer_update` can only be used with `customer`.", { param: "customer_update" });
  }
  const expiresAt = params.expires_at ?? now + DAY;
  if (expiresAt < now + HALF_HOUR - 60 || expiresAt > now + DAY + 60) {
    throw invalidRequest(
      "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
      { param: "expires_at" },
    );
  }
  return params.mode === "setup"
    ? newSetupSession(params, { context, customer, expiresAt })
    : newPaymentSession(params, { context, customer, expiresAt });
}

type Facts = Pick<SessionFacts, "context" | "customer" | "expiresAt">;

function newPaymentSession(params: SessionParameters, facts: Facts): Stripe.Checkout.Session {
  const { customer, context } = facts;
  const { tx, now } = context;
  if (params.line_items === undefined) throw missing("line_items");
  if (params.setup_intent_data !== undefined) throw wrongMode("setup_intent_data", "setup");
  const lines = params.line_items.map((item, index) =>
    newLineItem(tx, item, { index, now, currency: params.currency }),
  );
  const currency = oneCurrency(lines);
  const given = params.discounts?.[0];
  const discount = given === undefined ? null : discountOf(tx, given);
  const taxed = params.automatic_tax?.enabled === true;
  const { lineItems, totals } = priceLines(tx, lines, {
    discount,
    taxed,
    customer: customer?.id ?? null,
    currency,
    now,
  });
  const total = totals.amount_total ?? 0;
  if (total > 0) assertChargeable(total, currency);
  const session = {
    ...buildSession(params, { ...facts, currency }),
    ...totals,
    automatic_tax: {
      enabled: taxed,
      liability: taxed ? { type: "self" } : null,
      provider: taxed ? "stripe" : null,
      status: taxed ? "complete" : null,
    },
    discounts: discount === null ? [] : [shownDiscount(discount)],
    payment_status: total === 0 ? "no_payment_required" : "unpaid",
  } satisfies Stripe.Checkout.Session;
  tx.put("checkout.session", session);
  const { payment_intent_data: data } = params;
  tx.putQuietly("checkout_details", {
    id: session.id,
    lineItems,
    intentMetadata: mergeMetadata({}, data?.metadata),
    intentDescription: data?.description ?? null,
    setupFutureUsage: data?.setup_future_usage ?? null,
    ...(data?.capture_method === undefined ? {} : { captureMethod: data.capture_method }),
    ...shownSaved(params),
  });
  return session;
}

function newSetupSession(params: SessionParameters, facts: Facts): Stripe.Checkout.Session {
  const { customer, context } = facts;
  const { tx, now } = context;
  const refused = (["line_items", "payment_intent_data", "discounts", "automatic_tax"] as const).find(
    (name) => params[name] !== undefined,
  );
  if (refused !== undefined) throw wrongMode(refused, "payment");
  if (params.currency === undefined && params.allowed_payment_method_types === undefined) throw missing("currency");
  const currency = params.currency ?? null;
  const intent = newSetupIntent(tx, {
    customer: customer?.id ?? null,
    description: params.setup_intent_data?.description ?? null,
    metadata: mergeMetadata({}, params.setup_intent_data?.metadata),
    usage: "off_session",
    currency,
    allowed: params.allowed_payment_method_types,
    excluded: params.excluded_payment_method_types,
    now,
  });
  const session = {
    ...buildSession(params, { ...facts, currency }),
    amount_subtotal: null,
    amount_total: null,
    payment_status: "no_payment_required",
    setup_intent: intent.id,
    total_details: null,
  } satisfies Stripe.Checkout.Session;
  tx.put("checkout.session", session);
  tx.putQuietly("checkout_details", {
    id: session.id,
    lineItems: [],
    intentMetadata: {},
    intentDescription: null,
    ...shownSaved(params),
  });
  return session;
}

function shownSaved(params: SessionParameters): Pick<CheckoutDetails, "redisplay" | "updatesName"> {
  return {
    redisplay: params.saved_payment_method_options?.allow_redisplay_filters ?? ["always"],
    updatesName: params.customer_update?.name === "auto",
  };
}

/** Writes a discount as a session shows it. */
export function shownDiscount({ coupon, promotionCode }: Discount): Stripe.Checkout.Session.Discount {
  return promotionCode === null
    ? { coupon: coupon.id, promotion_code: null }
    : { coupon: coupon.id, promotion_code: promotionCode.id };
}

function assertSimulated(params: SessionParameters): void {
  assertMethodTypes(params);
  if (params.mode === "subscription") throw notSimulated(`checkout sessions in ${params.mode} mode`, "mode");
  if (params.ui_mode !== undefined && params.ui_mode !== "hosted_page") {
    throw notSimulated(`checkout with ui_mode ${params.ui_mode}`, "ui_mode");
  }
}

function assertOneOf(params: SessionParameters, one: keyof SessionParameters, other: keyof SessionParameters): void {
  if (params[one] === undefined || params[other] === undefined) return;
  throw invalidRequest(`You may only specify one of these parameters: ${one}, ${other}.`, { param: one });
}

function missing(param: string): Error {
  return invalidRequest(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}

function wrongMode(param: string, mode: string): Error {
  return invalidRequest(`You can not pass \`${param}\` in this mode. It needs \`${mode}\` mode.`, { param });
}

function oneCurrency(items: readonly StoredLineItem[]): string {
  const currencies = [...new Set(items.map(({ currency }) => currency))];
  const [first = "usd", other] = currencies;
  if (other === undefined) return first;
  throw invalidRequest(`All line items must have the same currency: given ${currencies.join(", ")}`, {
    param: "line_items",
  });
}

interface SessionFacts {
  readonly context: CallContext;
  readonly customer: Stripe.Customer | null;
  readonly currency: string | null;
  readonly expiresAt: number;
}

/** Builds what both modes share; sums and payment status are the mode's business. */
function buildSession(params: SessionParameters, facts: SessionFacts): Stripe.Checkout.Session {
  const { context, customer, currency } = facts;
  const id = context.tx.newId("cs_test_", 58);
  const email = customer?.email ?? params.customer_email ?? null;
  return {
    id,
    object: "checkout.session",
    ...UNUSED_FEATURES,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount_subtotal: 0,
    amount_total: 0,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    created: context.now,
    currency,
    customer: customer?.id ?? null,
    customer_creation: customer === null ? (params.customer_creation ?? "if_required") : null,
    customer_details:
      email === null
        ? null
        : {
            address: null,
            business_name: null,
            email,
            individual_name: null,
            name: customer?.name ?? null,
            phone: customer?.phone ?? null,
            tax_exempt: "none",
            tax_ids: [],
          },
    customer_email: params.customer_email ?? null,
    expires_at: facts.expiresAt,
    invoice_creation: invoiceCreationOf(params),
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    mode: params.mode,
    payment_intent: null,
    payment_method_collection: "if_required",
    payment_method_options: {},
    payment_method_types: methodTypesFor(currency, {
      allowed: params.allowed_payment_method_types,
      excluded: params.excluded_payment_method_types,
    }),
    payment_status: "unpaid",
    saved_payment_method_options: savedOptionsOf(params),
    shipping_options: [],
    status: "open",
    submit_type: params.submit_type ?? null,
    success_url: params.success_url ?? null,
    setup_intent: null,
    discounts: [],
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `${context.baseUrl}/c/pay/${id}`,
  } satisfies Stripe.Checkout.Session;
}

function invoiceCreationOf({
  invoice_creation: given,
}: SessionParameters): Stripe.Checkout.Session.InvoiceCreation | null {
  if (given === undefined) return null;
  const { description = null, footer = null, metadata } = given.invoice_data ?? {};
  return {
    enabled: given.enabled,
    invoice_data: {
      account_tax_ids: null,
      custom_fields: null,
      description,
      footer,
      issuer: null,
      metadata: mergeMetadata({}, metadata),
      rendering_options: null,
    },
  };
}

function savedOptionsOf({ saved_payment_method_options: given }: SessionParameters) {
  if (given === undefined) return null;
  const allow_redisplay_filters = given.allow_redisplay_filters ?? ["always"];
  return { allow_redisplay_filters, payment_method_remove: null, payment_method_save: null };
}
