import { AppError } from "../../../../functions-src/lib/domain/app-error";
import { claimCustomer } from "../../../../functions-src/lib/usecases/claim-customer";
import { ensureUser } from "../../../../functions-src/lib/usecases/ensure-user";
import { DAY, T0 } from "../../../support/builders";
import { startShopDatabase } from "../../../support/buyer";
import { FakePayments, depsOver, failAndKeep } from "../../../support/deps";
import type { TestDatabase } from "../../../support/embedded";

const HOUR = 3_600_000;
let test: TestDatabase;
let people = 0;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());

const member = (name: string) =>
  ({ kind: "user", userId: name, email: `${name}@example.org`, anonymous: false }) as const;

/** An account that needs a Stripe customer; each member asks from a process of their own. */
async function newAccount() {
  const payments = new FakePayments();
  const deps = depsOver(test.database, payments);
  const owner = member(`owner${(people += 1)}`);
  const accountId = (await ensureUser(deps, owner, T0)).memberships[0]!.accountId;
  const claim = (options: { readonly caller?: typeof owner; readonly gone?: string; readonly now?: number } = {}) =>
    claimCustomer(
      depsOver(test.database, payments),
      { caller: options.caller ?? owner, accountId, gone: options.gone ?? null },
      options.now ?? T0,
    );
  /** Lets Stripe make the customer and loses its answer. */
  const loseAnswer = async (options: { readonly gone?: string } = {}): Promise<void> => {
    const create = payments.createCustomer.bind(payments);
    payments.createCustomer = async (customer) => {
      await create(customer);
      throw new AppError("unavailable", "the answer was lost");
    };
    await expect(claim(options)).rejects.toThrow("the answer was lost");
    payments.createCustomer = create;
  };
  const account = async () => (await deps.accounts.findAccount(accountId))!;
  return { payments, claim, loseAnswer, account };
}

describe("the Stripe customer of an account", () => {
  it("is one when members with different e-mail addresses ask at once", async () => {
    const { payments, claim, account } = await newAccount();
    const answers = await Promise.all(["ada", "bob", "eve"].map((name) => claim({ caller: member(name) })));
    expect(payments.customers).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(payments.customers));
    expect(await account()).toMatchObject({ stripeCustomers: { test: answers[0] }, customerWishes: {} });
  });

  it("is one when the answer was lost and another member asks in the same hour, without a look at Stripe", async () => {
    const { payments, claim, loseAnswer } = await newAccount();
    await loseAnswer();
    payments.findCustomer = () => Promise.reject(new Error("Stripe's search does not know it yet"));
    expect(await claim({ caller: member("bob"), now: T0 + HOUR })).toBe(payments.customers[0]);
    expect(payments.customers).toHaveLength(1);
  });

  it("is one when the answer was lost and Stripe has forgotten the key, also for members who come at once", async () => {
    const { payments, claim, loseAnswer, account } = await newAccount();
    await loseAnswer();
    payments.customerKeys.clear();
    const late = { now: T0 + 25 * HOUR };
    await Promise.all([claim(late), claim({ ...late, caller: member("bob") })]);
    expect(payments.customers).toHaveLength(1);
    expect(await account()).toMatchObject({ stripeCustomers: { test: payments.customers[0] }, customerWishes: {} });
  });

  it.each([true, false])(
    "is one when Stripe fails and keeps that under the key, whether it did the work or not: %s",
    async (works) => {
      const { payments, claim, account } = await newAccount();
      failAndKeep(payments, "createCustomer", { works });
      await expect(claim()).rejects.toThrow("Stripe failed");
      await expect(claim({ now: T0 + 1000 })).rejects.toThrow("try again in two minutes");
      expect(await account()).toMatchObject({ customerWishes: { test: { spentKeys: 1 } } });
      const made = await claim({ now: T0 + 120_000 });
      expect(payments.customers).toEqual([made]);
      expect(await account()).toMatchObject({ stripeCustomers: { test: made }, customerWishes: {} });
    },
  );

  it("is made days later when Stripe made none before", async () => {
    const { payments, claim } = await newAccount();
    payments.failure = new AppError("unavailable", "an outage");
    await expect(claim()).rejects.toThrow("an outage");
    payments.failure = null;
    expect(await claim({ now: T0 + 3 * DAY })).toBe(payments.customers[0]);
  });

  it("is replaced by one, also when that answer was lost and everything comes again days later", async () => {
    const { payments, claim, loseAnswer, account } = await newAccount();
    const gone = await claim();
    await loseAnswer({ gone });
    payments.customerKeys.clear();
    const second = await claim({ gone, now: T0 + 2 * DAY });
    expect(payments.customers).toEqual([gone, second]);
    expect(await claim({ gone, now: T0 + 3 * DAY })).toBe(second);
    expect(await account()).toMatchObject({ stripeCustomers: { test: second }, customerWishes: {} });
  });

  it("has the address of a member at Stripe, while none is stored here", async () => {
    const { payments, claim, loseAnswer, account } = await newAccount();
    await loseAnswer();
    expect(JSON.stringify(await account())).not.toContain("@");
    const customerId = await claim({ caller: member("ada") });
    expect(payments.emails.get(customerId)).toBe("ada@example.org");
  });
});
