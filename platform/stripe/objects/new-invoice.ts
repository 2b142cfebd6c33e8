import type Stripe from "stripe";
import { z } from "zod";
import type { WireInvoice, WireInvoiceItem } from "../core/kinds";
import type { Transaction } from "../core/store";
import type { CallContext } from "../http/endpoint";
import { currency, flag, integer, mergeMetadata, metadata, text, unsettableText } from "../http/parameters";
import { invalidRequest, notSimulated } from "../http/stripe-error";
import { newLine, withTotals } from "./invoice-lines";
import { liveCustomer } from "./customers";
import { shownTaxIds } from "./new-tax-id";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Parameters of an invoice that a draft takes too. */
export const draftParameters = {
  auto_advance: flag().optional(),
  collection_method: z.enum(["charge_automatically", "send_invoice"]).optional(),
  custom_fields: customFields().optional(),
  days_until_due: integer(0, 10_000).optional(),
  default_payment_method: unsettableText().optional(),
  description: unsettableText().optional(),
  discounts: z.unknown().optional(),
  due_date: integer(0).optional(),
  effective_at: integer(0).optional(),
  footer: unsettableText().optional(),
  metadata: metadata().optional(),
  number: unsettableText(26).optional(),
  statement_descriptor: unsettableText(22).optional(),
};

/** Up to four fields that the account shows in the header; the empty string unsets them. */
function customFields() {
  return z.preprocess(
    (value) => (value === "" ? null : value),
    z
      .array(z.strictObject({ name: text(40), value: text(140) }))
      .max(4)
      .nullable(),
  );
}

const createParameters = z.strictObject({
  ...draftParameters,
  currency: currency().optional(),
  customer: text(),
  pending_invoice_items_behavior: z.enum(["exclude", "include"]).default("exclude"),
});

/** Parameters of `POST /v1/invoices`. */
export const invoiceParameters = createParameters;

export type InvoiceFields = z.output<typeof createParameters>;

/**
 * Creates a draft, with the customer's waiting items when they are asked for, or with the given ones and no other.
 * Refuses: discounts; a due date that does not fit the collection method.
 */
export function newInvoice(
  { tx, now }: Pick<CallContext, "tx" | "now">,
  fields: InvoiceFields,
  given?: readonly WireInvoiceItem[],
): WireInvoice {
  if (fields.discounts !== undefined && fields.discounts !== "")
    throw notSimulated("discounts of invoices", "discounts");
  const customer = liveCustomer(tx, fields.customer, "customer");
  assertDue(fields.collection_method ?? "charge_automatically", fields);
  const code = fields.currency ?? customer.currency ?? "usd";
  const isIncluding = fields.pending_invoice_items_behavior === "include";
  const items = given ?? (isIncluding ? waitingItems(tx, customer.id, code) : []);
  const id = tx.newId("in_");
  const lines = items.map((item) => newLine(tx, item, id));
  const draft = buildDraft(id, { fields, customer, now, currency: code });
  const shown = { due_date: dueDateOf(fields, now), customer_tax_ids: shownTaxIds(tx, customer.id) };
  const invoice = withTotals(tx, { ...draft, ...shown }, lines);
  tx.putQuietly("invoice_details", { id, lines, daysUntilDue: fields.days_until_due ?? null });
  tx.put("invoice", invoice);
  const put = given === undefined ? tx.put : tx.putQuietly;
  for (const item of items) put("invoiceitem", { ...item, invoice: id });
  return invoice;
}

/** Finds the items of a customer that wait for an invoice, the oldest first. */
function waitingItems(tx: Transaction, customer: string, code: string): readonly WireInvoiceItem[] {
  const living = tx.list("invoiceitem").filter((item) => item.deleted !== true) as WireInvoiceItem[];
  return living
    .filter((item) => item.customer === customer && item.invoice === null && item.currency === code)
    .toReversed();
}

/** Tells when an invoice is due; null when nobody said. Units: unix seconds. */
export function dueDateOf(
  fields: { readonly due_date?: number | undefined; readonly days_until_due?: number | undefined },
  now: number,
): number | null {
  return fields.due_date ?? (fields.days_until_due === undefined ? null : now + fields.days_until_due * DAY);
}

/** Tells when a draft advances by itself. */
export function finalizesAt(autoAdvance: boolean, now: number): number | null {
  return autoAdvance ? now + HOUR : null;
}

function assertDue(method: string, fields: InvoiceFields): void {
  const { due_date: date, days_until_due: days } = fields;
  if (date !== undefined && days !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: due_date, days_until_due.", {
      param: "due_date",
    });
  }
  const isGiven = date !== undefined || days !== undefined;
  if (method === "send_invoice" && !isGiven) {
    throw invalidRequest(
      "If collection_method is `send_invoice`, you must specify either due_date or days_until_due.",
      {
        param: "days_until_due",
      },
    );
  }
  if (method !== "send_invoice" && isGiven) {
    throw invalidRequest("You can only set a due date if collection_method is `send_invoice`.", {
      param: date === undefined ? "days_until_due" : "due_date",
    });
  }
}

interface DraftFacts {
  readonly fields: InvoiceFields;
  readonly customer: Stripe.Customer;
  readonly now: number;
  readonly currency: string;
}

function buildDraft(id: string, { fields, customer, now, currency: code }: DraftFacts): WireInvoice {
  const autoAdvance = fields.auto_advance ?? false;
  return {
    id,
    object: "invoice",
    ...UNUSED_FEATURES,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    attempt_count: 0,
    attempted: false,
    auto_advance: autoAdvance,
    automatically_finalizes_at: finalizesAt(autoAdvance, now),
    billing_reason: "manual",
    collection_method: fields.collection_method ?? "charge_automatically",
    created: now,
    currency: code,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    custom_fields: fields.custom_fields ?? null,
    default_payment_method: fields.default_payment_method ?? null,
    description: fields.description ?? null,
    due_date: null,
    effective_at: fields.effective_at ?? null,
    ending_balance: null,
    footer: fields.footer ?? null,
    lines: { object: "list", data: [], has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: mergeMetadata({}, fields.metadata),
    next_payment_attempt: null,
    number: fields.number ?? null,
    parent: null,
    period_end: now,
    period_start: now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    starting_balance: 0,
    statement_descriptor: fields.statement_descriptor ?? null,
    status: "draft",
    status_details: {},
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: customer.test_clock ?? null,
    total: 0,
    total_excluding_tax: 0,
    webhooks_delivered_at: null,
  } satisfies WireInvoice;
}

/** Fields of an invoice for what the simulator does not have, as Stripe answers them when they are not used. */
const UNUSED_FEATURES = {
  account_country: "US",
  account_name: "Stripe simulator",
  account_tax_ids: null,
  application: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  customer_account: null,
  customer_address: null,
  customer_shipping: null,
  customer_tax_exempt: "none",
  customer_tax_ids: [],
  default_source: null,
  default_tax_rates: [],
  discounts: [],
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: "self" },
  last_finalization_error: null,
  latest_revision: null,
  on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  total_discount_amounts: [],
  total_pretax_credit_amounts: [],
  total_taxes: [],
} satisfies Partial<WireInvoice>;
