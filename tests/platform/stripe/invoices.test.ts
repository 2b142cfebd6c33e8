import Stripe from "stripe";
import {
  closeAll,
  failureOf,
  register,
  sessionParams,
  startReceiver,
  startUnderTest,
  type SimulatorUnderTest,
} from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let customer: Stripe.Customer;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  customer = await sdk.customers.create({ email: "buyer@example.com", name: "Buyer" });
});
afterEach(closeAll);

/** A draft with one line. */
async function draft(amount = 2900, changes: Partial<Stripe.InvoiceCreateParams> = {}): Promise<Stripe.Invoice> {
  const invoice = await sdk.invoices.create({ customer: customer.id, currency: "usd", ...changes });
  await sdk.invoiceItems.create({ customer: customer.id, invoice: invoice.id, amount, currency: "usd" });
  return sdk.invoices.retrieve(invoice.id);
}
const finalized = async (amount?: number, changes?: Partial<Stripe.InvoiceCreateParams>): Promise<Stripe.Invoice> =>
  sdk.invoices.finalizeInvoice((await draft(amount, changes)).id);
const pay = (id: string, method = "pm_card_visa") => sdk.invoices.pay(id, { payment_method: method });
const typesSince = async (count: number): Promise<string[]> => {
  const { data } = await sdk.events.list({ limit: 100 });
  return data
    .map(({ type }) => type)
    .toReversed()
    .slice(count);
};
const eventCount = async (): Promise<number> => (await sdk.events.list({ limit: 100 })).data.length;
const balance = async (): Promise<number> => ((await sdk.customers.retrieve(customer.id)) as Stripe.Customer).balance;

