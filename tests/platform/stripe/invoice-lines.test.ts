import type Stripe from "stripe";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let customer: string;
let invoice: string;
let lines: readonly string[];
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  customer = (await sdk.customers.create()).id;
  invoice = (await sdk.invoices.create({ customer, metadata: { kept: "1" } })).id;
  const drawn = [
    { amount: 1000, description: "Work" },
    { amount: 250, description: "Travel" },
  ];
  const draft = await sdk.invoices.addLines(invoice, { lines: drawn, invoice_metadata: { added: "2" } });
  expect(draft).toMatchObject({ total: 1250, metadata: { kept: "1", added: "2" } });
  lines = draft.lines.data.map(({ id }) => id);
});
afterEach(closeAll);

const itemsOf = async (): Promise<Stripe.InvoiceItem[]> => (await sdk.invoiceItems.list({ customer })).data;

describe("the lines of a draft", () => {
  it("are changed several at once, in their places, and their items with them", async () => {
    const price = await sdk.prices.create({ currency: "usd", unit_amount: 30, product_data: { name: "Mile" } });
    const [work = "", travel = ""] = lines;
    const changes = [
      { id: travel, pricing: { price: price.id }, quantity: 10, metadata: { by: "car" } },
      { id: work, amount: 900, description: "Less work" },
    ];
    const after = await sdk.invoices.updateLines(invoice, { lines: changes, invoice_metadata: { kept: "" } });
    expect(after).toMatchObject({ total: 1200, metadata: { added: "2" } });
    expect(after.lines.data).toMatchObject([
      { id: work, amount: 900, description: "Less work" },
      { id: travel, amount: 300, quantity: 10, metadata: { by: "car" } },
    ]);
    expect((await itemsOf()).map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([300, 900]);
  });

  it("are changed one by one too", async () => {
    const [work = ""] = lines;
    const line = await sdk.invoices.updateLineItem(invoice, work, { amount: 1, description: "A gift" });
    expect(line).toMatchObject({ id: work, object: "line_item", amount: 1, description: "A gift" });
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({ total: 251 });
  });

  it("are removed for good, or wait for a later invoice", async () => {
    const [work = "", travel = ""] = lines;
    const after = await sdk.invoices.removeLines(invoice, {
      lines: [
        { id: work, behavior: "delete" },
        { id: travel, behavior: "unassign" },
      ],
    });
    expect(after).toMatchObject({ total: 0, lines: { data: [] } });
    expect(await itemsOf()).toMatchObject([{ description: "Travel", invoice: null }]);
    const later = await sdk.invoices.create({ customer, pending_invoice_items_behavior: "include" });
    expect(later).toMatchObject({ total: 250 });
  });

  it("stay as they were when one of several changes is refused", async () => {
    const [work = ""] = lines;
    const changes = [
      { id: work, amount: 1 },
      { id: "il_none", amount: 1 },
    ];
    const failure = await failureOf(sdk.invoices.updateLines(invoice, { lines: changes }));
    expect(failure).toMatchObject({ code: "resource_missing", param: "lines[1][id]", statusCode: 400 });
    expect(await sdk.invoices.retrieve(invoice)).toMatchObject({ total: 1250 });
  });

  it("are named once in a call", async () => {
    const [work = ""] = lines;
    const twice = { lines: [work, work].map((id) => ({ id, behavior: "delete" as const })) };
    expect(await failureOf(sdk.invoices.removeLines(invoice, twice))).toMatchObject({ param: "lines[1][id]" });
  });

  it("cannot be changed once the invoice is final", async () => {
    const [work = ""] = lines;
    await sdk.invoices.finalizeInvoice(invoice);
    const calls = [
      sdk.invoices.updateLines(invoice, { lines: [{ id: work, amount: 1 }] }),
      sdk.invoices.removeLines(invoice, { lines: [{ id: work, behavior: "delete" }] }),
      sdk.invoices.updateLineItem(invoice, work, { amount: 1 }),
    ];
    for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: "invoice_not_editable" });
  });
});
