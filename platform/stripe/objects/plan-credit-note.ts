import { z } from "zod";
import type { WireCreditNote, WireCreditNoteLine, WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { pageOf } from "../http/list";
import { integer, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { formatAmount } from "../money/currency";
import { knownInvoice, linesOf } from "./invoice-lines";
import { noteRefundFields, planNoteRefunds, type NoteRefunds } from "./plan-note-refunds";

const MOST = 999_999_999_999;
const amount = () => integer(0, MOST).optional();

const lineParameters = z.strictObject({
  type: z.enum(["custom_line_item", "invoice_line_item"]),
  amount: amount(),
  description: text().optional(),
  invoice_line_item: text().optional(),
  metadata: metadata().optional(),
  quantity: integer(1, 999_999).optional(),
  unit_amount: amount(),
});

/** Parameters of a credit note and of its preview. */
export const creditNoteFields = {
  invoice: text(),
  amount: amount(),
  credit_amount: amount(),
  effective_at: integer(0).optional(),
  email_type: z.enum(["credit_note", "none"]).optional(),
  lines: z.array(lineParameters).min(1).max(250).optional(),
  memo: text().optional(),
  metadata: metadata().optional(),
  out_of_band_amount: amount(),
  reason: z.enum(["duplicate", "fraudulent", "order_change", "product_unsatisfactory"]).optional(),
  ...noteRefundFields,
};

const parameters = z.strictObject(creditNoteFields);
type Fields = z.output<typeof parameters>;

/** What a credit note would be and do. Units: minor units. */
export interface CreditNotePlan {
  readonly invoice: WireInvoice;
  readonly note: WireCreditNote;
  readonly lines: readonly WireCreditNoteLine[];
  /** What goes to the customer's balance. */
  readonly credit: number;
  /** What is refunded, beside the refunds that stand on the note already. */
  readonly refund: NoteRefunds["fresh"];
}

/**
 * Plans a credit note: it first lowers what the invoice still waits for, the rest is given back in the ways that are named.
 * Refuses, in this order: an unknown invoice, or one that is neither open nor paid; both or neither of amount and lines; bad lines; nothing
 * to credit or more than is left; refunds that cannot be linked or made; ways that do not add up to the rest.
 */
export function planCreditNote(
  tx: Transaction,
  fields: Fields,
  { now, newId }: { readonly now: number; readonly newId: (prefix: string) => string },
): CreditNotePlan {
  const invoice = knownInvoice(tx, fields.invoice, "invoice");
  if (invoice.status !== "open" && invoice.status !== "paid") {
    throw invalidRequest(
      `You can only create credit notes for open and paid invoices. This invoice has a status of ${String(invoice.status)}.`,
      { param: "invoice" },
    );
  }
  const earlier = tx.list("credit_note").filter((note) => note.invoice === invoice.id);
  const lines = planLines(tx, fields, { invoice, newId });
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  const left = invoice.total - creditedOf(earlier);
  if (total < 1) throw invalidRequest("The credit note amount must be greater than zero.", { param: "amount" });
  if (total > left) {
    throw invalidRequest(
      `The credit note amount (${money(total, invoice)}) cannot be more than the creditable amount of the invoice (${money(left, invoice)}).`,
      { param: fields.lines === undefined ? "amount" : "lines" },
    );
  }
  const pre = invoice.status === "open" ? Math.min(total, invoice.amount_remaining) : 0;
  const post = total - pre;
  const credit = fields.credit_amount ?? 0;
  const refunds = planNoteRefunds(tx, fields, invoice);
  const given = credit + refunds.total + (fields.out_of_band_amount ?? 0);
  if (given !== post) {
    throw invalidRequest(
      `The sum of credit amount, refund amount and out of band amount (${money(given, invoice)}) must equal the post payment credit note amount (${money(post, invoice)}).`,
    );
  }
  const number = `${String(invoice.number)}-CN-${String(earlier.length + 1).padStart(2, "0")}`;
  const note = buildNote(newId("cn_"), { fields, invoice, lines, linked: refunds.linked, pre, post, now, number });
  return { invoice, note, lines, credit, refund: refunds.fresh };
}

function creditedOf(notes: readonly WireCreditNote[]): number {
  return notes.filter(({ status }) => status !== "void").reduce((sum, note) => sum + note.amount, 0);
}

function money(minor: number, { currency }: WireInvoice): string {
  return formatAmount(minor, currency);
}

function planLines(
  tx: Transaction,
  fields: Fields,
  { invoice, newId }: { readonly invoice: WireInvoice; readonly newId: (prefix: string) => string },
): readonly WireCreditNoteLine[] {
  if ((fields.amount === undefined) === (fields.lines === undefined)) {
    throw invalidRequest("You must specify exactly one of these parameters: amount, lines.", { param: "amount" });
  }
  if (fields.lines === undefined) {
    const whole = { amount: fields.amount ?? 0, description: "Credit", quantity: 1, unitAmount: fields.amount ?? 0 };
    return [buildLine(newId("cnli_"), { type: "custom_line_item", ...whole })];
  }
  return fields.lines.map((line, index) => {
    const at = `lines[${index}]`;
    const id = newId("cnli_");
    const common = { type: line.type, metadata: mergeMetadata({}, line.metadata) };
    if (line.type === "invoice_line_item") return { ...invoiceLine(tx, line, { invoice, at, id }), ...common };
    if (line.quantity === undefined || line.unit_amount === undefined || line.description === undefined) {
      throw invalidRequest("Custom line items need description, quantity and unit_amount.", { param: at });
    }
    const { quantity, unit_amount: unitAmount, description } = line;
    return {
      ...buildLine(id, { type: line.type, amount: quantity * unitAmount, description, quantity, unitAmount }),
      ...common,
    };
  });
}

function invoiceLine(
  tx: Transaction,
  line: z.output<typeof lineParameters>,
  { invoice, at, id }: { readonly invoice: WireInvoice; readonly at: string; readonly id: string },
): WireCreditNoteLine {
  const credited = linesOf(tx, invoice.id).find((one) => one.id === line.invoice_line_item);
  if (credited === undefined) {
    throw resourceMissing("invoice line item", line.invoice_line_item ?? "", `${at}[invoice_line_item]`);
  }
  if ((line.quantity === undefined) === (line.amount === undefined)) {
    throw invalidRequest("You must specify exactly one of these parameters: amount, quantity.", { param: at });
  }
  const unitAmount = Math.floor(credited.amount / (credited.quantity ?? 1));
  const credit = line.amount ?? unitAmount * (line.quantity ?? 0);
  const before = tx
    .list("credit_note")
    .filter((note) => note.invoice === invoice.id && note.status !== "void")
    .flatMap((note) => tx.get("credit_note_details", note.id)?.lines ?? [])
    .filter((one) => one.invoice_line_item === credited.id)
    .reduce((sum, one) => sum + one.amount, 0);
  if (before + credit > credited.amount) {
    throw invalidRequest("The credit of an invoice line item cannot be more than what is left of it.", { param: at });
  }
  const { description } = credited;
  const quantity = line.quantity ?? null;
  const made = buildLine(id, { type: line.type, amount: credit, description, quantity, unitAmount });
  return { ...made, invoice_line_item: credited.id };
}

interface LineFacts {
  readonly type: "custom_line_item" | "invoice_line_item";
  readonly amount: number;
  readonly description: string | null;
  readonly quantity: number | null;
  readonly unitAmount: number;
}

function buildLine(id: string, facts: LineFacts): WireCreditNoteLine {
  const unit = facts.quantity === null ? null : facts.unitAmount;
  return {
    id,
    object: "credit_note_line_item",
    amount: facts.amount,
    description: facts.description,
    discount_amount: 0,
    discount_amounts: [],
    livemode: false,
    metadata: {},
    pretax_credit_amounts: [],
    quantity: facts.quantity,
    tax_rates: [],
    taxes: [],
    type: facts.type,
    unit_amount: unit,
    unit_amount_decimal: unit === null ? null : String(unit),
  } satisfies WireCreditNoteLine;
}

interface NoteFacts {
  readonly fields: Fields;
  readonly invoice: WireInvoice;
  readonly lines: readonly WireCreditNoteLine[];
  readonly linked: NoteRefunds["linked"];
  readonly pre: number;
  readonly post: number;
  readonly now: number;
  readonly number: string;
}

function buildNote(id: string, { fields, invoice, lines, linked, pre, post, now, number }: NoteFacts): WireCreditNote {
  const total = pre + post;
  return {
    id,
    object: "credit_note",
    amount: total,
    amount_shipping: 0,
    created: now,
    currency: invoice.currency,
    customer: invoice.customer,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: fields.effective_at ?? now,
    invoice: invoice.id,
    lines: pageOf(lines, `/v1/credit_notes/${id}/lines`, { limit: 10 }),
    livemode: false,
    memo: fields.memo ?? null,
    metadata: mergeMetadata({}, fields.metadata),
    number,
    out_of_band_amount: fields.out_of_band_amount ?? null,
    pdf: "",
    post_payment_amount: post,
    pre_payment_amount: pre,
    pretax_credit_amounts: [],
    reason: fields.reason ?? null,
    refunds: [...linked],
    shipping_cost: null,
    status: "issued",
    subtotal: total,
    subtotal_excluding_tax: total,
    total,
    total_excluding_tax: total,
    total_taxes: [],
    type: pre > 0 && post > 0 ? "mixed" : post > 0 ? "post_payment" : "pre_payment",
    voided_at: null,
  } satisfies WireCreditNote;
}