describe("a draft invoice", () => {
  it("sums its lines by amount and by price and follows their changes", async () => {
    const price = await sdk.prices.create({ currency: "usd", unit_amount: 500, product_data: { name: "A token" } });
    const { id } = await draft(1000, { metadata: { order: "1" } });
    const params = { customer: customer.id, invoice: id, pricing: { price: price.id }, quantity: 3 };
    const item = await sdk.invoiceItems.create(params);
    expect(item).toMatchObject({ amount: 1500, description: "A token", invoice: id, proration: false });
    const invoice = await sdk.invoices.retrieve(id);
    expect(invoice).toMatchObject({ status: "draft", total: 2500, amount_due: 2500, number: null, parent: null });
    expect(invoice.lines.data).toMatchObject([
      { object: "line_item", amount: 1000, pricing: null },
      { amount: 1500, quantity: 3, pricing: { price_details: { price: price.id, product: price.product } } },
    ]);
    await sdk.invoiceItems.update(item.id, { quantity: 1 });
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ total: 1500 });
    await sdk.invoiceItems.del(item.id);
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ total: 1000 });
    const expanded = await sdk.invoices.retrieve(id, { expand: ["customer"] });
    expect(expanded.customer).toMatchObject({ object: "customer", email: "buyer@example.com" });
  });

  it("takes the items that wait when it is told to, and lists more than ten lines by their own call", async () => {
    for (let count = 1; count <= 12; count += 1) {
      await sdk.invoiceItems.create({ customer: customer.id, amount: count, currency: "usd" });
    }
    expect((await sdk.invoiceItems.list({ pending: true, limit: 100 })).data).toHaveLength(12);
    const include = { customer: customer.id, currency: "usd", pending_invoice_items_behavior: "include" } as const;
    const invoice = await sdk.invoices.create(include);
    expect(invoice).toMatchObject({ total: 78, lines: { has_more: true } });
    expect(invoice.lines.data).toHaveLength(10);
    expect((await sdk.invoices.listLineItems(invoice.id, { limit: 100 })).data).toHaveLength(12);
    expect((await sdk.invoiceItems.list({ pending: true })).data).toEqual([]);
  });

  it("takes lines and changes, and can be deleted with its items", async () => {
    const { id } = await draft();
    await sdk.invoices.addLines(id, { lines: [{ amount: 100, description: "More" }] });
    const updated = await sdk.invoices.update(id, { description: "Tokens", metadata: { a: "b" } });
    expect(updated).toMatchObject({ total: 3000, description: "Tokens", metadata: { a: "b" } });
    expect(await sdk.invoices.del(id)).toMatchObject({ deleted: true });
    expect(await failureOf(sdk.invoices.retrieve(id))).toMatchObject({ code: "resource_missing" });
    expect((await sdk.invoiceItems.list()).data).toEqual([]);
    expect((await typesSince(0)).at(-1)).toBe("invoice.deleted");
  });

  it.each([
    [{ collection_method: "send_invoice" }, "days_until_due"],
    [{ days_until_due: 3 }, "days_until_due"],
    [{ discounts: [] }, undefined],
    [{ discounts: [{ coupon: "x" }] }, "discounts"],
    [{ customer: "cus_none" }, "customer"],
  ])("is refused with %j, naming %s", async (changes, param) => {
    const created = sdk.invoices.create({ customer: customer.id, ...changes } as Stripe.InvoiceCreateParams);
    if (param === undefined) expect(await created).toMatchObject({ status: "draft" });
    else expect(await failureOf(created)).toMatchObject({ statusCode: 400, param });
  });

  it("is finalized and charged by itself after an hour of its clock", async () => {
    const { id: clock } = await sdk.testHelpers.testClocks.create({ frozen_time: 1_900_000_000 });
    customer = await sdk.customers.create({ test_clock: clock });
    const { id } = await draft(2900, { auto_advance: true, default_payment_method: "pm_card_visa" });
    const broke = await draft(2900, { auto_advance: true });
    await sdk.testHelpers.testClocks.advance(clock, { frozen_time: 1_900_003_599 });
    while ((await sdk.testHelpers.testClocks.retrieve(clock)).status !== "ready");
    expect(await sdk.invoices.retrieve(id)).toMatchObject({
      status: "draft",
      automatically_finalizes_at: 1_900_003_600,
    });
    await sdk.testHelpers.testClocks.advance(clock, { frozen_time: 1_900_010_000 });
    while ((await sdk.testHelpers.testClocks.retrieve(clock)).status !== "ready");
    const transitions = { finalized_at: 1_900_003_600, paid_at: 1_900_003_600 };
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ status: "paid", status_transitions: transitions });
    expect(await sdk.invoices.retrieve(broke.id)).toMatchObject({ status: "open", attempt_count: 1, attempted: true });
  });

  it("is held while an endpoint does not take invoice.created, for three days at most", async () => {
    const timed = await startUnderTest({ testClock: true });
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    await register(timed, receiver, ["invoice.created"]);
    const { id: owner } = await timed.sdk.customers.create();
    const { id } = await timed.sdk.invoices.create({ customer: owner, auto_advance: true });
    await timed.simulate("POST", "clock/advance", { seconds: 71 * 3600 });
    expect((await timed.sdk.invoices.retrieve(id)).status).toBe("draft");
    await timed.simulate("POST", "clock/advance", { seconds: 3600 });
    expect((await timed.sdk.invoices.retrieve(id)).status).toBe("paid");
  });
});

