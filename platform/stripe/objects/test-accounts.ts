import { findTestCard, TEST_CARDS, type TestCard } from "./test-cards";

/** A bank account that pays by debit: the money comes, or does not, days after the buyer has agreed. */
export interface TestAccount {
  readonly type: "sepa_debit" | "us_bank_account";
  readonly number: string;
  readonly label: string;
  readonly currency: string;
  readonly settlesAfterDays: number;
  /** Why the bank sends the debit back; null: the money comes. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** What a buyer can pay with. */
export type TestMethod = TestCard | TestAccount;

const sepa = (number: string, label: string, failure: TestAccount["failure"]): TestAccount => ({
  type: "sepa_debit",
  number,
  label,
  currency: "eur",
  settlesAfterDays: 5,
  failure,
});
const ach = (number: string, label: string, failure: TestAccount["failure"]): TestAccount => ({
  type: "us_bank_account",
  number,
  label,
  currency: "usd",
  settlesAfterDays: 4,
  failure,
});

const NO_FUNDS = {
  code: "insufficient_funds",
  message: "The customer's account has insufficient funds to cover this payment.",
} as const;

/** The accounts that the simulator knows; the numbers are Stripe's public test numbers. */
export const TEST_ACCOUNTS: readonly TestAccount[] = [
  sepa("AT611904300234573201", "SEPA, pays later", null),
  sepa("AT861904300235473202", "SEPA, fails later", NO_FUNDS),
  ach("000123456789", "US bank, pays later", null),
  ach("000222222227", "US bank, fails later", NO_FUNDS),
  ach("000111111113", "US bank, closed", {
    code: "account_closed",
    message: "The customer's bank account has been closed.",
  }),
];

const BY_TOKEN: Readonly<Record<string, string>> = {
  pm_usBankAccount_success: "000123456789",
  pm_usBankAccount: "000123456789",
  pm_usBankAccount_insufficientFunds: "000222222227",
  pm_usBankAccount_accountClosed: "000111111113",
};

/** Finds a card or an account by its number or by Stripe's test payment method. */
export function findTestMethod(given: string): TestMethod | undefined {
  const number = BY_TOKEN[given] ?? given.replaceAll(/[\s-]/g, "").toUpperCase();
  return TEST_ACCOUNTS.find((account) => account.number === number) ?? findTestCard(given);
}

/** Everything that can pay in a currency by one of the given types. */
export function testMethodsFor(currency: string, types: readonly string[]): readonly TestMethod[] {
  const accounts = TEST_ACCOUNTS.filter((account) => account.currency === currency);
  return [...TEST_CARDS, ...accounts].filter(({ type }) => types.includes(type));
}

/** Names the types of payment method for a currency, as far as they are allowed and not excluded. */
export function methodTypesFor(
  currency: string | null,
  choice: {
    readonly allowed?: readonly string[] | null | undefined;
    readonly excluded?: readonly string[] | null | undefined;
  },
): string[] {
  const accounts = TEST_ACCOUNTS.filter((account) => currency === null || account.currency === currency);
  return [...new Set(["card", ...accounts.map(({ type }) => type)])]
    .filter((type) => choice.allowed?.includes(type) ?? true)
    .filter((type) => !(choice.excluded?.includes(type) ?? false));
}
