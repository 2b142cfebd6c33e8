import fc from "fast-check";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { inBurnOrder, burnKey } from "../../../../functions-src/lib/domain/burn-key";
import type { WalletCommand } from "../../../../functions-src/lib/domain/commands";
import { compareFold, foldEntry, startFold } from "../../../../functions-src/lib/domain/fold-ledger";
import { isEligible, type LotClass } from "../../../../functions-src/lib/domain/lot";
import { EMBEDDED_LOTS } from "../../../../functions-src/lib/domain/wallet";
import { MemoryWallet, T0, grantOf, spendOf, testHashOf } from "../../../support/builders";

const HOUR = 3_600_000;
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const features = fc.constantFrom(null, "chat", "image");
const grants = fc.record({
  amount: fc.integer({ min: 1, max: 40 }),
  class: fc.constantFrom<LotClass>("promo", "allocation", "pack"),
  priority: fc.constantFrom(10, 50, 90),
  scope: fc.constantFrom(null, null, ["chat"], ["chat", "image"]),
  startsIn: fc.constantFrom(null, null, 1, 5),
  lives: fc.constantFrom(null, 2, 8, 30),
  cost: fc.integer({ min: 0, max: 50 }),
});
const spends = fc.record({ amount: fc.integer({ min: 1, max: 60 }), feature: features });
const steps = fc.array(
  fc.record({
    hours: fc.integer({ min: 0, max: 4 }),
    commands: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: grants.map((grant) => ({ grant })) },
        { weight: 2, arbitrary: spends.map((spend) => ({ spend })) },
      ),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  { minLength: 1, maxLength: 30 },
);

type Step = { grant: ReturnType<typeof toGrant> } | { spend: { amount: number; feature: string | null } };
const toGrant = (grant: { amount: number }): { amount: number } => grant;

function toCommand(step: Step, now: number): WalletCommand {
  if ("spend" in step) return spendOf(step.spend.amount, { feature: step.spend.feature });
  const {
    amount,
    class: lotClass,
    priority,
    scope,
    startsIn,
    lives,
    cost,
  } = step.grant as unknown as {
    amount: number;
    class: LotClass;
    priority: number;
    scope: string[] | null;
    startsIn: number | null;
    lives: number | null;
    cost: number;
  };
  const effectiveAt = startsIn === null ? null : now + startsIn * HOUR;
  return grantOf(amount, {
    class: lotClass,
    priority,
    scope,
    effectiveAt,
    expiresAt: lives === null ? null : (effectiveAt ?? now) + lives * HOUR,
    costMinor: toAmount(cost),
    currency: cost === 0 ? null : "USD",
  });
}

describe("laws of a wallet", () => {
  it(`hold for random histories (${RUNS} runs)`, () => {
    fc.assert(
      fc.property(steps, (history) => {
        const memory = new MemoryWallet();
        let now = T0;
        for (const { hours, commands } of history) {
          now += hours * HOUR;
          const before = [...memory.wallet.lots, ...memory.waiting.values()];
          const plan = memory.post(
            commands.map((step) => toCommand(step as unknown as Step, now)),
            now,
          );
          const { wallet } = memory;
          const open = [...wallet.lots, ...memory.waiting.values()];

          // The balances are the lots, and no lot is below zero or above its grant.
          const sum = open.reduce((total, lot) => total + lot.remaining, 0);
          expect(wallet.available + wallet.pending + wallet.frozen).toBe(sum);
          for (const lot of open) expect(lot.remaining > 0 && lot.remaining <= lot.granted).toBe(true);

          // At most 16 lots are embedded, and every one precedes every waiting lot.
          expect(wallet.lots.length).toBeLessThanOrEqual(EMBEDDED_LOTS);
          const lastInside = wallet.lots.map(burnKey).sort().pop() ?? "";
          for (const lot of memory.waiting.values()) expect(lastInside < burnKey(lot)).toBe(true);
          expect(wallet.waiting.count).toBe(memory.waiting.size);

          // A refusal for want of tokens is true: the eligible lots really held less.
          plan.outcomes.forEach((outcome, index) => {
            const command = commands[index] as unknown as Step;
            if (outcome.kind !== "refused" || !("spend" in command) || index > 0) return;
            const eligible = before
              .map((lot) => ({ ...lot, pending: lot.pending && lot.effectiveAt > now }))
              .filter((lot) => isEligible(lot, { at: now, feature: command.spend.feature }));
            const held = eligible.reduce((total, lot) => total + lot.remaining, 0);
            if (outcome.refusal.code === "insufficient_tokens") expect(held).toBe(outcome.refusal["available"]);
          });
        }

        // The fold of the ledger is the wallet.
        let fold = startFold(memory.wallet);
        for (const entry of memory.entries) {
          const step = foldEntry(fold, entry, testHashOf);
          expect(step.problems).toEqual([]);
          fold = step.fold;
        }
        expect(compareFold(fold, memory.wallet, [...memory.waiting.values()])).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it("spends from a hundred lots exactly as from one list in burn order", () => {
    const memory = new MemoryWallet();
    const lots = Array.from({ length: 100 }, (_, index) => ({ amount: 1 + (index % 7), priority: (index * 37) % 101 }));
    for (const { amount, priority } of lots) memory.post([grantOf(amount, { priority })], T0);
    const all = inBurnOrder([...memory.wallet.lots, ...memory.waiting.values()]);
    const total = all.reduce((sum, lot) => sum + lot.remaining, 0);
    const burned: string[] = [];
    for (let left = total; left > 0; left -= 1) {
      const { outcomes } = memory.post([spendOf(1)], T0);
      const outcome = outcomes[0];
      if (outcome?.kind !== "booked") throw new Error(`refused with ${left} units left`);
      burned.push(outcome.entry.receipt[0]!.lotId);
    }
    expect(burned).toEqual(all.flatMap((lot) => Array.from({ length: lot.remaining }, () => lot.id)));
    expect(memory.wallet).toMatchObject({ available: 0, lots: [], waiting: { count: 0, remaining: 0 } });
  });
});