describe("the payment of an invoice", () => {
  it("makes it paid, in the order of Stripe's events, and shows in its payments", async () => {
    const { id } = await draft();
    const before = await eventCount();
    const open = await sdk.invoices.finalizeInvoice(id);
    expect(open).toMatchObject({ status: "open", amount_due: 2900, amount_remaining: 2900, ending_balance: 0 });
    expect(open.number).toMatch(/^[A-Z0-9]{8}-0001$/i);
    const paid = await pay(id);
    expect(paid).toMatchObject({ status: "paid", amount_paid: 2900, amount_remaining: 0, attempt_count: 1 });
    expect(paid.status_transitions).toMatchObject({ finalized_at: expect.any(Number), paid_at: expect.any(Number) });
    expect(paid).not.toHaveProperty("payments");
    expect(await typesSince(before)).toEqual([
      "invoice.updated",
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice_payment.paid",
      "invoice.updated",
      "invoice.paid",
      "invoice.payment_succeeded",
      "charge.updated",
    ]);
    const expanded = await sdk.invoices.retrieve(id, { expand: ["payments.data.payment.payment_intent"] });
    const payment = expanded.payments?.data[0];
    expect(payment).toMatchObject({ status: "paid", amount_paid: 2900, is_default: true });
    const intent = payment?.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent).toMatchObject({ object: "payment_intent", status: "succeeded" });
    const by = { type: "payment_intent", payment_intent: intent.id } as const;
    expect((await sdk.invoicePayments.list({ payment: by })).data).toMatchObject([{ invoice: id }]);
    expect((await sdk.invoicePayments.list({ invoice: id, status: "open" })).data).toEqual([]);
  });

  it("leaves it open after a decline, counts the attempt and tells of it, and succeeds later", async () => {
    const { id } = await finalized();
    const error = await failureOf(pay(id, "pm_card_chargeDeclined"));
    expect(error).toMatchObject({ statusCode: 402, code: "card_declined" });
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ status: "open", attempt_count: 1, attempted: true });
    expect(await typesSince(0)).toContain("invoice.payment_failed");
    expect(await pay(id)).toMatchObject({ status: "paid", attempt_count: 2 });
  });

  it("is made by its payment intent too, whose secret is shown when asked for", async () => {
    const { id } = await finalized();
    const { confirmation_secret: secret } = await sdk.invoices.retrieve(id, { expand: ["confirmation_secret"] });
    const intent = secret?.client_secret.split("_secret_")[0] ?? "";
    await sdk.paymentIntents.confirm(intent, { payment_method: "pm_card_visa" });
    expect((await sdk.invoices.retrieve(id)).status).toBe("paid");
    const other = await finalized();
    const open = (await sdk.invoicePayments.list({ invoice: other.id })).data[0]?.payment.payment_intent;
    const refused = await failureOf(sdk.paymentIntents.cancel(String(open)));
    expect(refused).toMatchObject({ code: "payment_intent_unexpected_state" });
  });

  it("outside of Stripe takes no money and cancels what was asked for", async () => {
    const { id } = await finalized();
    const paid = await sdk.invoices.pay(id, { paid_out_of_band: true });
    expect(paid).toMatchObject({ status: "paid", amount_paid_off_stripe: 2900, attempt_count: 0 });
    expect((await sdk.invoicePayments.list({ invoice: id })).data).toMatchObject([{ status: "canceled" }]);
    expect((await sdk.charges.list()).data).toEqual([]);
    const types = await typesSince(0);
    expect(types).toContain("invoice.paid");
    expect(types).not.toContain("invoice.payment_succeeded");
  });

  it("finalizes a draft first, and needs a payment method", async () => {
    const { id } = await draft();
    expect(await failureOf(sdk.invoices.pay(id))).toMatchObject({ statusCode: 400 });
    expect((await sdk.invoices.retrieve(id)).status).toBe("draft");
    expect(await pay(id)).toMatchObject({ status: "paid" });
  });
});

describe("the moves of an invoice", () => {
  const moves: Record<string, (id: string) => Promise<unknown>> = {
    finalize: (id) => sdk.invoices.finalizeInvoice(id),
    pay: (id) => pay(id),
    void: (id) => sdk.invoices.voidInvoice(id),
    uncollectible: (id) => sdk.invoices.markUncollectible(id),
    delete: (id) => sdk.invoices.del(id),
    item: (id) => sdk.invoiceItems.create({ customer: customer.id, invoice: id, amount: 1, currency: "usd" }),
    describe: (id) => sdk.invoices.update(id, { description: "x" }),
    send: (id) => sdk.invoices.sendInvoice(id),
  };
  const ways: Record<string, string[]> = {
    draft: [],
    open: ["finalize"],
    paid: ["finalize", "pay"],
    void: ["finalize", "void"],
    uncollectible: ["finalize", "uncollectible"],
  };
  it.each([
    ["draft", ["finalize", "pay", "delete", "item", "describe"]],
    ["open", ["pay", "void", "uncollectible"]],
    ["paid", []],
    ["void", []],
    ["uncollectible", ["pay", "void"]],
  ])("from %s are %j and no other", async (status, allowed) => {
    for (const [name, move] of Object.entries(moves)) {
      const { id } = await draft();
      for (const step of ways[status] ?? []) await moves[step]?.(id);
      expect((await sdk.invoices.retrieve(id)).status).toBe(status);
      if (allowed.includes(name)) await move(id);
      else expect(await failureOf(move(id))).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" });
    }
  });

  it("tell their events", async () => {
    const [voided, lost] = [await finalized(), await finalized()];
    await sdk.invoices.voidInvoice(voided.id);
    expect(await sdk.invoices.markUncollectible(lost.id)).toMatchObject({
      status_transitions: { marked_uncollectible_at: expect.any(Number) },
    });
    const sent = await draft(2900, { collection_method: "send_invoice", days_until_due: 30 });
    const open = await sdk.invoices.sendInvoice(sent.id);
    expect(open.due_date).toBe((open.status_transitions.finalized_at ?? 0) + 30 * 86_400);
    const types = await typesSince(0);
    expect(types).toEqual(
      expect.arrayContaining(["invoice.voided", "invoice.marked_uncollectible", "invoice.sent", "invoiceitem.created"]),
    );
  });
});

