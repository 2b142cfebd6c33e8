import type { WireInvoice, WireInvoiceItem, WireInvoiceLine } from "../core/kinds";
import type { Transaction } from "../core/store";
import { pageOf } from "../http/list";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { planBalance } from "../money/apply-balance";
import { minimumCharge } from "../money/currency";
import { balanceIn } from "./balance-transactions";
import { liveCustomer } from "./customers";

/** An invoice shows this many of its lines; the rest is behind its own call. */
const SHOWN_LINES = 10;

/** Finds an invoice that is not deleted. Refuses: `resource_missing` naming the parameter. */
export function knownInvoice(tx: Pick<Transaction, "get">, id: string, param?: string): WireInvoice {
  const invoice = tx.get("invoice", id);
  if (invoice === undefined || invoice.deleted === true) throw resourceMissing("invoice", id, param);
  return invoice as WireInvoice;
}

/** Finds a draft. Refuses: `resource_missing`, `invoice_not_editable`. */
export function draftInvoice(tx: Pick<Transaction, "get">, id: string, param?: string): WireInvoice {
  const invoice = knownInvoice(tx, id, param);
  if (invoice.status !== "draft") {
    throw invalidRequest("This invoice is no longer editable", { code: "invoice_not_editable" });
  }
  return invoice;
}

/** Reads all lines of an invoice, in their order. */
export function linesOf(tx: Pick<Transaction, "get">, invoice: string): readonly WireInvoiceLine[] {
  return tx.get("invoice_details", invoice)?.lines ?? [];
}

/** Makes the line that an item is shown as. */
export function newLine(tx: Transaction, item: WireInvoiceItem, invoice: string): WireInvoiceLine {
  const parent = {
    type: "invoice_item_details",
    invoice_item_details: { invoice_item: item.id, proration: false, proration_details: null, subscription: null },
    subscription_item_details: null,
  } as const;
  return {
    id: tx.newId("il_"),
    object: "line_item",
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discount_amounts: [],
    discountable: item.discountable,
    discounts: [],
    invoice,
    livemode: false,
    metadata: item.metadata ?? {},
    parent,
    period: item.period,
    pretax_credit_amounts: [],
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: item.quantity_decimal,
    subscription: null,
    subtotal: item.amount,
    taxes: [],
  } satisfies WireInvoiceLine;
}

/** Puts the line of an item on a draft, where it was or at the end. */
export function setLine(tx: Transaction, invoice: string, item: WireInvoiceItem): void {
  const lines = linesOf(tx, invoice);
  const at = lines.findIndex((line) => itemOf(line) === item.id);
  const line = newLine(tx, item, invoice);
  const before = lines[at];
  putLines(tx, invoice, before === undefined ? [...lines, line] : lines.with(at, { ...line, id: before.id }));
}

/** Takes the line of an item off a draft. */
export function removeLine(tx: Transaction, invoice: string, item: string): void {
  putLines(
    tx,
    invoice,
    linesOf(tx, invoice).filter((line) => itemOf(line) !== item),
  );
}

/** Names the item that a line shows. */
export function itemOf(line: WireInvoiceLine): string | undefined {
  return line.parent?.invoice_item_details?.invoice_item;
}

function putLines(tx: Transaction, id: string, lines: readonly WireInvoiceLine[]): void {
  const details = tx.get("invoice_details", id);
  tx.putQuietly("invoice_details", { id, daysUntilDue: details?.daysUntilDue ?? null, lines });
  tx.put("invoice", withTotals(tx, draftInvoice(tx, id), lines));
}

/** Computes what a draft shows of its lines and of the customer's balance. */
export function withTotals(tx: Transaction, invoice: WireInvoice, lines: readonly WireInvoiceLine[]): WireInvoice {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  const balance = balanceIn(liveCustomer(tx, invoice.customer), invoice.currency);
  const { amountDue } = planBalance({ total, balance, minimum: minimumCharge(invoice.currency) });
  return {
    ...invoice,
    amount_due: amountDue,
    amount_remaining: amountDue,
    lines: pageOf(lines, `/v1/invoices/${invoice.id}/lines`, { limit: SHOWN_LINES }),
    starting_balance: balance,
    subtotal: total,
    subtotal_excluding_tax: total,
    total,
    total_excluding_tax: total,
  };
}
