import { z } from "zod";
import type { WireInvoice, WireInvoiceLine } from "../core/kinds";
import type { Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { mergeMetadata, metadata, text, type MetadataChange } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";
import { liveCustomer } from "./customers";
import { deleteItem, itemChanges, itemParameters, newInvoiceItem, unassignItem, updateItem } from "./invoice-items";
import { draftInvoice, itemOf, knownInvoice, linesOf } from "./invoice-lines";

const MOST_LINES = 250;
const invoiceMetadata = { invoice_metadata: metadata().optional() };

/** Names the item that a line of a draft shows. Refuses: `invoice_not_editable`; a line that the invoice does not have. */
function itemOfLine(tx: Transaction, invoice: string, { line, param }: { line: string; param?: string }): string {
  draftInvoice(tx, invoice);
  const found = linesOf(tx, invoice).find(({ id }) => id === line);
  const item = found === undefined ? undefined : itemOf(found);
  if (item === undefined) throw resourceMissing("invoice line item", line, param);
  return item;
}

/** Answers the invoice after its lines changed, with what was written on it by the way. */
function noted(tx: Transaction, id: string, change: MetadataChange): WireInvoice {
  const invoice = knownInvoice(tx, id);
  if (change === undefined) return invoice;
  const after: WireInvoice = { ...invoice, metadata: mergeMetadata(invoice.metadata ?? {}, change) };
  tx.put("invoice", after);
  return after;
}

function lineOf(tx: Transaction, invoice: string, id: string): WireInvoiceLine {
  const line = linesOf(tx, invoice).find((one) => one.id === id);
  if (line === undefined) throw new Error(`The invoice ${invoice} has lost its line ${id}`);
  return line;
}

/** Refuses a line that is named twice: what its second change is about would depend on the first. */
function assertEachOnce(lines: readonly { readonly id: string }[]): void {
  const twice = lines.findIndex(({ id }, index) => lines.findIndex((other) => other.id === id) !== index);
  if (twice >= 0) throw invalidRequest("Each line can be named only once.", { param: `lines[${twice}][id]` });
}

/** The calls that change several lines of a draft at once, and the one that changes a line; the items of the lines change with them. */
export const lineEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/add_lines",
    parameters: z.strictObject({
      ...invoiceMetadata,
      lines: z.array(z.strictObject(itemParameters)).min(1).max(MOST_LINES),
    }),
    run: ({ lines, invoice_metadata: change }, context, id) => {
      const { customer: customerId, currency } = draftInvoice(context.tx, id);
      const customer = liveCustomer(context.tx, customerId);
      for (const line of lines) newInvoiceItem(context, { currency, ...line }, { customer, invoice: id, currency });
      return noted(context.tx, id, change);
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/update_lines",
    parameters: z.strictObject({
      ...invoiceMetadata,
      lines: z
        .array(z.strictObject({ ...itemChanges, id: text() }))
        .min(1)
        .max(MOST_LINES),
    }),
    run: ({ lines, invoice_metadata: change }, context, id) => {
      const { tx } = context;
      draftInvoice(tx, id);
      assertEachOnce(lines);
      for (const [index, { id: line, ...fields }] of lines.entries()) {
        updateItem(context, itemOfLine(tx, id, { line, param: `lines[${index}][id]` }), fields);
      }
      return noted(tx, id, change);
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/remove_lines",
    parameters: z.strictObject({
      ...invoiceMetadata,
      lines: z
        .array(z.strictObject({ id: text(), behavior: z.enum(["delete", "unassign"]) }))
        .min(1)
        .max(MOST_LINES),
    }),
    run: ({ lines, invoice_metadata: change }, { tx }, id) => {
      draftInvoice(tx, id);
      assertEachOnce(lines);
      for (const [index, { id: line, behavior }] of lines.entries()) {
        const item = itemOfLine(tx, id, { line, param: `lines[${index}][id]` });
        if (behavior === "delete") deleteItem(tx, item);
        else unassignItem(tx, item);
      }
      return noted(tx, id, change);
    },
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/invoices/:id/lines/:line",
    parameters: z.strictObject(itemChanges),
    run: (fields, context, id, { line = "" }) => {
      updateItem(context, itemOfLine(context.tx, id, { line }), fields);
      return lineOf(context.tx, id, line);
    },
  }),
];