describe("a customer's balance", () => {
  const credit = (amount: number) =>
    sdk.customers.createBalanceTransaction(customer.id, { amount, currency: "usd", metadata: { why: "gift" } });

  it("is changed by transactions that are kept", async () => {
    const first = await credit(-500);
    expect(first).toMatchObject({ amount: -500, ending_balance: -500, type: "adjustment", metadata: { why: "gift" } });
    await credit(200);
    expect(await balance()).toBe(-300);
    const { data } = await sdk.customers.listBalanceTransactions(customer.id);
    expect(data.map(({ amount }) => amount)).toEqual([200, -500]);
    expect(await sdk.customers.retrieveBalanceTransaction(customer.id, first.id)).toMatchObject({ id: first.id });
    const mixed = sdk.customers.createBalanceTransaction(customer.id, { amount: 1, currency: "eur" });
    expect(await failureOf(mixed)).toMatchObject({ param: "currency" });
    expect(await failureOf(credit(0))).toMatchObject({ param: "amount" });
  });

  it("is applied at finalization and returned when the invoice is voided", async () => {
    await credit(-700);
    const open = await finalized();
    expect(open).toMatchObject({ amount_due: 2200, starting_balance: -700, ending_balance: 0 });
    expect(await balance()).toBe(0);
    await sdk.invoices.voidInvoice(open.id);
    expect(await balance()).toBe(-700);
    const { data } = await sdk.customers.listBalanceTransactions(customer.id);
    expect(data.map(({ type }) => type)).toEqual(["unapplied_from_invoice", "applied_to_invoice", "adjustment"]);
  });

  it("pays what it covers without a charge", async () => {
    await credit(-5000);
    expect(await finalized()).toMatchObject({ status: "paid", amount_due: 0, amount_paid: 0, ending_balance: -2100 });
    expect((await sdk.paymentIntents.list()).data).toEqual([]);
  });

  it("takes what is below the least charge to the next invoice", async () => {
    expect(await finalized(30)).toMatchObject({ status: "paid", amount_due: 0, ending_balance: 30 });
    expect(await finalized()).toMatchObject({ status: "open", amount_due: 2930 });
  });
});

describe("an invoice with words of its own", () => {
  it("keeps its number, date, fields and statement, and takes nothing from the sequence", async () => {
    const fields = { custom_fields: [{ name: "Order", value: "4711" }], statement_descriptor: "TOKENS" };
    const own = await finalized(2900, { ...fields, number: "2026-A-1", effective_at: 1_700_000_000 });
    expect(own).toMatchObject({ ...fields, number: "2026-A-1", effective_at: 1_700_000_000 });
    expect((await finalized()).number).toMatch(/-0001$/);
    const [intent] = (await sdk.paymentIntents.list()).data.toReversed();
    expect(intent).toMatchObject({ statement_descriptor: "TOKENS" });
    const next = await draft(100, fields);
    expect(await sdk.invoices.update(next.id, { custom_fields: "", number: "X-2" })).toMatchObject({
      custom_fields: null,
      number: "X-2",
    });
  });

  it("counts from where its customer's sequence is told to begin", async () => {
    await sdk.customers.update(customer.id, { invoice_prefix: "TOLL", next_invoice_sequence: 42 });
    expect((await finalized()).number).toBe("TOLL-0042");
    expect(await sdk.customers.retrieve(customer.id)).toMatchObject({ next_invoice_sequence: 43 });
  });
});

