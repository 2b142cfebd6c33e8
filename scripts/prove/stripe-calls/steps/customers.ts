import { failureOf, idsOf, type Step } from "../step";

/** Customers, as their page of the API reference uses them. */
export const customerSteps: readonly Step[] = [
  {
    object: "customers",
    title: "create, retrieve, update and delete one",
    run: async ({ stripe, check }) => {
      const customer = await stripe.customers.create({ name: "Jenny Rosen", email: "jennyrosen@example.com" });
      check(customer, {
        id: /^cus_\w{14}$/,
        object: "customer",
        name: "Jenny Rosen",
        email: "jennyrosen@example.com",
        balance: 0,
        livemode: false,
        metadata: {},
      });
      const address = { city: "Berlin", country: "DE", line1: "Torstr. 1", postal_code: "10119" };
      check(
        await stripe.customers.update(customer.id, { metadata: { order_id: "6735" }, address, phone: "+4930123" }),
        {
          id: customer.id,
          metadata: { order_id: "6735" },
          address: { ...address, state: null },
        },
      );
      check(await stripe.customers.update(customer.id, { metadata: { order_id: "" } }), {
        metadata: {},
        phone: "+4930123",
      });
      check(await stripe.customers.retrieve(customer.id), { id: customer.id, name: "Jenny Rosen", phone: "+4930123" });
      check(await stripe.customers.del(customer.id), { id: customer.id, object: "customer", deleted: true });
      check(await stripe.customers.retrieve(customer.id), { id: customer.id, deleted: true });
      check(await failureOf(stripe.customers.update(customer.id, { name: "Gone" })), {
        type: "StripeInvalidRequestError",
        code: "resource_missing",
        statusCode: 404,
      });
    },
  },
  {
    object: "customers",
    title: "list them by their filters, page by page and to the last",
    run: async ({ stripe, given, check }) => {
      const email = "three@example.com";
      const ids: string[] = [];
      for (const name of ["a", "b", "c"]) ids.unshift((await given.customers.create({ email, name })).id);
      const [newest = "", middle = "", oldest = ""] = ids;
      const first = await stripe.customers.list({ email, limit: 2 });
      check(first, { object: "list", url: "/v1/customers", has_more: true, data: [{ id: newest }, { id: middle }] });
      check(await stripe.customers.list({ email, limit: 2, starting_after: middle }), {
        has_more: false,
        data: [{ id: oldest }],
      });
      check(await stripe.customers.list({ email, ending_before: oldest }), { data: [{ id: newest }, { id: middle }] });
      check(await stripe.customers.list({ email, created: { lt: 1 } }), { data: [], has_more: false });
      const walked = await stripe.customers.list({ email, limit: 1 }).autoPagingToArray({ limit: 10 });
      check(idsOf({ data: walked }), ids);
    },
  },
  {
    object: "customers",
    title: "search them by name and metadata",
    run: async ({ stripe, given, check }) => {
      const customer = await given.customers.create({ name: "Jane Doe", metadata: { foo: "bar" } });
      await given.customers.create({ name: "Jane Doe" });
      check(await stripe.customers.search({ query: "name:'Jane Doe' AND metadata['foo']:'bar'" }), {
        object: "search_result",
        url: "/v1/customers/search",
        has_more: false,
        next_page: null,
        data: [{ id: customer.id }],
      });
      const all = await stripe.customers.search({ query: "name:'Jane Doe'", limit: 1, expand: ["total_count"] });
      check(all, { has_more: true, next_page: /./, total_count: 2 });
      const walked = await stripe.customers
        .search({ query: "name:'Jane Doe'", limit: 1 })
        .autoPagingToArray({ limit: 10 });
      check(idsOf({ data: walked }).toSorted(), [customer.id, ...idsOf(all)].toSorted());
    },
  },
  {
    object: "customers",
    title: "give credit by balance transactions",
    run: async ({ stripe, given, check }) => {
      const { id } = await given.customers.create();
      const credit = await stripe.customers.createBalanceTransaction(id, { amount: -500, currency: "usd" });
      check(credit, {
        id: /^cbtxn_/,
        object: "customer_balance_transaction",
        type: "adjustment",
        amount: -500,
        ending_balance: -500,
        customer: id,
      });
      check(await stripe.customers.retrieve(id), { balance: -500, currency: "usd" });
      const metadata = { order_id: "6735" };
      check(await stripe.customers.updateBalanceTransaction(id, credit.id, { metadata }), { id: credit.id, metadata });
      check(await stripe.customers.retrieveBalanceTransaction(id, credit.id), {
        id: credit.id,
        amount: -500,
        metadata,
      });
      const debit = await given.customers.createBalanceTransaction(id, {
        amount: 200,
        currency: "usd",
        description: "fee",
      });
      check(await stripe.customers.listBalanceTransactions(id, { limit: 3 }), {
        url: `/v1/customers/${id}/balance_transactions`,
        data: [{ id: debit.id, ending_balance: -300 }, { id: credit.id }],
      });
    },
  },
  {
    object: "customers",
    title: "show the payment methods of one",
    run: async ({ stripe, given, check }) => {
      const { id } = await given.customers.create();
      const method = await given.paymentMethods.attach("pm_card_visa", { customer: id });
      check(await stripe.customers.listPaymentMethods(id, { limit: 3, type: "card" }), {
        url: `/v1/customers/${id}/payment_methods`,
        data: [{ id: method.id, type: "card" }],
      });
      check(await stripe.customers.retrievePaymentMethod(id, method.id), { id: method.id, customer: id });
      const settings = { invoice_settings: { default_payment_method: method.id } };
      const updated = await stripe.customers.update(id, {
        ...settings,
        expand: ["invoice_settings.default_payment_method"],
      });
      check(updated, { invoice_settings: { default_payment_method: { id: method.id, object: "payment_method" } } });
    },
  },
  {
    object: "customers",
    title: "are made once with an idempotency key, whatever else a request says about itself",
    run: async ({ stripe, check }) => {
      const key = { idempotencyKey: "one-customer" };
      const first = await stripe.customers.create({ name: "Once" }, { ...key, timeout: 5000, maxNetworkRetries: 1 });
      const again = await stripe.customers.create({ name: "Once" }, key);
      check(again, { id: first.id, lastResponse: { statusCode: 200, headers: { "idempotent-replayed": "true" } } });
      check(first.lastResponse, { requestId: /^req_/, idempotencyKey: "one-customer", apiVersion: /\.endive$/ });
      check(await failureOf(stripe.customers.create({ name: "Other" }, key)), { type: "StripeIdempotencyError" });
      check(await failureOf(stripe.customers.create({}, { apiKey: "sk_test_of_nobody" })), {
        type: "StripeAuthenticationError",
        statusCode: 401,
      });
    },
  },
  {
    object: "customers",
    title: "have tax ids",
    run: async ({ stripe, given, check }) => {
      const { id } = await given.customers.create();
      const taxId = await stripe.customers.createTaxId(id, { type: "eu_vat", value: "DE123456789" });
      check(taxId, {
        id: /^txi_/,
        object: "tax_id",
        country: "DE",
        customer: id,
        type: "eu_vat",
        value: "DE123456789",
      });
      check(await stripe.customers.retrieveTaxId(id, taxId.id), { id: taxId.id, verification: { status: "pending" } });
      check(await stripe.customers.listTaxIds(id, { limit: 3 }), {
        url: `/v1/customers/${id}/tax_ids`,
        data: [{ id: taxId.id }],
      });
      check(await stripe.customers.retrieve(id, { expand: ["tax_ids"] }), { tax_ids: { data: [{ id: taxId.id }] } });
      check(await stripe.customers.deleteTaxId(id, taxId.id), { id: taxId.id, object: "tax_id", deleted: true });
      check(await stripe.customers.listTaxIds(id), { data: [] });
    },
  },
];
