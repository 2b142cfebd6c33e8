import { failureOf, firstOf, idsOf, type Step } from "../step";
import { openInvoice } from "./invoices";

/** Credit notes, before and after an invoice is paid. */
export const creditNoteSteps: readonly Step[] = [
  {
    object: "creditNotes",
    title: "preview one with its lines, create, retrieve, update, list and void it",
    run: async ({ stripe, given, check }) => {
      const { invoice, customer } = await openInvoice(given);
      const { id: line } = firstOf(invoice.lines);
      const params = {
        invoice: invoice.id,
        lines: [{ type: "invoice_line_item", invoice_line_item: line, amount: 500 }],
      } as const;
      const credited = { amount: 500, type: "pre_payment", pre_payment_amount: 500, post_payment_amount: 0 };
      check(await stripe.creditNotes.preview({ ...params, lines: [...params.lines] }), {
        object: "credit_note",
        ...credited,
      });
      check(await stripe.creditNotes.listPreviewLineItems({ ...params, lines: [...params.lines] }), {
        data: [{ object: "credit_note_line_item", amount: 500, invoice_line_item: line }],
      });
      const note = await stripe.creditNotes.create({ ...params, lines: [...params.lines], reason: "order_change" });
      const { id } = note;
      check(note, { id: /^cn_/, status: "issued", reason: "order_change", customer: customer.id, ...credited });
      check(await given.invoices.retrieve(invoice.id), {
        amount_remaining: 1500,
        pre_payment_credit_notes_amount: 500,
      });
      const metadata = { order_id: "6735" };
      check(await stripe.creditNotes.update(id, { metadata, memo: "Sorry" }), { id, metadata, memo: "Sorry" });
      check(await stripe.creditNotes.retrieve(id, { expand: ["invoice"] }), { metadata, invoice: { id: invoice.id } });
      check(await stripe.creditNotes.listLineItems(id, { limit: 3 }), { data: [{ description: "Work", amount: 500 }] });
      check(await stripe.creditNotes.list({ limit: 3, invoice: invoice.id }), {
        url: "/v1/credit_notes",
        data: [{ id }],
      });
      check(idsOf(await stripe.creditNotes.list({ customer: customer.id })), [id]);
      check(await stripe.creditNotes.voidCreditNote(id), { id, status: "void" });
      check(await given.invoices.retrieve(invoice.id), { amount_remaining: 2000 });
      check(await failureOf(stripe.creditNotes.voidCreditNote(id)), { statusCode: 400 });
    },
  },
  {
    object: "creditNotes",
    title: "give a paid invoice back to the customer's balance",
    run: async ({ stripe, given, check }) => {
      const { invoice, customer } = await openInvoice(given);
      await given.invoices.pay(invoice.id);
      const note = await stripe.creditNotes.create({
        invoice: invoice.id,
        amount: 2000,
        credit_amount: 1500,
        out_of_band_amount: 500,
      });
      check(note, { type: "post_payment", post_payment_amount: 2000, customer_balance_transaction: /^cbtxn_/ });
      check(await given.customers.retrieve(customer.id), { balance: -1500 });
      check(await given.invoices.retrieve(invoice.id), { post_payment_credit_notes_amount: 2000 });
      check(await failureOf(stripe.creditNotes.create({ invoice: invoice.id, amount: 1, credit_amount: 1 })), {
        statusCode: 400,
      });
    },
  },
  {
    object: "creditNotes",
    title: "refund the payment of an invoice, and take in a refund that was made before",
    run: async ({ stripe, given, check }) => {
      const { invoice } = await openInvoice(given);
      const paid = await given.invoices.pay(invoice.id, { expand: ["payments"] });
      const intent = String(paid.payments?.data[0]?.payment.payment_intent);
      const refund = await given.refunds.create({ payment_intent: intent, amount: 500 });
      const linked = { invoice: invoice.id, amount: 500, refunds: [{ refund: refund.id }] };
      check(await stripe.creditNotes.create(linked), { refunds: [{ refund: refund.id, amount_refunded: 500 }] });
      const note = await stripe.creditNotes.create({
        invoice: invoice.id,
        amount: 1500,
        refund_amount: 1500,
        expand: ["refunds.refund"],
      });
      check(note, {
        refunds: [{ type: "refund", refund: { amount: 1500, payment_intent: intent, status: "succeeded" } }],
      });
      check(await given.invoices.retrieve(invoice.id), { post_payment_credit_notes_amount: 2000, amount_paid: 2000 });
    },
  },
];
