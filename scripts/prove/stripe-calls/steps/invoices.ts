import type Stripe from "stripe";
import { failureOf, firstOf, idsOf, type Step } from "../step";

const metadata = { order_id: "6735" };

/** Makes an invoice with one line, finalized, for a customer with a card. */
export async function openInvoice(
  given: Stripe,
  { amount = 2000 }: { readonly amount?: number } = {},
): Promise<{ readonly invoice: Stripe.Invoice; readonly customer: Stripe.Customer }> {
  const customer = await given.customers.create({ payment_method: "pm_card_visa" });
  const method = firstOf(await given.customers.listPaymentMethods(customer.id));
  await given.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const draft = await given.invoices.create({ customer: customer.id, auto_advance: false });
  await given.invoiceItems.create({
    customer: customer.id,
    invoice: draft.id,
    amount,
    currency: "usd",
    description: "Work",
  });
  return { invoice: await given.invoices.finalizeInvoice(draft.id), customer };
}

const draftSteps: readonly Step[] = [
  {
    object: "invoices",
    title: "create, retrieve, update, list, search and delete a draft",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create({ email: "buyer@example.com" });
      const draft = await stripe.invoices.create({ customer: customer.id });
      check(draft, { id: /^in_/, object: "invoice", status: "draft", customer_email: "buyer@example.com", total: 0 });
      check(await stripe.invoices.update(draft.id, { metadata, description: "For March" }), {
        metadata,
        description: "For March",
      });
      await given.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 1999, currency: "usd" });
      check(await stripe.invoices.retrieve(draft.id, { expand: ["customer"] }), {
        customer: { id: customer.id },
        amount_due: 1999,
        lines: { data: [{ amount: 1999 }] },
      });
      const filters = { customer: customer.id, status: "draft", collection_method: "charge_automatically" } as const;
      check(await stripe.invoices.list({ limit: 3, ...filters }), { url: "/v1/invoices", data: [{ id: draft.id }] });
      check(await stripe.invoices.search({ query: "total>999 AND metadata['order_id']:'6735'" }), {
        data: [{ id: draft.id }],
      });
      check(await stripe.invoices.del(draft.id), { id: draft.id, object: "invoice", deleted: true });
      check(await failureOf(stripe.invoices.retrieve(draft.id)), { code: "resource_missing" });
    },
  },
  {
    object: "invoices",
    title: "add, list, change and remove the lines of a draft",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const { id } = await given.invoices.create({ customer: customer.id });
      const lines = [
        { amount: 1000, description: "Work" },
        { amount: 250, description: "Travel" },
      ];
      check(await stripe.invoices.addLines(id, { lines }), { id, total: 1250, lines: { data: lines } });
      check(await stripe.invoices.listLineItems(id, { limit: 3 }), {
        url: `/v1/invoices/${id}/lines`,
        data: [{ object: "line_item", description: "Work", invoice: id }, { description: "Travel" }],
      });
      const [work = "", travel = ""] = idsOf(await given.invoices.listLineItems(id));
      const changes = [
        { id: work, amount: 900 },
        { id: travel, description: "Travel by train" },
      ];
      check(await stripe.invoices.updateLines(id, { lines: changes }), { total: 1150, lines: { data: changes } });
      check(await stripe.invoices.updateLineItem(id, work, { description: "Less work" }), {
        id: work,
        amount: 900,
        description: "Less work",
      });
      check(await stripe.invoices.removeLines(id, { lines: [{ id: travel, behavior: "unassign" }] }), {
        total: 900,
        lines: { data: [{ id: work }] },
      });
      check(await given.invoiceItems.list({ customer: customer.id, pending: true }), {
        data: [{ description: "Travel by train" }],
      });
    },
  },
];

