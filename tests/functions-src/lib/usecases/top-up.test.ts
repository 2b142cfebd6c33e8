import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { NO_MONEY_BACK } from "../../../../functions-src/lib/domain/money-back";
import { AppError } from "../../../../functions-src/lib/domain/app-error";
import { ensureUser } from "../../../../functions-src/lib/usecases/ensure-user";
import { sweepOutbox } from "../../../../functions-src/lib/usecases/send-outbox";
import { type AutoTopUpInput, setAutoTopUp } from "../../../../functions-src/lib/usecases/set-auto-top-up";
import { settleMoneyBack } from "../../../../functions-src/lib/usecases/settle-money-back";
import { settleTopUp } from "../../../../functions-src/lib/usecases/settle-top-up";
import { freezeAccount, unfreezeAccount } from "../../../../functions-src/lib/usecases/standing";
import { sweepWallets } from "../../../../functions-src/lib/usecases/sweep-wallets";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import { DAY, T0, spendOf } from "../../../support/builders";
import { startShopDatabase } from "../../../support/buyer";
import { FakePayments, depsOver, failAndKeep } from "../../../support/deps";
import type { TestDatabase } from "../../../support/embedded";

const HOUR = 3_600_000;
let test: TestDatabase;
let count = 0;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.client.db("tollkeeper").collection("outbox").deleteMany({});
});

const CAPS = {
  capPerDay: { count: 3, amountMinor: toAmount(3000) },
  capPerMonth: { count: 5, amountMinor: toAmount(5000) },
};

/** A customer with 3 tokens and a saved card, who tops up to 100 more below 2. */
async function customer(options: { readonly declines?: boolean; readonly card?: boolean } = {}) {
  const payments = new FakePayments();
  const deps = depsOver(test.database, payments);
  const userId = `topper${(count += 1)}`;
  const caller = { kind: "user", userId, email: null, anonymous: false } as const;
  const accountId = (await ensureUser(deps, { ...caller, email: `${userId}@example.org` }, T0)).memberships[0]!
    .accountId;
  const claim = { accountId, mode: "test", customerId: `cus_${userId}`, replaces: null } as const;
  const customerId = await deps.accounts.claimStripeCustomer(claim);
  if (options.card !== false) payments.cards.set(customerId, { id: "pm_1", declines: options.declines === true });
  const set = (input: Partial<AutoTopUpInput> = {}) =>
    setAutoTopUp(
      deps,
      {
        caller,
        accountId,
        input: {
          enabled: true,
          unit: "tokens",
          threshold: toAmount(2),
          pack: "pack-100",
          ...CAPS,
          ...input,
        } as AutoTopUpInput,
      },
      T0,
    );
  const spend = (amount: number, now = T0) => deps.post({ accountId, unit: "tokens" }, spendOf(amount), now);
  const wallet = async () => (await deps.wallets.loadWallet({ accountId, unit: "tokens" }))!;
  return { deps, payments, accountId, customerId, set, spend, wallet };
}

