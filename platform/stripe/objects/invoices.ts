import type Stripe from "stripe";
import { z } from "zod";
import type { WireInvoice } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { isWithin, pageOf } from "../http/list";
import { flag, listParameters, mergeMetadata, range, text } from "../http/parameters";
import { invalidRequest, notSimulated } from "../http/stripe-error";
import { payInvoice } from "./collect-invoice";
import { itemOf, knownInvoice, linesOf } from "./invoice-lines";
import { finalizeInvoice, markUncollectible, voidInvoice } from "./invoice-states";
import { draftParameters, dueDateOf, finalizesAt, invoiceParameters, newInvoice } from "./new-invoice";

const updateParameters = z.strictObject(draftParameters);

/** Fields that may change after finalization. */
const ALWAYS_EDITABLE = new Set(["metadata", "auto_advance", "default_payment_method"]);

function updateInvoice(
  tx: Transaction,
  id: string,
  { params, now }: { readonly params: z.output<typeof updateParameters>; readonly now: number },
): WireInvoice {
  const { metadata: change, days_until_due: days, due_date: date, discounts, ...rest } = params;
  if (discounts !== undefined) throw notSimulated("discounts of invoices", "discounts");
  const before = knownInvoice(tx, id);
  const isDraft = before.status === "draft";
  const fixed = Object.entries(params).find(([key, value]) => value !== undefined && !ALWAYS_EDITABLE.has(key));
  if (!isDraft && fixed !== undefined) {
    throw invalidRequest("Finalized invoices can't be updated in this way", {
      code: "invoice_not_editable",
      param: fixed[0],
    });
  }
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const advances = isDraft && params.auto_advance !== undefined ? finalizesAt(params.auto_advance, now) : undefined;
  const due = dueDateOf({ due_date: date, days_until_due: days }, now);
  const details = tx.get("invoice_details", id);
  if (details !== undefined && due !== null) {
    tx.putQuietly("invoice_details", { ...details, daysUntilDue: days ?? null });
  }
  const after: WireInvoice = {
    ...before,
    ...given,
    automatically_finalizes_at: advances === undefined ? before.automatically_finalizes_at : advances,
    due_date: due ?? before.due_date,
    metadata: mergeMetadata(before.metadata ?? {}, change),
  };
  tx.put("invoice", after);
  return after;
}

function sendInvoice(tx: Transaction, id: string, now: number): WireInvoice {
  const before = knownInvoice(tx, id);
  if (before.collection_method !== "send_invoice") {
    throw invalidRequest("You can only manually send an invoice if its collection method is `send_invoice`.");
  }
  if (before.status !== "draft" && before.status !== "open") {
    throw invalidRequest(
      `You can only send draft and open invoices. This invoice has a status of ${String(before.status)}.`,
    );
  }
  const invoice = before.status === "draft" ? finalizeInvoice(tx, id, { now }) : before;
  // The mail itself goes nowhere; what it would have told is the event.
  tx.put("invoice", { ...invoice }, ["invoice.sent"]);
  return invoice;
}

function deleteDraft(tx: Transaction, id: string): Stripe.DeletedInvoice {
  const invoice = knownInvoice(tx, id);
  if (invoice.status !== "draft") {
    throw invalidRequest("You can only delete draft invoices. To void an open invoice, use the void call.", {
      code: "invoice_not_editable",
    });
  }
  for (const line of linesOf(tx, id)) {
    const item = itemOf(line);
    if (item !== undefined) tx.put("invoiceitem", { id: item, object: "invoiceitem", deleted: true });
  }
  const deleted = { id, object: "invoice", deleted: true } satisfies Stripe.DeletedInvoice;
  tx.put("invoice", deleted);
  return deleted;
}

/** The calls of `/v1/invoices`. */
export const invoiceEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices",
    parameters: invoiceParameters,
    run: (params, context) => newInvoice(context, params),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/invoices",
    parameters: z.strictObject({
      ...listParameters,
      collection_method: z.enum(["charge_automatically", "send_invoice"]).optional(),
      customer: text().optional(),
      due_date: range().optional(),
      status: z.enum(["draft", "open", "paid", "uncollectible", "void"]).optional(),
    }),
    run: (params, { tx }) => {
      const living = tx.list("invoice").filter((invoice) => invoice.deleted !== true) as WireInvoice[];
      const found = living
        .filter(({ customer }) => params.customer === undefined || customer === params.customer)
        .filter(({ status }) => params.status === undefined || status === params.status)
        .filter(
          ({ due_date: due }) => params.due_date === undefined || (due !== null && isWithin(due, params.due_date)),
        )
        .filter((invoice) => [undefined, invoice.collection_method].includes(params.collection_method));
      return pageOf(found, "/v1/invoices", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/invoices/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => knownInvoice(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id",
    parameters: updateParameters,
    run: (params, { tx, now }, id) => updateInvoice(tx, id, { params, now }),
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/invoices/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => deleteDraft(tx, id),
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/invoices/:id/lines",
    parameters: z.strictObject(listParameters),
    run: (params, { tx }, id) => {
      knownInvoice(tx, id);
      return pageOf(linesOf(tx, id), `/v1/invoices/${id}/lines`, params);
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/finalize",
    parameters: z.strictObject({ auto_advance: flag().optional() }),
    run: (params, { tx, now }, id) => finalizeInvoice(tx, id, { now, autoAdvance: params.auto_advance }),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/pay",
    parameters: z.strictObject({
      off_session: flag().optional(),
      paid_out_of_band: flag().optional(),
      payment_method: text().optional(),
    }),
    run: (params, context, id) => payInvoice(context, id, params),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/void",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => voidInvoice(tx, id, now),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/mark_uncollectible",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => markUncollectible(tx, id, now),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/send",
    parameters: z.strictObject({}),
    run: (_params, { tx, now }, id) => sendInvoice(tx, id, now),
  }),
];
