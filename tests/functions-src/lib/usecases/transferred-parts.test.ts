import fc from "fast-check";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import type { TransferCommand } from "../../../../functions-src/lib/domain/commands";
import { type MoneyBack, NO_MONEY_BACK } from "../../../../functions-src/lib/domain/money-back";
import { convergePayment } from "../../../../functions-src/lib/usecases/settle-money-back";
import { reportRefunds } from "../../../../functions-src/lib/usecases/report-refunds";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import { T0, authorizeOf, grantOf, spendOf } from "../../../support/builders";
import { packPayment } from "../../../support/buyer";
import { FakePayments, depsOver } from "../../../support/deps";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

const unit = "tokens";
let test: TestDatabase;
let count = 0;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

/** An account that bought 1,000 units for 4,900, and two others of the same owner. */
async function newFamily() {
  const deps = depsOver(test.database, new FakePayments());
  const name = `family${(count += 1)}`;
  const [payer, second, third] = [`${name}a`, `${name}b`, `${name}c`] as const;
  const cause = `pack:cs_${name}`;
  const payment = packPayment({ accountId: payer, cause, stripePaymentIntentId: `pi_${name}` });
  const bought = { class: "pack", costMinor: toAmount(4900), currency: "USD", payment } as const;
  await deps.post({ accountId: payer, unit }, grantOf(1000, { ...bought, cause: { kind: "pack", id: cause } }), T0);
  for (const accountId of [payer, second, third]) {
    const policy = { transfers: true, transferWaitDays: 0 };
    await deps.wallets.changeSettings({ accountId, unit }, { policy });
  }
  return {
    payer,
    second,
    third,
    move: (from: string, to: string, amount: number) => {
      const { use: _use, feature: _feature, ...base } = spendOf(amount);
      const command: TransferCommand = { ...base, kind: "transfer", to: { accountId: to, unit }, sameOwner: true };
      return deps.post({ accountId: from, unit }, command, T0);
    },
    spend: (accountId: string, amount: number) => deps.post({ accountId, unit }, spendOf(amount), T0),
    hold: (accountId: string, amount: number) => deps.post({ accountId, unit }, authorizeOf(amount), T0),
    give: (accountId: string, amount: number) => deps.post({ accountId, unit }, grantOf(amount), T0),
    /** What Stripe says now. */
    hear: (money: Partial<MoneyBack>) => {
      deps.payments.moneyBack.set(`pi_${name}`, { ...NO_MONEY_BACK, ...money });
      return convergePayment(deps, { accountId: payer, cause }, T0);
    },
    balances: async (...accounts: readonly string[]) => {
      const wallets = await Promise.all(accounts.map((accountId) => deps.wallets.loadWallet({ accountId, unit })));
      return wallets.map((wallet) => [wallet?.available ?? 0, wallet?.frozen ?? 0, wallet?.debt ?? 0]);
    },
    taken: async () => (await deps.paymentRecords.find(payer, cause))?.unitsTaken,
    reported: async () => {
      const operator = { kind: "operator", id: "op" } as const;
      const answer = await reportRefunds(deps, operator, { kind: "refunds", from: T0, to: T0 + 1, format: "json" });
      return "lines" in answer ? answer.lines.find(({ paymentId }) => paymentId === cause) : undefined;
    },
    clawed: async (accountId: string) => {
      const entries = await deps.wallets.listOldest({
        wallet: { id: `${accountId}:${unit}`, accountId },
        afterSeq: 0,
        limit: 200,
      });
      return entries.flatMap(({ postings }) => postings).reduce(takenBack, 0);
    },
    verify: async () => {
      for (const accountId of [payer, second, third]) {
        expect(await verifyLedger(deps, { accountId })).toMatchObject({ ok: true, problems: [] });
      }
    },
  };
}
const takenBack = (sum: number, { account, amount }: { readonly account: string; readonly amount: number }): number =>
  account === "takenBack" ? sum + amount : sum;
const refunds = (amountMinor: number, status: "succeeded" | "failed" = "succeeded") => [
  { id: "re_1", status, amountMinor: toAmount(amountMinor) },
];
const disputes = (state: "open" | "closed") => [
  { id: "dp_1", state, amountMinor: toAmount(4900), fraud: false } as const,
];

