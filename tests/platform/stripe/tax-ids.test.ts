import type Stripe from "stripe";
import { typesOf } from "./paid-charge";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let customer: string;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  customer = (await sdk.customers.create()).id;
});
afterEach(closeAll);

const german = { type: "eu_vat", value: "DE123456789" } as const;

describe("a tax id", () => {
  it("is created, retrieved, listed and deleted with its customer's name, and tells it", async () => {
    const types = await typesOf(simulator, async () => {
      const made = await sdk.customers.createTaxId(customer, german);
      expect(made).toMatchObject({
        object: "tax_id",
        ...german,
        country: "DE",
        customer,
        owner: { type: "customer", customer },
        verification: { status: "pending" },
      });
      const found = await sdk.customers.retrieveTaxId(customer, made.id, { expand: ["customer", "owner.customer"] });
      expect(found).toMatchObject({ customer: { object: "customer" }, owner: { customer: { id: customer } } });
      expect((await sdk.customers.listTaxIds(customer)).data.map(({ id }) => id)).toEqual([made.id]);
      expect(await sdk.customers.deleteTaxId(customer, made.id)).toEqual(
        expect.objectContaining({ id: made.id, object: "tax_id", deleted: true }),
      );
      const gone = await failureOf(sdk.customers.retrieveTaxId(customer, made.id));
      expect(gone).toMatchObject({ code: "resource_missing", statusCode: 404 });
    });
    expect(types).toEqual(["customer.tax_id.created", "customer.tax_id.deleted"]);
  });

  it("comes with a new customer, and is shown when it is asked for", async () => {
    const made = await sdk.customers.create({
      tax_id_data: [german, { type: "us_ein", value: "12-3456789" }],
      expand: ["tax_ids"],
    });
    expect(made.tax_ids?.data).toMatchObject([
      { type: "us_ein", country: "US", verification: null },
      { type: "eu_vat", country: "DE" },
    ]);
    expect(await sdk.customers.retrieve(made.id)).not.toHaveProperty("tax_ids");
  });

  it("stands on drafts as the customer has it now, and on a final invoice as they had it then", async () => {
    const [final, draft] = [await sdk.invoices.create({ customer }), await sdk.invoices.create({ customer })];
    const { id } = await sdk.customers.createTaxId(customer, german);
    expect(await sdk.invoices.finalizeInvoice(final.id)).toMatchObject({ customer_tax_ids: [german] });
    await sdk.customers.deleteTaxId(customer, id);
    expect(await sdk.invoices.retrieve(final.id)).toMatchObject({ customer_tax_ids: [german] });
    expect(await sdk.invoices.retrieve(draft.id)).toMatchObject({ customer_tax_ids: [] });
  });

  it.each([
    [{ type: "eu_vat", value: "123" }, "value", "tax_id_invalid"],
    [{ type: "xx_vat", value: "123" }, "type", undefined],
    [{ type: "eu_vat" }, "value", "parameter_missing"],
    [{ ...german, owner: { type: "self" } }, "owner", "parameter_unknown"],
  ])("is refused as %j", async (params, param, code) => {
    const failure = await failureOf(sdk.customers.createTaxId(customer, params as Stripe.CustomerCreateTaxIdParams));
    expect(failure).toMatchObject({ statusCode: 400, param });
    expect(failure.code).toBe(code);
  });

  it("of another customer is not there", async () => {
    const { id } = await sdk.customers.createTaxId(customer, german);
    const other = await sdk.customers.create();
    const failure = await failureOf(sdk.customers.deleteTaxId(other.id, id));
    expect(failure).toMatchObject({ code: "resource_missing" });
  });
});
