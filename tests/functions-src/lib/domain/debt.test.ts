import { toAmount } from "../../../../functions-src/lib/domain/amount";
import type { AllocationClock } from "../../../../functions-src/lib/domain/allocation";
import type { Outcome, WalletCommand } from "../../../../functions-src/lib/domain/commands";
import { DAY, MemoryWallet, T0, grantOf, spendOf } from "../../../support/builders";

/** A wallet that may owe 100. */
function owing(clock?: AllocationClock): MemoryWallet {
  const memory = new MemoryWallet();
  const policy = { ...memory.wallet.policy, overdraftLimit: toAmount(100) };
  memory.wallet = { ...memory.wallet, policy, clocks: clock === undefined ? [] : [clock] };
  return memory;
}
const post = (memory: MemoryWallet, command: WalletCommand, at = T0): Outcome =>
  memory.post([command], at).outcomes[0]!;
const spend = (memory: MemoryWallet, amount: number): string => {
  const outcome = post(memory, spendOf(amount));
  if (outcome.kind === "refused") throw new Error(`The spend was refused: ${outcome.refusal.code}`);
  return outcome.entry.id;
};
const pack = (amount: number) => grantOf(amount, { class: "pack" });
const reversal = (entryId: string, amount: number | null = null): WalletCommand => ({
  ...spendOf(1),
  kind: "reverse",
  entryId,
  amount: amount === null ? null : toAmount(amount),
});
const forgiveness = (amount: number | null = null): WalletCommand => ({
  ...spendOf(1),
  kind: "write_off",
  amount: amount === null ? null : toAmount(amount),
});
const clockOf = (overrides: Partial<AllocationClock>): AllocationClock => ({
  subscriptionId: "sub1",
  phase: 1,
  slot: 0,
  calendar: { mode: "anniversary", startAt: T0 + DAY },
  nextAt: T0 + DAY,
  paidUntil: T0 + 2 * DAY,
  terms: {
    units: toAmount(100),
    rollover: { percent: 50, cap: null, periods: 1, totalCap: null },
    costMinor: toAmount(1000),
    currency: "USD",
  },
  ...overrides,
});
const refusalOf = (outcome: Outcome): unknown => (outcome.kind === "refused" ? outcome.refusal : null);

describe("an overdraft that is reversed", () => {
  it("comes back as units where a pack repaid it", () => {
    const memory = owing();
    const entry = spend(memory, 4);
    post(memory, pack(10));
    post(memory, reversal(entry));
    expect(memory.wallet).toMatchObject({ available: 10, debt: 0 });
  });

  it("does not come back where it was written off", () => {
    const memory = owing();
    const entry = spend(memory, 4);
    post(memory, forgiveness());
    expect(refusalOf(post(memory, reversal(entry)))).toMatchObject({ code: "exceeds_spend", reversible: 0 });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 0 });
  });

  it.each([
    ["the older spend's debt was repaid, the younger's forgiven", [4, 0], [4, 0]],
    ["one unit of the older's was repaid, the rest of both forgiven", [1, 0], [1, 0]],
    ["six units were repaid, two of the younger's forgiven", [4, 2], [4, 2]],
  ])(
    "counts what was paid against the oldest debt first: %s",
    (_, [repaid = 0, more = 0], [older = 0, younger = 0]) => {
      const memory = owing();
      const entries = [spend(memory, 4), spend(memory, 4)];
      post(memory, pack(repaid + more));
      post(memory, forgiveness());
      for (const [index, expected] of [older, younger].entries()) {
        expect(refusalOf(post(memory, reversal(entries[index]!, 5)))).toMatchObject({ reversible: expected });
        if (expected > 0) post(memory, reversal(entries[index]!));
      }
      expect(memory.wallet).toMatchObject({ available: older + younger, debt: 0 });
    },
  );

  it("never brings back more than was repaid, in whatever order two spends are reversed", () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const memory = owing();
      const entries = [spend(memory, 4), spend(memory, 4)];
      post(memory, forgiveness(4));
      for (const index of order) post(memory, reversal(entries[index]!));
      expect(memory.wallet).toMatchObject({ available: 0, debt: 0 });
    }
  });

  it("knows of a write-off in the same batch of commands", () => {
    const memory = owing();
    const entry = spend(memory, 4);
    const { outcomes } = memory.post([forgiveness(3), reversal(entry)], T0);
    expect(outcomes[1]).toMatchObject({ kind: "booked", entry: { answer: { amount: 1 } } });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 0 });
  });
});

describe("debt is repaid", () => {
  it("by a pack that was bought ahead, when it begins", () => {
    const memory = owing();
    spend(memory, 30);
    post(memory, { ...pack(20), effectiveAt: T0 + DAY });
    expect(memory.wallet).toMatchObject({ pending: 20, debt: 30 });
    post(memory, grantOf(1), T0 + DAY);
    expect(memory.wallet).toMatchObject({ pending: 0, available: 1, debt: 10 });
  });

  it("by the allocation of a paid invoice, from what would be lost first", () => {
    const memory = owing(clockOf({}));
    spend(memory, 70);
    post(memory, grantOf(1), T0 + DAY);
    expect(memory.wallet).toMatchObject({ available: 31, debt: 0 });
    const repaid = memory.entries.find(({ kind }) => kind === "repay");
    expect(repaid).toMatchObject({
      key: "allocation:sub1:1:0",
      leg: 1,
      receipt: [
        { lotId: expect.stringMatching(/-atRisk$/), amount: 50 },
        { lotId: expect.stringMatching(/-protected$/), amount: 20 },
      ],
    });
  });

  it("neither by what a free plan gives nor by a promo", () => {
    const memory = owing(clockOf({ paidUntil: null }));
    spend(memory, 70);
    post(memory, grantOf(1), T0 + DAY);
    expect(memory.wallet).toMatchObject({ available: 101, debt: 70 });
  });
});