describe("parts of a payment that were transferred", () => {
  it("are taken after the payer's own units and before anything becomes debt, and come back when the refund fails", async () => {
    const family = await newFamily();
    const { payer, second } = family;
    await family.move(payer, second, 400);
    await family.spend(payer, 500);
    await family.hear({ refunds: refunds(4900) });
    expect(await family.balances(payer, second)).toEqual([
      [0, 0, 500],
      [0, 0, 0],
    ]);
    expect(await family.taken()).toBe(1000);
    await family.hear({ refunds: refunds(4900, "failed") });
    expect(await family.balances(payer, second)).toEqual([
      [100, 0, 0],
      [400, 0, 0],
    ]);
    await family.verify();
  });

  it("stay where they are while the payer's own units cover what goes back", async () => {
    const family = await newFamily();
    await family.move(family.payer, family.second, 400);
    await family.hear({ refunds: refunds(2450) });
    expect(await family.balances(family.payer, family.second)).toEqual([
      [100, 0, 0],
      [400, 0, 0],
    ]);
    await family.verify();
  });

  it("are found wherever they went on to, and what was given there besides stays", async () => {
    const family = await newFamily();
    const { payer, second, third } = family;
    await family.move(payer, second, 700);
    await family.move(second, third, 300);
    await family.give(third, 7);
    await family.hear({ refunds: refunds(4900) });
    expect(await family.balances(payer, second, third)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [7, 0, 0],
    ]);
    expect(await Promise.all([payer, second, third].map(family.clawed))).toEqual([300, 400, 300]);
    await family.verify();
  });

  it("are all there is to take, or to give back, when the payer kept none", async () => {
    const family = await newFamily();
    const { payer, second } = family;
    await family.move(payer, second, 1000);
    await family.hear({ refunds: refunds(2450) });
    expect(await family.balances(payer, second)).toEqual([
      [0, 0, 0],
      [500, 0, 0],
    ]);
    expect(await family.taken()).toBe(500);
    await family.hear({ refunds: refunds(2450, "failed") });
    expect(await family.balances(payer, second)).toEqual([
      [0, 0, 0],
      [1000, 0, 0],
    ]);
    expect(await family.taken()).toBe(0);
    await family.verify();
  });

  it("freeze and thaw with the payer's own while a dispute is open", async () => {
    const family = await newFamily();
    const { payer, second } = family;
    await family.move(payer, second, 400);
    await family.give(second, 10);
    await family.hear({ disputes: disputes("open") });
    expect(await family.balances(payer, second)).toEqual([
      [0, 600, 0],
      [10, 400, 0],
    ]);
    expect(await family.spend(second, 11)).toMatchObject({ refusal: { code: "insufficient_tokens", missing: 1 } });
    await family.hear({ disputes: disputes("closed") });
    expect(await family.balances(payer, second)).toEqual([
      [600, 0, 0],
      [410, 0, 0],
    ]);
    await family.verify();
  });

  it("that are held or spent there are the payer's debt", async () => {
    const family = await newFamily();
    const { payer, second } = family;
    await family.move(payer, second, 400);
    await family.hold(second, 150);
    await family.spend(second, 100);
    await family.hear({ refunds: refunds(4900) });
    expect(await family.balances(payer, second)).toEqual([
      [0, 0, 250],
      [0, 0, 0],
    ]);
    await family.verify();
  });

  it("end as the claims say after whatever happened, and whole when nothing is claimed any more", async () => {
    const account = fc.constantFrom(0, 1, 2);
    const amount = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(1000));
    const turn = fc.oneof(
      fc.record({ kind: fc.constant("move" as const), from: account, to: account, amount }),
      fc.record({ kind: fc.constant("spend" as const), from: account, amount }),
      fc.record({ kind: fc.constant("refund" as const), amountMinor: fc.integer({ min: 0, max: 4900 }) }),
      fc.record({ kind: fc.constant("dispute" as const), state: fc.constantFrom("open" as const, "closed" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 4, maxLength: 12 }), async (turns) => {
        const family = await newFamily();
        const accounts = [family.payer, family.second, family.third];
        const name = (index: number): string => accounts[index] ?? family.payer;
        let money: Partial<MoneyBack> = {};
        let spent = 0;
        for (const step of turns) {
          if (step.kind === "move") await family.move(name(step.from), name(step.to), step.amount);
          else if (step.kind === "spend") {
            const outcome = await family.spend(name(step.from), step.amount);
            if (outcome.kind === "booked") spent += step.amount;
          } else {
            money =
              step.kind === "refund"
                ? { ...money, refunds: refunds(step.amountMinor) }
                : { ...money, disputes: disputes(step.state) };
            await family.hear(money);
          }
          const clawed = await Promise.all(accounts.map(family.clawed));
          const taken = await family.taken();
          expect(clawed.reduce((sum, units) => sum + units, 0)).toBe(taken);
          const line = await family.reported();
          expect((line?.unitsRecovered ?? 0) + (line?.unitsUnrecovered ?? 0)).toBe(taken);
        }
        await family.hear({});
        const balances = await family.balances(...accounts);
        expect(balances.map(([, frozen]) => frozen)).toEqual([0, 0, 0]);
        expect(balances.reduce((sum, [free = 0, , debt = 0]) => sum + free - debt, 0)).toBe(1000 - spent);
        await family.verify();
      }),
      { numRuns: 40, seed: 11 },
    );
  }, 120_000);
});