describe("an invoice item by a price that is written into it", () => {
  it("makes a price of the product that cannot be used again, and follows its changes", async () => {
    const { id: product } = await sdk.products.create({ name: "Hour" });
    const { id: invoice } = await sdk.invoices.create({ customer: customer.id });
    const data = { currency: "usd", product, unit_amount: 300 };
    const item = await sdk.invoiceItems.create({ customer: customer.id, invoice, price_data: data, quantity: 2 });
    expect(item).toMatchObject({ amount: 600, quantity: 2, description: "Hour" });
    const price = await sdk.prices.retrieve(String(item.pricing?.price_details?.price));
    expect(price).toMatchObject({ product, unit_amount: 300, active: false });
    const changed = await sdk.invoiceItems.update(item.id, { price_data: { ...data, unit_amount: 400 } });
    expect(changed).toMatchObject({ amount: 800, quantity: 2 });
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({ total: 800 });
    const both = { customer: customer.id, amount: 1, currency: "usd", price_data: data };
    expect(await failureOf(sdk.invoiceItems.create(both))).toMatchObject({ param: "amount" });
  });

  it("is charged by the exact amount of a price of fractions", async () => {
    const unit_amount_decimal = Stripe.Decimal.from("0.25");
    const price = await sdk.prices.create({ currency: "usd", unit_amount_decimal, product_data: { name: "Token" } });
    const item = await sdk.invoiceItems.create({ customer: customer.id, pricing: { price: price.id }, quantity: 1000 });
    expect(item).toMatchObject({ amount: 250 });
  });
});

describe("a credit note", () => {
  it("of an open invoice lowers what is due, is voided while it is open, and pays it in full at last", async () => {
    const { id } = await finalized();
    const note = await sdk.creditNotes.create({ invoice: id, amount: 900, reason: "order_change" });
    expect(note).toMatchObject({
      type: "pre_payment",
      pre_payment_amount: 900,
      post_payment_amount: 0,
      status: "issued",
    });
    expect(note.number).toMatch(/-0001-CN-01$/);
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ amount_due: 2000, pre_payment_credit_notes_amount: 900 });
    expect(await sdk.creditNotes.voidCreditNote(note.id)).toMatchObject({ status: "void" });
    expect(await failureOf(sdk.creditNotes.voidCreditNote(note.id))).toMatchObject({ statusCode: 400 });
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ amount_due: 2900, pre_payment_credit_notes_amount: 0 });
    const again = await sdk.creditNotes.create({ invoice: id, amount: 900 });
    expect(await pay(id)).toMatchObject({ status: "paid", amount_paid: 2000 });
    expect(await failureOf(sdk.creditNotes.voidCreditNote(again.id))).toMatchObject({ statusCode: 400 });
    const other = await finalized();
    await sdk.creditNotes.create({ invoice: other.id, amount: 2900 });
    expect(await sdk.invoices.retrieve(other.id)).toMatchObject({
      status: "paid",
      amount_paid: 0,
      amount_remaining: 0,
    });
    expect(await typesSince(0)).toEqual(expect.arrayContaining(["credit_note.created", "credit_note.voided"]));
  });

  it("of a paid invoice goes to the balance or elsewhere, up to what was invoiced", async () => {
    const { id } = await pay((await finalized()).id);
    const line = (await sdk.invoices.listLineItems(id)).data[0]?.id ?? "";
    const lines = [{ type: "invoice_line_item", invoice_line_item: line, amount: 1000 }] as const;
    const params = { invoice: id, lines: [...lines], credit_amount: 600, out_of_band_amount: 400 };
    const preview = await sdk.creditNotes.preview(params);
    expect(preview).toMatchObject({ amount: 1000, post_payment_amount: 1000 });
    expect((await sdk.creditNotes.listPreviewLineItems(params)).data).toMatchObject([{ amount: 1000 }]);
    expect((await sdk.creditNotes.list()).data).toEqual([]);
    const note = await sdk.creditNotes.create(params);
    expect(note).toMatchObject({ type: "post_payment", out_of_band_amount: 400 });
    expect(await balance()).toBe(-600);
    const booked = await sdk.customers.retrieveBalanceTransaction(
      customer.id,
      String(note.customer_balance_transaction),
    );
    expect(booked).toMatchObject({ type: "credit_note", amount: -600, credit_note: note.id });
    expect(await sdk.invoices.retrieve(id)).toMatchObject({ status: "paid", post_payment_credit_notes_amount: 1000 });
    expect((await sdk.creditNotes.listLineItems(note.id)).data).toMatchObject([{ invoice_line_item: line }]);
    expect(await sdk.creditNotes.update(note.id, { memo: "sorry" })).toMatchObject({ memo: "sorry" });
    expect((await sdk.creditNotes.list({ invoice: id })).data).toHaveLength(1);
    const most = { invoice: id, amount: 1901, credit_amount: 1901 };
    expect(await failureOf(sdk.creditNotes.create(most))).toMatchObject({ param: "amount" });
    await sdk.creditNotes.create({ invoice: id, amount: 1900, credit_amount: 1900 });
    expect(await balance()).toBe(-2500);
  });

  it.each([
    [{ amount: 100 }, undefined, "must equal"],
    [{ amount: 100, credit_amount: 99 }, undefined, "must equal"],
    [{}, "amount", "exactly one"],
    [{ lines: [{ type: "custom_line_item" }] }, "lines[0]", "quantity"],
    [
      { lines: [{ type: "invoice_line_item", invoice_line_item: "il_x", amount: 1 }] },
      "lines[0][invoice_line_item]",
      "No such",
    ],
  ])("is refused with %j", async (fields, param, message) => {
    const { id } = await pay((await finalized()).id);
    const error = await failureOf(sdk.creditNotes.create({ invoice: id, ...fields } as Stripe.CreditNoteCreateParams));
    expect(error).toMatchObject({ statusCode: 400, message: expect.stringContaining(message) });
    expect(error.param).toBe(param);
  });

  it("is refused for invoices that are neither open nor paid", async () => {
    const { id } = await draft();
    expect(await failureOf(sdk.creditNotes.create({ invoice: id, amount: 1 }))).toMatchObject({ param: "invoice" });
  });
});