const movingSteps: readonly Step[] = [
  {
    object: "invoices",
    title: "finalize one and pay it by the customer's card",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const draft = await given.invoices.create({ customer: customer.id });
      await given.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 700, currency: "usd" });
      const open = await stripe.invoices.finalizeInvoice(draft.id, {
        auto_advance: false,
        expand: ["confirmation_secret"],
      });
      check(open, {
        status: "open",
        number: /-0001$/,
        amount_remaining: 700,
        confirmation_secret: { type: "payment_intent" },
      });
      check(await failureOf(stripe.invoices.pay(draft.id)), { statusCode: 400 });
      const paid = await stripe.invoices.pay(draft.id, { payment_method: "pm_card_visa", expand: ["payments"] });
      check(paid, {
        status: "paid",
        amount_paid: 700,
        amount_remaining: 0,
        payments: { data: [{ status: "paid", amount_paid: 700, payment: { type: "payment_intent" } }] },
      });
    },
  },
  {
    object: "invoices",
    title: "void one, give one up and take its money elsewhere, and send one",
    run: async ({ stripe, given, check }) => {
      const unwanted = await openInvoice(given);
      check(await stripe.invoices.voidInvoice(unwanted.invoice.id), { status: "void" });
      const { invoice, customer } = await openInvoice(given);
      check(await stripe.invoices.markUncollectible(invoice.id), { id: invoice.id, status: "uncollectible" });
      check(await stripe.invoices.pay(invoice.id, { paid_out_of_band: true }), {
        status: "paid",
        amount_paid_off_stripe: 2000,
      });
      const terms = { collection_method: "send_invoice", days_until_due: 30 } as const;
      const draft = await given.invoices.create({ customer: customer.id, ...terms });
      await given.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 500, currency: "usd" });
      const sent = await stripe.invoices.sendInvoice(draft.id);
      check(sent, { status: "open", due_date: draft.created + 30 * 24 * 3600 });
      check(await given.events.list({ limit: 1, type: "invoice.sent" }), {
        data: [{ data: { object: { id: draft.id } } }],
      });
    },
  },
];

const partSteps: readonly Step[] = [
  {
    object: "invoices",
    title: "attach a payment in part, and pay the rest",
    run: async ({ stripe, given, check }) => {
      const { invoice, customer } = await openInvoice(given);
      const order = { amount: 500, currency: "usd", customer: customer.id } as const;
      const intent = await given.paymentIntents.create({ ...order, payment_method: "pm_card_visa", confirm: true });
      const part = await stripe.invoices.attachPayment(invoice.id, { payment_intent: intent.id, expand: ["payments"] });
      check(part, {
        status: "open",
        amount_paid: 500,
        amount_remaining: 1500,
        payments: {
          data: [
            { status: "paid", is_default: false },
            { status: "open", amount_requested: 1500 },
          ],
        },
      });
      check(await stripe.invoices.pay(invoice.id), { status: "paid", amount_paid: 2000, amount_remaining: 0 });
    },
  },
];

const itemSteps: readonly Step[] = [
  {
    object: "invoiceItems",
    title: "create, retrieve, update, list and delete one, and put one on an invoice",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create();
      const price = await given.prices.create({ currency: "usd", unit_amount: 300, product_data: { name: "Hour" } });
      const item = await stripe.invoiceItems.create({
        customer: customer.id,
        pricing: { price: price.id },
        quantity: 2,
      });
      check(item, { id: /^ii_/, object: "invoiceitem", amount: 600, description: "Hour", invoice: null });
      check(await stripe.invoiceItems.update(item.id, { metadata, quantity: 3 }), {
        metadata,
        amount: 900,
        quantity: 3,
      });
      check(await stripe.invoiceItems.retrieve(item.id, { expand: ["customer"] }), { customer: { id: customer.id } });
      check(await stripe.invoiceItems.list({ limit: 3, customer: customer.id, pending: true }), {
        data: [{ id: item.id }],
      });
      const draft = await given.invoices.create({ customer: customer.id, pending_invoice_items_behavior: "include" });
      check(await stripe.invoiceItems.list({ invoice: draft.id }), { data: [{ id: item.id, invoice: draft.id }] });
      check(await stripe.invoiceItems.del(item.id), { id: item.id, object: "invoiceitem", deleted: true });
      check(await given.invoices.retrieve(draft.id), { total: 0, lines: { data: [] } });
    },
  },
  {
    object: "invoicePayments",
    title: "retrieve and list the payments of an invoice",
    run: async ({ stripe, given, check }) => {
      const { invoice } = await openInvoice(given);
      const open = await stripe.invoicePayments.list({ limit: 3, invoice: invoice.id, status: "open" });
      check(open, {
        url: "/v1/invoice_payments",
        data: [{ amount_requested: 2000, amount_paid: null, is_default: true }],
      });
      const { id, payment } = firstOf(open);
      await given.invoices.pay(invoice.id);
      check(await stripe.invoicePayments.retrieve(id, { expand: ["payment.payment_intent"] }), {
        id,
        object: "invoice_payment",
        status: "paid",
        payment: { payment_intent: { status: "succeeded" } },
      });
      const by = { type: "payment_intent", payment_intent: String(payment.payment_intent) } as const;
      check(idsOf(await stripe.invoicePayments.list({ payment: by })), [id]);
    },
  },
];

/** Invoices, their items and their payments. */
export const invoiceSteps: readonly Step[] = [...draftSteps, ...movingSteps, ...partSteps, ...itemSteps];
