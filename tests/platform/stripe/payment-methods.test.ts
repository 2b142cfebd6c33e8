import type Stripe from "stripe";
import { closeAll, eventTypesOf, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

const visa = (): Promise<Stripe.PaymentMethod> =>
  sdk.paymentMethods.create({ type: "card", card: { token: "tok_visa" }, billing_details: { name: "Ada" } });

describe("payment methods", () => {
  it("creates a card of a token, a SEPA debit of an IBAN and a US bank account of its number", async () => {
    expect(await visa()).toMatchObject({
      object: "payment_method",
      type: "card",
      card: { brand: "visa", last4: "4242", fingerprint: "fp_4242" },
      billing_details: { name: "Ada", email: null },
      customer: null,
    });
    const sepa = await sdk.paymentMethods.create({
      type: "sepa_debit",
      sepa_debit: { iban: "AT61 1904 3002 3457 3201" },
    });
    expect(sepa).toMatchObject({ type: "sepa_debit", sepa_debit: { last4: "3201", country: "AT" } });
    const bank = await sdk.paymentMethods.create({
      type: "us_bank_account",
      us_bank_account: { account_number: "000123456789", routing_number: "110000000" },
    });
    expect(bank).toMatchObject({ type: "us_bank_account", us_bank_account: { last4: "6789" } });
    expect(await eventTypesOf(simulator)).toEqual([]);
  });

  it("refuses a number and a token that it does not know, by name", async () => {
    const token = sdk.paymentMethods.create({ type: "card", card: { token: "tok_none" } });
    expect(await failureOf(token)).toMatchObject({ code: "resource_missing", param: "card[token]" });
    const iban = sdk.paymentMethods.create({ type: "sepa_debit", sepa_debit: { iban: "DE00" } });
    expect(await failureOf(iban)).toMatchObject({ param: "sepa_debit[iban]" });
    const none = sdk.paymentMethods.create({ type: "card" });
    expect(await failureOf(none)).toMatchObject({ code: "parameter_missing", param: "card[token]" });
  });

  it("attaches, updates and detaches, each by its event", async () => {
    const customer = await sdk.customers.create();
    const method = await visa();
    expect(await sdk.paymentMethods.attach(method.id, { customer: customer.id })).toMatchObject({
      customer: customer.id,
    });
    const updated = await sdk.paymentMethods.update(method.id, {
      card: { exp_month: 3, exp_year: 2040 },
      metadata: { a: "1" },
      allow_redisplay: "always",
    });
    expect(updated).toMatchObject({ card: { exp_month: 3, exp_year: 2040 }, metadata: { a: "1" } });
    expect((await sdk.paymentMethods.detach(method.id)).customer).toBeNull();
    expect(await eventTypesOf(simulator)).toEqual([
      "customer.created",
      "payment_method.attached",
      "payment_method.updated",
      "payment_method.detached",
    ]);
    const [detached] = (await sdk.events.list({ type: "payment_method.detached" })).data;
    expect(detached?.data.previous_attributes).toEqual({ customer: customer.id });
  });

  it("lists the methods of a customer by type, also below the customer", async () => {
    const customer = await sdk.customers.create();
    await visa();
    const card = await sdk.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    const bank = await sdk.paymentMethods.attach("pm_usBankAccount_success", { customer: customer.id });
    const idsOf = ({ data }: { data: Stripe.PaymentMethod[] }): string[] => data.map(({ id }) => id);
    expect(idsOf(await sdk.paymentMethods.list({ customer: customer.id }))).toEqual([bank.id, card.id]);
    expect(idsOf(await sdk.paymentMethods.list({ customer: customer.id, type: "card" }))).toEqual([card.id]);
    expect(idsOf(await sdk.customers.listPaymentMethods(customer.id, { type: "us_bank_account" }))).toEqual([bank.id]);
    expect(await sdk.customers.retrievePaymentMethod(customer.id, card.id)).toMatchObject({ id: card.id });
    const other = await sdk.customers.create();
    expect(await failureOf(sdk.customers.retrievePaymentMethod(other.id, card.id))).toMatchObject({ statusCode: 404 });
  });

  it("refuses a second attachment, the use of a detached method, and the detachment of a loose one", async () => {
    const customer = await sdk.customers.create();
    const method = await visa();
    expect(await failureOf(sdk.paymentMethods.detach(method.id))).toMatchObject({ param: "payment_method" });
    await sdk.paymentMethods.attach(method.id, { customer: customer.id });
    expect(await failureOf(sdk.paymentMethods.attach(method.id, { customer: customer.id }))).toMatchObject({
      message: "The payment method you provided has already been attached to a customer.",
    });
    await sdk.paymentMethods.detach(method.id);
    expect(await failureOf(sdk.paymentMethods.attach(method.id, { customer: customer.id }))).toMatchObject({
      message: expect.stringContaining("It may not be used again."),
    });
  });

  it("lets a bank refuse that a card is saved, and keeps the card that fails only when it is charged", async () => {
    const customer = await sdk.customers.create();
    const refused = sdk.paymentMethods.attach("pm_card_chargeDeclined", { customer: customer.id });
    expect(await failureOf(refused)).toMatchObject({ type: "StripeCardError", statusCode: 402, code: "card_declined" });
    const failing = await sdk.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
    const charge = sdk.paymentIntents.create({
      amount: 1000,
      currency: "usd",
      customer: customer.id,
      payment_method: failing.id,
      confirm: true,
      off_session: true,
    });
    expect(await failureOf(charge)).toMatchObject({ code: "card_declined" });
  });
});

describe("a customer's details and default method", () => {
  it("keeps address, shipping, locales and tax exemption as they were given", async () => {
    const customer = await sdk.customers.create({
      name: "Ada",
      phone: "+1 555",
      address: { line1: "1 Road", city: "Town", country: "US", postal_code: "12345" },
      shipping: { name: "Ada", address: { line1: "2 Road" } },
      preferred_locales: ["de", "en"],
      tax_exempt: "exempt",
    });
    expect(customer).toMatchObject({
      address: { line1: "1 Road", line2: null, state: null, country: "US" },
      shipping: { name: "Ada", address: { line1: "2 Road" }, phone: null },
      preferred_locales: ["de", "en"],
      tax_exempt: "exempt",
    });
    expect((await sdk.customers.update(customer.id, { address: "" })).address).toBeNull();
  });

  it("takes only a method of its own as default, and loses it with the method", async () => {
    const customer = await sdk.customers.create();
    const method = await visa();
    const choose = () => sdk.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
    expect(await failureOf(choose())).toMatchObject({
      code: "resource_missing",
      param: "invoice_settings[default_payment_method]",
    });
    await sdk.paymentMethods.attach(method.id, { customer: customer.id });
    await choose();
    const read = await sdk.customers.retrieve(customer.id, { expand: ["invoice_settings.default_payment_method"] });
    expect(read).toMatchObject({ invoice_settings: { default_payment_method: { id: method.id, type: "card" } } });
    const [event] = (await sdk.events.list({ type: "customer.updated" })).data;
    expect(event?.data.previous_attributes).toMatchObject({ invoice_settings: { default_payment_method: null } });
    await sdk.paymentMethods.detach(method.id);
    expect(await sdk.customers.retrieve(customer.id)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
  });

  it("takes its methods off when it is deleted", async () => {
    const customer = await sdk.customers.create();
    const method = await sdk.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    await sdk.customers.del(customer.id);
    expect((await sdk.paymentMethods.retrieve(method.id)).customer).toBeNull();
    expect((await eventTypesOf(simulator)).slice(-2)).toEqual(["payment_method.detached", "customer.deleted"]);
  });

  it("creates a customer with a method and makes it the default, in one call", async () => {
    const method = await visa();
    const customer = await sdk.customers.create({
      payment_method: method.id,
      invoice_settings: { default_payment_method: method.id },
    });
    expect(customer.invoice_settings.default_payment_method).toBe(method.id);
    expect(await sdk.paymentMethods.retrieve(method.id)).toMatchObject({ customer: customer.id });
  });
});
