import type Stripe from "stripe";
import { typesOf } from "./paid-charge";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let customer: string;
let invoice: string;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  customer = (await sdk.customers.create()).id;
  invoice = (await sdk.invoices.create({ customer })).id;
  await sdk.invoiceItems.create({ customer, invoice, amount: 2900, currency: "usd" });
  await sdk.invoices.finalizeInvoice(invoice);
});
afterEach(closeAll);

const intentOf = (amount: number, changes: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  sdk.paymentIntents.create({ amount, currency: "usd", customer, ...changes });
const paidIntent = (amount: number) => intentOf(amount, { payment_method: "pm_card_visa", confirm: true });
const attach = (intent: string) => sdk.invoices.attachPayment(invoice, { payment_intent: intent });
const payments = async (): Promise<Stripe.InvoicePayment[]> => (await sdk.invoicePayments.list({ invoice })).data;

describe("a payment that is attached to an invoice", () => {
  it("counts when it succeeds, in part; the invoice asks for the rest, and is paid by it", async () => {
    const { id } = await intentOf(1000);
    expect(await attach(id)).toMatchObject({ status: "open", amount_paid: 0, amount_remaining: 2900 });
    expect(await payments()).toMatchObject([{ is_default: false, status: "open" }, { is_default: true }]);
    const types = await typesOf(simulator, () => sdk.paymentIntents.confirm(id, { payment_method: "pm_card_visa" }));
    expect(types).toEqual(expect.arrayContaining(["invoice_payment.paid", "invoice.updated"]));
    expect(types).not.toContain("invoice.paid");
    const part = await sdk.invoices.retrieve(invoice);
    expect(part).toMatchObject({ status: "open", amount_due: 2900, amount_paid: 1000, amount_remaining: 1900 });
    expect(await payments()).toMatchObject([
      { status: "paid", amount_paid: 1000, payment: { payment_intent: id } },
      { status: "open", amount_requested: 1900 },
    ]);
    const paid = await sdk.invoices.pay(invoice, { payment_method: "pm_card_visa" });
    expect(paid).toMatchObject({ status: "paid", amount_paid: 2900, amount_remaining: 0, amount_overpaid: 0 });
    expect((await payments()).map(({ amount_paid: amount }) => amount)).toEqual([1000, 1900]);
  });

  it("counts at once when it has succeeded before, and ends the invoice's own when it is the whole", async () => {
    const { id } = await paidIntent(2900);
    expect(await attach(id)).toMatchObject({ status: "paid", amount_paid: 2900 });
    expect(await payments()).toMatchObject([{ status: "paid" }, { is_default: true, status: "canceled" }]);
    expect(await failureOf(attach(id))).toMatchObject({ statusCode: 400 });
  });

  it("gives back by a credit note of both kinds what was paid and what is still due", async () => {
    await attach((await paidIntent(1000)).id);
    const note = await sdk.creditNotes.create({ invoice, amount: 2200, refund_amount: 300 });
    expect(note).toMatchObject({ type: "mixed", pre_payment_amount: 1900, post_payment_amount: 300 });
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({
      status: "paid",
      amount_paid: 1000,
      pre_payment_credit_notes_amount: 1900,
      post_payment_credit_notes_amount: 300,
    });
    expect((await sdk.refunds.list()).data).toMatchObject([{ amount: 300 }]);
  });

  it("puts on the customer's balance what is more than the invoice still waits for", async () => {
    const { id } = await intentOf(1000);
    await attach(id);
    await sdk.creditNotes.create({ invoice, amount: 2300 });
    const confirm = () => sdk.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
    expect(await typesOf(simulator, confirm)).toEqual(expect.arrayContaining(["invoice.paid", "invoice.overpaid"]));
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({
      status: "paid",
      amount_due: 600,
      amount_paid: 600,
      amount_overpaid: 400,
    });
    const { data } = await sdk.customers.listBalanceTransactions(customer);
    expect(data).toMatchObject([{ type: "invoice_overpaid", amount: -400, invoice }]);
  });

  it("is canceled with its intent, and does not count against the invoice when it fails", async () => {
    const { id } = await intentOf(1000);
    await attach(id);
    await failureOf(sdk.paymentIntents.confirm(id, { payment_method: "pm_card_chargeDeclined" }));
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({ attempt_count: 0 });
    expect(await failureOf(sdk.invoices.voidInvoice(invoice))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(sdk.invoices.markUncollectible(invoice))).toMatchObject({ statusCode: 400 });
    await sdk.paymentIntents.cancel(id);
    expect(await payments()).toMatchObject([{ status: "canceled" }, { status: "open", amount_requested: 2900 }]);
    expect(await sdk.invoices.voidInvoice(invoice)).toMatchObject({ status: "void" });
  });

  it("is left to its maker when the invoice is paid otherwise", async () => {
    const { id } = await intentOf(1000);
    await attach(id);
    await sdk.invoices.pay(invoice, { payment_method: "pm_card_visa" });
    expect((await payments()).map(({ status }) => status)).toEqual(["canceled", "paid"]);
    await sdk.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({ amount_paid: 2900, amount_overpaid: 0 });
  });

  it("is refused when it is not fit to pay the invoice", async () => {
    const stranger = await sdk.customers.create();
    const canceled = await intentOf(100);
    await sdk.paymentIntents.cancel(canceled.id);
    const unfit = [
      ["pi_none", "No such payment_intent"],
      [canceled.id, "canceled"],
      [(await intentOf(100, { customer: stranger.id })).id, "same customer"],
      [(await intentOf(100, { currency: "eur" })).id, "same currency"],
      [(await intentOf(2901)).id, "greater than the remaining"],
      [String((await payments())[0]?.payment.payment_intent), "already"],
    ] as const;
    for (const [id, message] of unfit) {
      const failure = await failureOf(attach(id));
      expect(failure).toMatchObject({ statusCode: 400, param: "payment_intent" });
      expect(failure.message).toContain(message);
    }
    const none = await failureOf(sdk.invoices.attachPayment(invoice));
    expect(none).toMatchObject({ code: "parameter_missing", param: "payment_intent" });
    const record = await failureOf(sdk.invoices.attachPayment(invoice, { payment_record: "pr_1" }));
    expect(record).toMatchObject({ param: "payment_record" });
  });
});
