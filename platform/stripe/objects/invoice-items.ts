import type Stripe from "stripe";
import { z } from "zod";
import type { WireInvoiceItem } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type CallContext, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { currency, decimal, flag, integer, listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { timesQuantity } from "../money/decimal";
import { liveCustomer } from "./customers";
import { draftInvoice, removeLine, setLine } from "./invoice-lines";
import { liveProduct } from "./new-product";
import { knownPrice, newPrice } from "./prices";

const MOST = 999_999_999_999;

/** Parameters of an item that an update may change. */
export const itemChanges = {
  amount: integer(-MOST, MOST).optional(),
  description: text().optional(),
  discountable: flag().optional(),
  metadata: metadata().optional(),
  period: z.strictObject({ start: integer(0), end: integer(0) }).optional(),
  price_data: z
    .strictObject({
      currency: currency(),
      product: text(),
      tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
      unit_amount: integer(0, MOST).optional(),
      unit_amount_decimal: decimal().optional(),
    })
    .optional(),
  pricing: z.strictObject({ price: text() }).optional(),
  quantity: integer(0, 999_999).optional(),
};

/** Parameters of an item that a call makes. */
export const itemParameters = { ...itemChanges, currency: currency().optional() };

const itemFields = z.strictObject(itemParameters);
export type ItemFields = z.output<typeof itemFields>;

interface Owner {
  readonly customer: Stripe.Customer;
  /** The invoice that the item goes on; null keeps it for a later one. */
  readonly invoice: string | null;
  /** The currency of that invoice. */
  readonly currency: string | null;
}

/** Makes an item and the line of its invoice. Refuses: both or neither of amount and price, a recurring price, a second currency. */
export function newInvoiceItem(
  { tx, now }: Pick<CallContext, "tx" | "now">,
  fields: ItemFields,
  owner: Owner,
): WireInvoiceItem {
  const priced = pricedBy(tx, fields, now);
  if (owner.currency !== null && owner.currency !== priced.currency) {
    throw invalidRequest(
      `The currency of the invoice item (${priced.currency}) must be that of the invoice (${owner.currency}).`,
      { param: "currency" },
    );
  }
  const item = {
    id: tx.newId("ii_"),
    object: "invoiceitem",
    ...priced,
    customer: owner.customer.id,
    customer_account: null,
    date: now,
    description: fields.description ?? priced.description,
    discountable: fields.discountable ?? priced.amount >= 0,
    discounts: [],
    invoice: owner.invoice,
    livemode: false,
    metadata: mergeMetadata({}, fields.metadata),
    net_amount: priced.amount,
    parent: null,
    period: fields.period ?? { start: now, end: now },
    proration: false,
    tax_rates: [],
    test_clock: owner.customer.test_clock ?? null,
  } satisfies WireInvoiceItem;
  tx.put("invoiceitem", item);
  if (item.invoice !== null) setLine(tx, item.invoice, item);
  return item;
}

type Priced = Pick<
  WireInvoiceItem,
  "amount" | "currency" | "description" | "pricing" | "quantity" | "quantity_decimal"
>;

/** Makes the price that is written into an item; it cannot be used again, so it is kept inactive. */
function writtenPrice(tx: Transaction, data: NonNullable<ItemFields["price_data"]>, now: number): string {
  liveProduct(tx, data.product, "price_data[product]");
  const price = newPrice(tx, { ...data, active: false }, now);
  tx.putQuietly("price", price);
  return price.id;
}

function pricedBy(tx: Transaction, { price_data: data, ...fields }: ItemFields, now: number): Priced {
  const { amount } = fields;
  if ([amount, fields.pricing, data].filter((given) => given !== undefined).length !== 1) {
    throw invalidRequest("You must specify exactly one of these parameters: amount, price_data, pricing[price].", {
      param: "amount",
    });
  }
  const pricing = data === undefined ? fields.pricing : { price: writtenPrice(tx, data, now) };
  if (pricing === undefined) {
    if (fields.quantity !== undefined) {
      throw invalidRequest("You may only specify one of these parameters: amount, quantity.", { param: "quantity" });
    }
    if (fields.currency === undefined) {
      throw invalidRequest("Missing required param: currency.", { code: "parameter_missing", param: "currency" });
    }
    const { currency: code } = fields;
    return {
      amount: amount ?? 0,
      currency: code,
      description: null,
      pricing: null,
      quantity: 1,
      quantity_decimal: "1",
    };
  }
  const price = knownPrice(tx, pricing.price, "pricing[price]");
  if (price.type === "recurring") {
    throw invalidRequest(
      `The price specified is set to \`type=recurring\` but this field only accepts prices with \`type=one_time\`.`,
      { param: "pricing[price]" },
    );
  }
  const product = tx.get("product", price.product);
  const quantity = fields.quantity ?? 1;
  return {
    amount: timesQuantity(price.unit_amount_decimal ?? "0", quantity),
    currency: price.currency,
    description: product !== undefined && "name" in product ? product.name : null,
    pricing: {
      type: "price_details",
      price_details: { price: price.id, product: price.product },
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: String(quantity),
  };
}

function liveItem(tx: Transaction, id: string): WireInvoiceItem {
  const item = tx.get("invoiceitem", id);
  if (item === undefined || item.deleted === true) throw resourceMissing("invoiceitem", id);
  return item;
}

/** Finds an item that may change: one that waits, or stands on a draft. Refuses: `invoice_not_editable`. */
function editableItem(tx: Transaction, id: string): WireInvoiceItem {
  const item = liveItem(tx, id);
  if (typeof item.invoice === "string") draftInvoice(tx, item.invoice);
  return item;
}

/** Changes an item and the line that shows it. Refuses: `invoice_not_editable`; another currency. */
export function updateItem(
  { tx, now }: Pick<CallContext, "tx" | "now">,
  id: string,
  fields: z.output<typeof updateFields>,
): WireInvoiceItem {
  const before = editableItem(tx, id);
  const { amount, price_data: data, pricing, quantity, metadata: change, ...rest } = fields;
  const isRepriced = [amount, data, pricing].some((given) => given !== undefined);
  const price = isRepriced ? pricing?.price : before.pricing?.price_details.price;
  const isByPrice = price !== undefined || data !== undefined;
  const priced = pricedBy(
    tx,
    {
      currency: before.currency,
      amount: isByPrice ? amount : (amount ?? before.amount),
      price_data: data,
      pricing: price === undefined ? undefined : { price },
      quantity: isByPrice ? (quantity ?? before.quantity) : quantity,
    },
    now,
  );
  if (priced.currency !== before.currency) {
    throw invalidRequest("The currency of an invoice item cannot be changed.", { param: "pricing[price]" });
  }
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const after: WireInvoiceItem = {
    ...before,
    ...priced,
    description: before.description,
    ...given,
    net_amount: priced.amount,
    metadata: mergeMetadata(before.metadata ?? {}, change),
  };
  tx.put("invoiceitem", after);
  if (typeof after.invoice === "string") setLine(tx, after.invoice, after);
  return after;
}

/** Deletes an item and the line that shows it. Refuses: `invoice_not_editable`. */
export function deleteItem(tx: Transaction, id: string): Stripe.DeletedInvoiceItem {
  const { invoice } = editableItem(tx, id);
  const deleted = { id, object: "invoiceitem", deleted: true } satisfies Stripe.DeletedInvoiceItem;
  tx.put("invoiceitem", deleted);
  if (typeof invoice === "string") removeLine(tx, invoice, id);
  return deleted;
}

/** Takes an item off its draft, so that it waits for a later invoice. Refuses: `invoice_not_editable`. */
export function unassignItem(tx: Transaction, id: string): void {
  const item = editableItem(tx, id);
  tx.put("invoiceitem", { ...item, invoice: null });
  if (typeof item.invoice === "string") removeLine(tx, item.invoice, id);
}

const updateFields = z.strictObject(itemChanges);

/** The calls of `/v1/invoiceitems`. */
export const invoiceItemEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/invoiceitems",
    parameters: z.strictObject({ ...itemParameters, customer: text(), invoice: text().optional() }),
    run: ({ customer: customerId, invoice: invoiceId, ...fields }, context) => {
      const customer = liveCustomer(context.tx, customerId, "customer");
      if (invoiceId === undefined) return newInvoiceItem(context, fields, { customer, invoice: null, currency: null });
      const invoice = draftInvoice(context.tx, invoiceId, "invoice");
      if (invoice.customer !== customer.id) {
        throw invalidRequest("The customer of the invoice item must be that of the invoice.", { param: "invoice" });
      }
      return newInvoiceItem(context, fields, { customer, invoice: invoice.id, currency: invoice.currency });
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/invoiceitems",
    parameters: z.strictObject({
      ...listParameters,
      customer: text().optional(),
      invoice: text().optional(),
      pending: flag().optional(),
    }),
    run: (params, { tx }) => {
      const living = tx.list("invoiceitem").filter((item) => item.deleted !== true) as WireInvoiceItem[];
      const found = living
        .filter(({ customer }) => params.customer === undefined || customer === params.customer)
        .filter(({ invoice }) => params.invoice === undefined || invoice === params.invoice)
        .filter(({ invoice }) => params.pending === undefined || (invoice === null) === params.pending)
        .map((item) => ({ ...item, created: item.date }));
      const page = pageOf(found, "/v1/invoiceitems", params);
      return { ...page, data: page.data.map(({ created: _created, ...item }) => item) };
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/invoiceitems/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => liveItem(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoiceitems/:id",
    parameters: updateFields,
    run: (params, context, id) => updateItem(context, id, params),
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/invoiceitems/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => deleteItem(tx, id),
  }),
];