describe("an automatic top-up", () => {
  it("is bought once when an operation leaves too few units, however many processes hear of it", async () => {
    const { deps, payments, set, spend, wallet, accountId } = await customer();
    expect(await set()).toMatchObject({ ok: true, autoTopUp: { enabled: true, units: 100, chargeMinor: 1000 } });
    await spend(1);
    await sweepOutbox(deps, T0);
    expect(payments.charges).toBe(0);
    await spend(1);
    await spend(1);
    const processes = [deps, depsOver(test.database, payments), depsOver(test.database, payments)];
    await Promise.all(processes.map((each) => sweepOutbox(each, T0)));
    expect(payments.charges).toBe(1);
    expect(await wallet()).toMatchObject({ available: 100, topUp: { open: null, declines: 0 } });
    const [paid] = [...payments.topUps.keys()];
    await settleTopUp(deps, paid!, T0);
    expect(await wallet()).toMatchObject({ available: 100 });
    expect(await verifyLedger(deps, { accountId })).toMatchObject({ ok: true });
  });

  it("is charged once when Stripe's answer was lost, also with another card at the next try", async () => {
    const { deps, payments, set, spend, wallet, customerId } = await customer();
    await set();
    await spend(3);
    const charge = payments.chargeSavedCard.bind(payments);
    payments.chargeSavedCard = async (wanted) => {
      await charge(wanted);
      throw new AppError("unavailable", "the answer was lost");
    };
    await sweepOutbox(deps, T0);
    expect(await wallet()).toMatchObject({ available: 0 });
    payments.chargeSavedCard = charge;
    payments.cards.set(customerId, { id: "pm_2", declines: false });
    await sweepOutbox(deps, T0 + HOUR);
    expect(payments.charges).toBe(1);
    expect(await wallet()).toMatchObject({ available: 100 });
  });

  it("is asked for in the same words by a process that takes over while Stripe is at work, also when another card was saved", async () => {
    const { deps, payments, set, spend, customerId } = await customer();
    await set();
    await spend(3);
    const asked: (readonly [key: string, card: string])[] = [];
    payments.chargeSavedCard = ({ idempotencyKey, paymentMethodId }) => {
      asked.push([idempotencyKey, paymentMethodId]);
      return Promise.reject(new AppError("unavailable", "Stripe is at work with this key"));
    };
    await sweepOutbox(deps, T0);
    payments.cards.set(customerId, { id: "pm_2", declines: false });
    await sweepOutbox(depsOver(test.database, payments), T0 + HOUR);
    expect(asked.map(([, card]) => card)).toEqual(["pm_1", "pm_1"]);
    expect(new Set(asked.map(([key]) => key)).size).toBe(1);
  });

  it("keeps to its caps by count and by amount, per day and per month", async () => {
    const { deps, payments, set, spend, wallet } = await customer();
    await set({ capPerDay: { count: 2, amountMinor: toAmount(3000) } } as Partial<AutoTopUpInput>);
    await spend(3);
    await sweepOutbox(deps, T0);
    for (const now of [T0 + 1, T0 + 2, T0 + 3, T0 + DAY + 1, T0 + DAY + 2]) {
      await spend((await wallet()).available, now);
      await sweepOutbox(deps, now);
      if ((await wallet()).available === 0)
        await deps.post(
          { accountId: (await wallet()).accountId, unit: "tokens" },
          { ...spendOf(1), kind: "adjust", direction: "add", amount: toAmount(1) },
          now,
        );
    }
    // Two on the first day, two on the second: by then the month allows one more.
    expect(payments.charges).toBe(4);
    await spend((await wallet()).available, T0 + 2 * DAY + 3);
    await sweepOutbox(deps, T0 + 2 * DAY + 3);
    await spend((await wallet()).available, T0 + 4 * DAY);
    await sweepOutbox(deps, T0 + 4 * DAY);
    expect(payments.charges).toBe(5);
    expect((await wallet()).topUp?.recent).toHaveLength(5);
  });

  it("waits an hour after a decline, and is off after the third in a row", async () => {
    const { deps, payments, set, spend, wallet, accountId } = await customer({ declines: true });
    await set();
    const again = (now: number) =>
      deps.post(
        { accountId, unit: "tokens" },
        { ...spendOf(1), kind: "adjust", direction: "remove", amount: toAmount(1) },
        now,
      );
    const feed = (now: number) =>
      deps.post(
        { accountId, unit: "tokens" },
        { ...spendOf(1), kind: "adjust", direction: "add", amount: toAmount(1) },
        now,
      );
    await spend(2);
    await sweepOutbox(deps, T0);
    expect(await wallet()).toMatchObject({ available: 1, topUp: { declines: 1, open: null, pausedUntil: T0 + HOUR } });
    await again(T0 + HOUR - 1);
    await sweepOutbox(deps, T0 + HOUR - 1);
    expect(payments.charges).toBe(1);
    for (const [step, now] of [
      [feed, T0 + HOUR],
      [again, T0 + 2 * HOUR],
      [feed, T0 + 3 * HOUR],
    ] as const) {
      await step(now);
      await sweepOutbox(deps, now);
    }
    expect(payments.charges).toBe(3);
    expect(await wallet()).toMatchObject({ topUp: { enabled: false, declines: 3 } });
    expect(deps.recorded.alerts).toContainEqual(expect.objectContaining({ event: "top_up_switched_off" }));
    expect([...payments.topUps.values()].map(({ status }) => status)).toEqual(["canceled", "canceled", "canceled"]);
  });

  it("is tried again by the sweep after a pause, a cap or its switching on, also when nobody spends", async () => {
    const { deps, payments, customerId, set, spend, wallet } = await customer({ declines: true });
    const sweep = async (now: number): Promise<number> => {
      await sweepWallets(deps, now);
      await sweepOutbox(deps, now);
      return payments.charges;
    };
    await spend(3);
    expect(await sweep(T0)).toBe(0);
    await set();
    expect(await sweep(T0)).toBe(1);
    expect(await wallet()).toMatchObject({ topUp: { declines: 1, pausedUntil: T0 + HOUR }, dueAt: T0 + HOUR });
    expect(await sweep(T0 + HOUR - 1)).toBe(1);
    payments.cards.set(customerId, { id: "pm_2", declines: false });
    expect(await sweep(T0 + HOUR)).toBe(2);
    expect(await wallet()).toMatchObject({ available: 100, topUp: { attempts: 2, open: null }, dueAt: null });
    for (const [again, expected] of [3, 4, 4].entries()) {
      await spend(100, T0 + (2 + again) * HOUR);
      expect(await sweep(T0 + (2 + again) * HOUR)).toBe(expected);
    }
    // Three in a day are the cap: the first of them leaves the day a day after it was made.
    expect(await sweep(T0 + DAY + HOUR - 1)).toBe(4);
    expect(await sweep(T0 + DAY + HOUR)).toBe(5);
    expect(new Set(payments.topUps.keys()).size).toBe(5);
  });

  it.each([true, false])(
    "is charged once when Stripe fails and keeps that under its key, whether it did the work or not: %s",
    async (works) => {
      const { deps, payments, set, spend, wallet } = await customer();
      await set();
      failAndKeep(payments, "chargeSavedCard", { works });
      await spend(2);
      await sweepOutbox(deps, T0);
      expect(await wallet()).toMatchObject({ available: 1 });
      await sweepOutbox(deps, T0 + 120_000);
      expect(payments.charges).toBe(1);
      expect(await wallet()).toMatchObject({ available: 101 });
    },
  );

  it("waits while an account is frozen", async () => {
    const { deps, payments, set, accountId } = await customer();
    await set();
    const operator = { kind: "operator", id: "op" } as const;
    await freezeAccount(deps, operator, { accountId, reason: "to look at it" }, T0);
    await deps.post(
      { accountId, unit: "tokens" },
      { ...spendOf(1), kind: "adjust", direction: "remove", amount: toAmount(3) },
      T0,
    );
    await sweepOutbox(deps, T0);
    expect(payments.charges).toBe(0);
    await unfreezeAccount(deps, operator, { accountId, reason: "it was nothing" }, T0);
    await sweepWallets(deps, T0);
    await sweepOutbox(deps, T0);
    expect(payments.charges).toBe(1);
  });

  it("is switched off by a dispute, and a refund takes its units like those of any payment", async () => {
    const { deps, payments, set, spend, wallet } = await customer();
    await set();
    await spend(3);
    await sweepOutbox(deps, T0);
    const [paid = ""] = [...payments.topUps.keys()];
    const refunds = [{ id: "re_t", status: "succeeded" as const, amountMinor: toAmount(500) }];
    payments.moneyBack.set(paid, { ...NO_MONEY_BACK, refunds });
    await settleMoneyBack(deps, { kind: "refund", id: "re_t" }, T0);
    expect(await wallet()).toMatchObject({ available: 50, topUp: { enabled: true } });
    const disputes = [{ id: "dp_t", state: "open" as const, amountMinor: toAmount(500), fraud: false }];
    payments.moneyBack.set(paid, { ...NO_MONEY_BACK, refunds, disputes });
    await settleMoneyBack(deps, { kind: "dispute", id: "dp_t" }, T0);
    expect(await wallet()).toMatchObject({ available: 0, frozen: 50, topUp: { enabled: false } });
    await sweepOutbox(deps, T0);
    expect(payments.charges).toBe(1);
  });

  it("needs a card, a pack that is sold, and an open account", async () => {
    const { set } = await customer({ card: false });
    expect(await set()).toMatchObject({ ok: false, code: "payment_required" });
    expect(await set({ pack: "nothing" } as Partial<AutoTopUpInput>)).toMatchObject({ code: "pack_unknown" });
    expect(await set({ enabled: false } as Partial<AutoTopUpInput>)).toMatchObject({ ok: true, autoTopUp: null });
  });

  it("of an account whose card is gone counts as a decline", async () => {
    const { deps, payments, set, spend, wallet, customerId } = await customer();
    await set();
    payments.cards.delete(customerId);
    await spend(3);
    await sweepOutbox(deps, T0);
    expect(payments.charges).toBe(0);
    expect(await wallet()).toMatchObject({ topUp: { declines: 1, open: null } });
  });
});
