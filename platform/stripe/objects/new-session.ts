import type Stripe from "stripe";
import type { StoredLineItem, WirePrice } from "../core/kinds";
import type { Transaction } from "../core/store";
import type { CallContext } from "../http/endpoint";
import { mergeMetadata } from "../http/parameters";
import { invalidRequest, notSimulated } from "../http/stripe-error";
import { assertChargeable } from "../money/currency";
import type { LineItemParameters, SessionParameters } from "./checkout-parameters";
import { liveCustomer } from "./customers";
import { knownPrice, newPrice } from "./prices";
import { liveProduct, newProduct } from "./products";

const HALF_HOUR = 1800;
const DAY = 24 * 3600;

/**
 * Creates a checkout session in payment mode.
 * Refuses, in this order: payment_method_types; modes and page kinds that are not simulated; no success_url or line items; both customer and
 * customer_email; an unknown customer; a bad expiry; bad line items; an amount that cannot be charged.
 */
export function newSession(params: SessionParameters, context: CallContext): Stripe.Checkout.Session {
  assertSimulated(params);
  const { tx, now } = context;
  if (params.success_url === undefined) throw missing("success_url");
  if (params.line_items === undefined) throw missing("line_items");
  if (params.customer !== undefined && params.customer_email !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: customer, customer_email.", {
      param: "customer",
    });
  }
  const customer = params.customer === undefined ? null : liveCustomer(tx, params.customer, "customer");
  const expiresAt = params.expires_at ?? now + DAY;
  if (expiresAt < now + HALF_HOUR - 60 || expiresAt > now + DAY + 60) {
    throw invalidRequest(
      "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
      {
        param: "expires_at",
      },
    );
  }
  const lineItems = params.line_items.map((item, index) => newLineItem(tx, item, { index, now }));
  const currency = oneCurrency(lineItems, params.currency);
  const total = lineItems.reduce((sum, item) => sum + item.amount_total, 0);
  if (total > 0) assertChargeable(total, currency);

  const session = buildSession(params, { context, customer, currency, total, expiresAt });
  tx.put("checkout.session", session);
  tx.putQuietly("checkout_details", {
    id: session.id,
    lineItems,
    intentMetadata: mergeMetadata({}, params.payment_intent_data?.metadata),
    intentDescription: params.payment_intent_data?.description ?? null,
  });
  return session;
}

function assertSimulated(params: SessionParameters): void {
  if (params.payment_method_types !== undefined) {
    throw invalidRequest(
      "The parameter `payment_method_types` is no longer supported. Use `allowed_payment_method_types` or `excluded_payment_method_types`.",
      { code: "payment_method_types_no_longer_supported", param: "payment_method_types" },
    );
  }
  if (params.mode !== "payment") throw notSimulated(`checkout sessions in ${params.mode} mode`, "mode");
  if (params.ui_mode !== undefined && params.ui_mode !== "hosted_page") {
    throw notSimulated(`checkout with ui_mode ${params.ui_mode}`, "ui_mode");
  }
  if (params.allow_promotion_codes === true) throw notSimulated("promotion codes", "allow_promotion_codes");
}

function missing(param: string): Error {
  return invalidRequest(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}

function newLineItem(
  tx: Transaction,
  item: LineItemParameters,
  { index, now }: { readonly index: number; readonly now: number },
): StoredLineItem {
  const at = `line_items[${index}]`;
  const price = priceOf(tx, item, { at, now });
  const amount = (price.unit_amount ?? 0) * item.quantity;
  if (!Number.isSafeInteger(amount)) {
    throw invalidRequest("Amount is too large", { code: "amount_too_large", param: at });
  }
  const product = tx.get("product", price.product);
  return {
    id: tx.newId("li_"),
    object: "item",
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: product !== undefined && "name" in product ? product.name : null,
    metadata: {},
    price: price.id,
    quantity: item.quantity,
  } satisfies StoredLineItem;
}

function priceOf(
  tx: Transaction,
  { price: priceId, price_data: data }: LineItemParameters,
  { at, now }: { readonly at: string; readonly now: number },
): WirePrice {
  if ((priceId === undefined) === (data === undefined)) {
    throw invalidRequest(`You must specify either \`price\` or \`price_data\` for ${at}.`, { param: `${at}[price]` });
  }
  if (priceId !== undefined) {
    const price = knownPrice(tx, priceId, `${at}[price]`);
    if (price.type === "recurring") {
      throw invalidRequest("You specified `payment` mode but passed a recurring price.", { param: `${at}[price]` });
    }
    if (!price.active) {
      throw invalidRequest(`The price specified is inactive. This field only accepts active prices.`, {
        param: `${at}[price]`,
      });
    }
    return price;
  }
  if ((data?.product === undefined) === (data?.product_data === undefined)) {
    throw invalidRequest(`You must specify either \`product\` or \`product_data\` for ${at}[price_data].`, {
      param: `${at}[price_data][product]`,
    });
  }
  let productId = data?.product;
  if (productId !== undefined) liveProduct(tx, productId, `${at}[price_data][product]`);
  else {
    // Prices and products that are written into a session cannot be used again, so Stripe keeps them inactive.
    const product = newProduct(tx, { name: "", ...data?.product_data, active: false }, now);
    tx.putQuietly("product", product);
    productId = product.id;
  }
  const fields = {
    currency: data?.currency ?? "",
    unit_amount: data?.unit_amount ?? 0,
    tax_behavior: data?.tax_behavior,
  };
  const price = newPrice(tx, { ...fields, product: productId, active: false }, now);
  tx.putQuietly("price", price);
  return price;
}

function oneCurrency(items: readonly StoredLineItem[], wanted: string | undefined): string {
  const currencies = [...new Set(items.map(({ currency }) => currency))];
  const [first = "usd", other] = currencies;
  if (other !== undefined) {
    throw invalidRequest(`All line items must have the same currency: given ${currencies.join(", ")}`, {
      param: "line_items",
    });
  }
  if (wanted !== undefined && wanted !== first) {
    throw invalidRequest(`The line items are in ${first}, the session in ${wanted}`, { param: "currency" });
  }
  return first;
}

interface SessionFacts {
  readonly context: CallContext;
  readonly customer: Stripe.Customer | null;
  readonly currency: string;
  readonly total: number;
  readonly expiresAt: number;
}

function buildSession(params: SessionParameters, facts: SessionFacts): Stripe.Checkout.Session {
  const { context, customer, currency, total } = facts;
  const id = context.tx.newId("cs_test_", 58);
  const email = customer?.email ?? params.customer_email ?? null;
  return {
    id,
    object: "checkout.session",
    ...UNUSED_FEATURES,
    amount_subtotal: total,
    amount_total: total,
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
    mode: "payment",
    payment_intent: null,
    payment_method_collection: "if_required",
    payment_method_options: {},
    payment_method_types: ["card"],
    payment_status: total === 0 ? "no_payment_required" : "unpaid",
    shipping_options: [],
    status: "open",
    submit_type: params.submit_type ?? null,
    success_url: params.success_url ?? null,
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

/** Fields of a session for what the simulator does not have, as Stripe answers them when they are not used. */
const UNUSED_FEATURES = {
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  discounts: [],
  integration_identifier: null,
  invoice: null,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_link: null,
  payment_method_configuration_details: null,
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  subscription: null,
  wallet_options: null,
} satisfies Partial<Stripe.Checkout.Session>;
