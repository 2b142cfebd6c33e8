import type { NotSimulated } from "./step";

const SOURCES = "sources, which payment methods replaced";
const CASH = "the cash balance and its funding instructions";
const FEATURES = "features, which belong to entitlements";
const OLD_CHARGES = "charges without a payment intent, which Stripe has deprecated";
const DEPOSITS = "micro-deposits: accounts are verified at once";

/** Every documented call that the simulator does not have, and why. */
export const NOT_SIMULATED: readonly NotSimulated[] = [
  {
    call: "customers.deleteDiscount",
    why: "discounts of customers, which subscriptions use",
    make: (stripe) => stripe.customers.deleteDiscount("cus_1"),
  },
  { call: "customers.retrieveCashBalance", why: CASH, make: (stripe) => stripe.customers.retrieveCashBalance("cus_1") },
  { call: "customers.updateCashBalance", why: CASH, make: (stripe) => stripe.customers.updateCashBalance("cus_1") },
  {
    call: "customers.listCashBalanceTransactions",
    why: CASH,
    make: (stripe) => stripe.customers.listCashBalanceTransactions("cus_1"),
  },
  {
    call: "customers.retrieveCashBalanceTransaction",
    why: CASH,
    make: (stripe) => stripe.customers.retrieveCashBalanceTransaction("cus_1", "ccsbtxn_1"),
  },
  {
    call: "customers.createFundingInstructions",
    why: CASH,
    make: (stripe) =>
      stripe.customers.createFundingInstructions("cus_1", {
        bank_transfer: { requested_address_types: ["zengin"], type: "jp_bank_transfer" },
        currency: "jpy",
        funding_type: "bank_transfer",
      }),
  },
  {
    call: "testHelpers.customers.fundCashBalance",
    why: CASH,
    make: (stripe) => stripe.testHelpers.customers.fundCashBalance("cus_1", { amount: 5000, currency: "eur" }),
  },
  { call: "customers.listSources", why: SOURCES, make: (stripe) => stripe.customers.listSources("cus_1") },
  {
    call: "customers.createSource",
    why: SOURCES,
    make: (stripe) => stripe.customers.createSource("cus_1", { source: "tok_visa" }),
  },
  {
    call: "customers.retrieveSource",
    why: SOURCES,
    make: (stripe) => stripe.customers.retrieveSource("cus_1", "card_1"),
  },
  {
    call: "customers.updateSource",
    why: SOURCES,
    make: (stripe) => stripe.customers.updateSource("cus_1", "card_1", { name: "Jenny" }),
  },
  { call: "customers.deleteSource", why: SOURCES, make: (stripe) => stripe.customers.deleteSource("cus_1", "card_1") },
  {
    call: "customers.verifySource",
    why: SOURCES,
    make: (stripe) => stripe.customers.verifySource("cus_1", "ba_1", { amounts: [32, 45] }),
  },
  { call: "products.listFeatures", why: FEATURES, make: (stripe) => stripe.products.listFeatures("prod_1") },
  {
    call: "products.createFeature",
    why: FEATURES,
    make: (stripe) => stripe.products.createFeature("prod_1", { entitlement_feature: "feat_1" }),
  },
  {
    call: "products.retrieveFeature",
    why: FEATURES,
    make: (stripe) => stripe.products.retrieveFeature("prod_1", "prodft_1"),
  },
  {
    call: "products.deleteFeature",
    why: FEATURES,
    make: (stripe) => stripe.products.deleteFeature("prod_1", "prodft_1"),
  },
  {
    call: "paymentIntents.applyCustomerBalance",
    why: CASH,
    make: (stripe) => stripe.paymentIntents.applyCustomerBalance("pi_1"),
  },
  {
    call: "paymentIntents.verifyMicrodeposits",
    why: DEPOSITS,
    make: (stripe) => stripe.paymentIntents.verifyMicrodeposits("pi_1", { amounts: [32, 45] }),
  },
  {
    call: "setupIntents.verifyMicrodeposits",
    why: DEPOSITS,
    make: (stripe) => stripe.setupIntents.verifyMicrodeposits("seti_1", { amounts: [32, 45] }),
  },
  {
    call: "paymentIntents.incrementAuthorization",
    why: "incremental authorizations, which card terminals use",
    make: (stripe) => stripe.paymentIntents.incrementAuthorization("pi_1", { amount: 2099 }),
  },
  {
    call: "paymentIntents.listAmountDetailsLineItems",
    why: "amount details, which corporate cards use",
    make: (stripe) => stripe.paymentIntents.listAmountDetailsLineItems("pi_1"),
  },
  {
    call: "charges.create",
    why: OLD_CHARGES,
    make: (stripe) => stripe.charges.create({ amount: 1099, currency: "usd", source: "tok_visa" }),
  },
  { call: "charges.capture", why: OLD_CHARGES, make: (stripe) => stripe.charges.capture("ch_1") },
  {
    call: "invoices.createPreview",
    why: "previews, which are of subscriptions",
    make: (stripe) => stripe.invoices.createPreview({ customer: "cus_1" }),
  },
];