describe("a checkout session that creates an invoice", () => {
  it("leaves the customer's waiting items to a later invoice, and their balance alone", async () => {
    await sdk.invoiceItems.create({ customer: customer.id, amount: 77, currency: "usd" });
    await sdk.customers.createBalanceTransaction(customer.id, { amount: -700, currency: "usd" });
    const params = sessionParams({ customer: customer.id, invoice_creation: { enabled: true } });
    const { id } = await sdk.checkout.sessions.create(params);
    await simulator.simulate("POST", `checkout/${id}/pay`);
    const session = await sdk.checkout.sessions.retrieve(id, { expand: ["invoice"] });
    expect(session.invoice).toMatchObject({ status: "paid", amount_due: 2000, amount_paid: 2000 });
    expect((await sdk.invoiceItems.list({ pending: true })).data).toMatchObject([{ amount: 77 }]);
    expect(await balance()).toBe(-700);
  });

  it("makes a paid one of its line items, for a customer that it creates when there is none", async () => {
    const creation = { enabled: true, invoice_data: { metadata: { pack: "small" }, description: "Tokens" } };
    const { id } = await sdk.checkout.sessions.create(sessionParams({ invoice_creation: creation }));
    await simulator.simulate("POST", `checkout/${id}/pay`);
    const session = await sdk.checkout.sessions.retrieve(id, { expand: ["invoice"] });
    expect(session).toMatchObject({ status: "complete", customer: expect.stringMatching(/^cus_/) });
    const invoice = session.invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({ status: "paid", amount_paid: 2000, metadata: { pack: "small" }, parent: null });
    expect(invoice.lines.data).toMatchObject([{ amount: 2000, description: "A hundred things" }]);
    const by = { type: "payment_intent", payment_intent: String(session.payment_intent) } as const;
    expect((await sdk.invoicePayments.list({ payment: by })).data).toMatchObject([{ invoice: invoice.id }]);
    const types = await typesSince(0);
    for (const type of ["invoice.created", "invoice.finalized", "invoice.paid", "invoice_payment.paid"]) {
      expect(types.filter((one) => one === type)).toHaveLength(1);
    }
    expect((await sdk.paymentIntents.list()).data).toHaveLength(1);
  });
});
