import type Stripe from "stripe";
import { typesOf } from "./paid-charge";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

interface Paid {
  readonly invoice: string;
  readonly customer: string;
  readonly charge: string;
}

/** An invoice over 29.00 that a card has paid. */
async function paid(method = "pm_card_visa"): Promise<Paid> {
  const { id: customer } = await sdk.customers.create();
  const { id: invoice } = await sdk.invoices.create({ customer, currency: "usd" });
  await sdk.invoiceItems.create({ customer, invoice, amount: 2900, currency: "usd" });
  await sdk.invoices.pay(invoice, { payment_method: method });
  const [charge] = (await sdk.charges.list({ customer })).data;
  return { invoice, customer, charge: charge?.id ?? "" };
}

describe("a credit note of a paid invoice", () => {
  it("refunds the charge of the invoice, and shows the refund whole when it is expanded", async () => {
    const { invoice, charge } = await paid();
    const params = { invoice, amount: 1000, refund_amount: 1000 };
    expect(await sdk.creditNotes.preview(params)).toMatchObject({ post_payment_amount: 1000 });
    expect((await sdk.refunds.list()).data).toEqual([]);
    const types = await typesOf(simulator, async () => {
      const note = await sdk.creditNotes.create({ ...params, expand: ["refunds.refund"] });
      expect(note).toMatchObject({
        type: "post_payment",
        pre_payment_amount: 0,
        post_payment_amount: 1000,
        customer_balance_transaction: null,
        refunds: [
          {
            type: "refund",
            amount_refunded: 1000,
            payment_record_refund: null,
            refund: { charge, status: "succeeded" },
          },
        ],
      });
    });
    expect(types).toEqual(expect.arrayContaining(["refund.created", "charge.refunded", "credit_note.created"]));
    expect(await sdk.charges.retrieve(charge)).toMatchObject({ amount_refunded: 1000 });
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({
      status: "paid",
      amount_paid: 2900,
      post_payment_credit_notes_amount: 1000,
    });
  });

  it("adds up refunds, credit and what is given elsewhere to the whole, and to nothing else", async () => {
    const { invoice, charge, customer } = await paid();
    const refund = await sdk.refunds.create({ charge, amount: 700 });
    const ways = { refunds: [{ refund: refund.id }], refund_amount: 300, credit_amount: 400, out_of_band_amount: 100 };
    for (const amount of [1499, 1501]) {
      const failure = await failureOf(sdk.creditNotes.create({ invoice, amount, ...ways }));
      expect(failure.message).toContain("must equal");
    }
    expect((await sdk.refunds.list()).data).toHaveLength(1);
    const note = await sdk.creditNotes.create({ invoice, amount: 1500, ...ways });
    expect(note.refunds.map(({ amount_refunded: amount }) => amount)).toEqual([300, 700]);
    expect(note.refunds.map((one) => one.refund)).toContain(refund.id);
    expect(await sdk.charges.retrieve(charge)).toMatchObject({ amount_refunded: 1000 });
    expect(await sdk.customers.retrieve(customer)).toMatchObject({ balance: -400 });
  });

  it("links one refund to several credit notes until it is used up", async () => {
    const { invoice, charge } = await paid();
    const { id: refund } = await sdk.refunds.create({ charge, amount: 1000 });
    const link = (amount: number) =>
      sdk.creditNotes.create({ invoice, amount, refunds: [{ refund, amount_refunded: amount }] });
    await link(600);
    expect(await failureOf(link(401))).toMatchObject({ param: "refunds[0][amount_refunded]", statusCode: 400 });
    expect(await link(400)).toMatchObject({ refunds: [{ refund, amount_refunded: 400 }] });
    const whole = sdk.creditNotes.create({ invoice, amount: 1000, refunds: [{ refund }] });
    expect(await failureOf(whole)).toMatchObject({ param: "refunds[0][refund]" });
  });
});

describe("a credit note that refunds", () => {
  const create = async (fields: Partial<Stripe.CreditNoteCreateParams>, method?: string) => {
    const { invoice } = await paid(method);
    return failureOf(sdk.creditNotes.create({ invoice, amount: 100, ...fields }));
  };

  it.each([
    [{ refund_amount: 99 }, undefined, "must equal"],
    [{ refunds: [{ refund: "re_none" }] }, "refunds[0][refund]", "No such refund"],
    [{ refunds: [{ amount_refunded: 5 }] }, "refunds[0][refund]", "Missing"],
    [{ refunds: [{ type: "payment_record_refund" as const }] }, "refunds[0][type]", "payment records"],
    [{ amount: 2900, refund_amount: 2901 }, "refund_amount", "greater than unrefunded"],
  ])("is refused with %j", async (fields, param, message) => {
    const failure = await create(fields);
    expect(failure).toMatchObject({ statusCode: 400, message: expect.stringContaining(message) });
    expect(failure.param).toBe(param);
  });

  it("is refused for another invoice's refund, for one that failed, and for one that is named twice", async () => {
    const [one, other] = [await paid("pm_card_pendingRefund"), await paid()];
    const refund = await sdk.refunds.create({ charge: one.charge, amount: 100 });
    const note = (invoice: string, refunds: string[]) =>
      sdk.creditNotes.create({ invoice, amount: 100 * refunds.length, refunds: refunds.map((id) => ({ refund: id })) });
    const foreign = await failureOf(note(other.invoice, [refund.id]));
    expect(foreign.message).toContain("does not refund a payment of this invoice");
    expect(await failureOf(note(one.invoice, [refund.id, refund.id]))).toMatchObject({ param: "refunds[1][refund]" });
    await simulator.simulate("POST", `refund/${refund.id}/fail`, {});
    expect((await failureOf(note(one.invoice, [refund.id]))).message).toContain("failed");
  });

  it("is refused when nothing was charged, and when a dispute holds the money", async () => {
    const { id: customer } = await sdk.customers.create();
    const { id: invoice } = await sdk.invoices.create({ customer, currency: "usd" });
    await sdk.invoiceItems.create({ customer, invoice, amount: 2900, currency: "usd" });
    await sdk.invoices.pay(invoice, { paid_out_of_band: true });
    const refunding = { amount: 100, refund_amount: 100 };
    const elsewhere = await failureOf(sdk.creditNotes.create({ invoice, ...refunding }));
    expect(elsewhere).toMatchObject({
      param: "refund_amount",
      message: expect.stringContaining("not paid by a charge"),
    });
    expect(await create(refunding, "pm_card_createDispute")).toMatchObject({ code: "charge_disputed" });
  });

  it("leaves nothing behind when the refund cannot be made", async () => {
    const { invoice, charge } = await paid();
    await sdk.refunds.create({ charge, amount: 2850 });
    const before = await sdk.events.list({ limit: 1 });
    await failureOf(sdk.creditNotes.create({ invoice, amount: 100, refund_amount: 100 }));
    expect((await sdk.events.list({ limit: 1 })).data[0]?.id).toBe(before.data[0]?.id);
    expect((await sdk.creditNotes.list()).data).toEqual([]);
  });
});
