import { App, Credentials, type User } from "realm-web";
import type { BalanceAnswer } from "../../functions-src/lib/contract";
import { createDatabaseFromDriver } from "../../functions-src/lib/adapters/mongo/from-driver";
import { createWalletStore } from "../../functions-src/lib/adapters/mongo/wallet-store";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { HistoryAnswer } from "../../functions-src/lib/usecases/read-history";
import type { WalletStore } from "../../functions-src/lib/ports/wallet-store";
import { advance, call, databaseOf, startProductUnderTest, until, type ProductUnderTest } from "../support/product";

export const SECOND = 1000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** A session lasts 60 days; after this time a test signs in anew. */
const SESSION = 50 * DAY;

/** A customer of the product: how they sign in, and the account that pays. */
export interface Customer {
  readonly accountId: string;
  /** The session they have; a new one when so much time passed that it is over. */
  session(): Promise<User>;
  /** Signs in once more, as from a second device. */
  signIn(): Promise<User>;
}

/** A product whose time moves only when a test moves it, with an operator at hand. */
export interface Travelled extends ProductUnderTest {
  readonly wallets: WalletStore;
  newCustomer(): Promise<Customer>;
  /** Moves time to an instant, or by milliseconds from now. */
  travelTo(instant: number, options?: { readonly everySlot: true }): Promise<void>;
  now(): Promise<number>;
  /** Calls as the operator. */
  operate<Result>(name: string, argument: object): Promise<Result>;
  /** Grants tokens to a customer as the operator. */
  grant(customer: Customer, amount: number, more?: object): Promise<{ readonly lotId: string }>;
}

/** Starts a product that stands at an instant far ahead, so that its calendar is the same whenever the tests run. */
export async function startTravelling(startAt: number): Promise<Travelled> {
  const product = await startProductUnderTest(":memory:", { TEST_CLOCK: "1" });
  let count = 0;
  let standsAt = startAt;
  let operator: Promise<User> | null = null;
  let operatorSince = startAt;
  const travelTo = async (instant: number, options: object = {}): Promise<void> => {
    await advance(product, { to: new Date(instant).toISOString(), ...options });
    if (instant - operatorSince > SESSION) operator = null;
    standsAt = instant;
  };
  const operate = async <Result>(name: string, argument: object): Promise<Result> => {
    if (operator === null) operatorSince = standsAt;
    operator ??= product.signInOperator();
    return call<Result>(await operator, name, argument);
  };

  await travelTo(startAt);
  return {
    ...product,
    wallets: createWalletStore(createDatabaseFromDriver(product.client, DATABASE_NAME)),
    travelTo,
    now: () => advance(product, { seconds: 0 }),
    operate,
    newCustomer: async () => {
      const email = `customer${(count += 1)}@pains.test`;
      let user = await product.signUp(email);
      let since = standsAt;
      // The sign-up trigger makes the account; until it is done the first balance is not there.
      const users = databaseOf(product).collection<{ _id: string; memberships: { accountId: string }[] }>("users");
      const made = await until(
        "the account",
        () => users.findOne({ _id: user.id, signup: "done" }),
        (row) => row !== null,
      );
      const signIn = (): Promise<User> =>
        new App({ id: product.appId, baseUrl: product.baseUrl }).logIn(
          Credentials.emailPassword(email, "correct horse"),
        );
      return {
        accountId: made?.memberships[0]?.accountId ?? "none",
        signIn,
        session: async () => {
          if (standsAt - since > SESSION) [user, since] = [await signIn(), standsAt];
          return user;
        },
      };
    },
    grant: ({ accountId }, amount, more = {}) =>
      operate("admin/grant", {
        key: `grant-${(count += 1)}`,
        accountId,
        amount,
        class: "promo",
        reason: "for a test",
        ...more,
      }),
  };
}

/** The balance of a customer as they see it. */
export const balanceOf = (user: User): Promise<BalanceAnswer> => call<BalanceAnswer>(user, "wallet/balance");

/** The whole history of a customer, oldest first. */
export async function historyOf(user: User): Promise<HistoryAnswer["entries"]> {
  const { entries } = await call<HistoryAnswer>(user, "wallet/history", { limit: 200 });
  return [...entries].reverse();
}
