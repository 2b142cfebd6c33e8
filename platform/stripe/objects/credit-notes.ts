import { z } from "zod";
import type { WireCreditNote, WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { listParameters, mergeMetadata, metadata, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { changeBalance } from "./balance-transactions";
import { knownInvoice } from "./invoice-lines";
import { cancelPayments, requestAmount } from "./invoice-payments";
import { markPaid } from "./invoice-states";
import { newRefund } from "./new-refund";
import { creditNoteFields, planCreditNote, type CreditNotePlan } from "./plan-credit-note";
import { noteRefund } from "./plan-note-refunds";

/** A credit note is `issued`, and `void` for good once it is voided, which an open invoice allows. */
function knownNote(tx: Transaction, id: string): WireCreditNote {
  const note = tx.get("credit_note", id);
  if (note === undefined) throw resourceMissing("credit note", id);
  return note;
}

function applyNote(tx: Transaction, plan: CreditNotePlan, now: number): WireCreditNote {
  const { invoice, note, lines, credit, refund } = plan;
  const { customer, currency } = invoice;
  const change = { customer, type: "credit_note", currency, now, invoice: invoice.id, creditNote: note.id } as const;
  const credited = credit === 0 ? null : changeBalance(tx, { ...change, amount: -credit });
  const refunded = refund === null ? [] : [noteRefund(newRefund(tx, refund, now).id, refund.amount)];
  const issued: WireCreditNote = {
    ...note,
    customer_balance_transaction: credited?.id ?? null,
    refunds: [...refunded, ...note.refunds],
  };
  tx.putQuietly("credit_note_details", { id: note.id, lines });
  tx.put("credit_note", issued);
  changeInvoice(tx, invoice, { pre: note.pre_payment_amount, post: note.post_payment_amount, now });
  return issued;
}

/** Lowers what an invoice waits for, and counts what it gave back; negative amounts undo it. Units: minor units. */
function changeInvoice(
  tx: Transaction,
  invoice: WireInvoice,
  { pre, post, now }: { readonly pre: number; readonly post: number; readonly now: number },
): void {
  const after: WireInvoice = {
    ...invoice,
    amount_due: invoice.amount_due - pre,
    amount_remaining: invoice.amount_remaining - pre,
    post_payment_credit_notes_amount: invoice.post_payment_credit_notes_amount + post,
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount + pre,
  };
  tx.put("invoice", after);
  if (pre === 0) return;
  if (after.amount_remaining > 0) {
    requestAmount(tx, invoice.id, after.amount_remaining);
    return;
  }
  cancelPayments(tx, invoice.id, now);
  markPaid(tx, after, { now, amount: 0 });
}

function voidNote(tx: Transaction, id: string, now: number): WireCreditNote {
  const note = knownNote(tx, id);
  if (note.status === "void") throw invalidRequest("This credit note is already void.");
  const invoice = knownInvoice(tx, note.invoice);
  if (invoice.status !== "open") {
    throw invalidRequest(
      `You can only void credit notes of open invoices. This invoice has a status of ${String(invoice.status)}.`,
    );
  }
  const voided: WireCreditNote = { ...note, status: "void", voided_at: now };
  tx.put("credit_note", voided);
  changeInvoice(tx, invoice, { pre: -note.pre_payment_amount, post: -note.post_payment_amount, now });
  return voided;
}

const createParameters = z.strictObject(creditNoteFields);

/** Ids of a preview name nothing. */
const previewId = (prefix: string): string => `${prefix}preview`;

/** The calls of `/v1/credit_notes`. */
export const creditNoteEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/credit_notes",
    parameters: createParameters,
    run: (params, { tx, now }) => applyNote(tx, planCreditNote(tx, params, { now, newId: tx.newId }), now),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/credit_notes/preview",
    parameters: createParameters,
    run: (params, { tx, now }) => planCreditNote(tx, params, { now, newId: previewId }).note,
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/credit_notes/preview/lines",
    parameters: z.strictObject({ ...creditNoteFields, ...listParameters }),
    run: (params, { tx, now }) => {
      const { lines } = planCreditNote(tx, params, { now, newId: previewId });
      return pageOf(lines, "/v1/credit_notes/preview/lines", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/credit_notes",
    parameters: z.strictObject({ ...listParameters, customer: text().optional(), invoice: text().optional() }),
    run: (params, { tx }) => {
      const found = tx
        .list("credit_note")
        .filter(({ customer }) => params.customer === undefined || customer === params.customer)
        .filter(({ invoice }) => params.invoice === undefined || invoice === params.invoice);
      return pageOf(found, "/v1/credit_notes", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/credit_notes/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownNote(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/credit_notes/:id",
    parameters: z.strictObject({ memo: text().optional(), metadata: metadata().optional() }),
    run: (params, { tx }, id) => {
      const before = knownNote(tx, id);
      const after = {
        ...before,
        memo: params.memo ?? before.memo,
        metadata: mergeMetadata(before.metadata ?? {}, params.metadata),
      };
      tx.put("credit_note", after);
      return after;
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/credit_notes/:id/void",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => voidNote(tx, id, now),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/credit_notes/:id/lines",
    parameters: z.strictObject(listParameters),
    run: (params, { tx }, id) => {
      knownNote(tx, id);
      return pageOf(tx.get("credit_note_details", id)?.lines ?? [], `/v1/credit_notes/${id}/lines`, params);
    },
  }),
];
