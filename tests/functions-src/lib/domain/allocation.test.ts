import { toAmount } from "../../../../functions-src/lib/domain/amount";
import type { AllocationClock } from "../../../../functions-src/lib/domain/allocation";
import { DAY, MemoryWallet, spendOf } from "../../../support/builders";

const START = Date.UTC(2026, 0, 31);
const month = (index: number, day: number): number => Date.UTC(2026, index, day);

function withClock(
  overrides: Partial<AllocationClock> = {},
  terms: Partial<AllocationClock["terms"]> = {},
): MemoryWallet {
  const memory = new MemoryWallet();
  const clock: AllocationClock = {
    subscriptionId: "sub1",
    phase: 1,
    slot: 0,
    calendar: { mode: "anniversary", startAt: START },
    nextAt: START,
    paidUntil: null,
    terms: {
      units: toAmount(200),
      rollover: { percent: 50, cap: null, periods: 1, totalCap: null },
      costMinor: toAmount(2000),
      currency: "USD",
      ...terms,
    },
    ...overrides,
  };
  memory.wallet = { ...memory.wallet, clocks: [clock] };
  return memory;
}
const look = (memory: MemoryWallet, at: number): number => {
  memory.post([spendOf(1_000_000)], at);
  return memory.wallet.available;
};

describe("monthly allocations", () => {
  it("are made by whoever comes first, once per slot, at month ends computed from the start", () => {
    const memory = withClock({}, { rollover: null });
    for (const at of [START, START, month(1, 28), month(1, 28), month(2, 31), month(3, 30)]) look(memory, at);
    const grants = memory.entries.filter(({ kind }) => kind === "grant");
    expect(grants.map(({ key, at }) => [key, new Date(at).toISOString().slice(0, 10)])).toEqual([
      ["allocation:sub1:1:0", "2026-01-31"],
      ["allocation:sub1:1:1", "2026-02-28"],
      ["allocation:sub1:1:2", "2026-03-31"],
      ["allocation:sub1:1:3", "2026-04-30"],
    ]);
    expect(memory.wallet.available).toBe(200);
  });

  // 200 units, half of them carried for one period.
  it.each([
    [50, 300],
    [150, 250],
    [0, 300],
    [200, 200],
  ])("after %d of 200 were used the next month begins with %d", (used, expected) => {
    const memory = withClock();
    look(memory, START);
    if (used > 0) memory.post([spendOf(used)], START + DAY);
    expect(look(memory, month(1, 28))).toBe(expected);
    expect(look(memory, month(2, 31))).toBe(300);
  });

  it("spend first what would be lost first", () => {
    const memory = withClock();
    look(memory, START);
    const { outcomes } = memory.post([spendOf(120)], START + DAY);
    const receipt = outcomes[0]?.kind === "booked" ? outcomes[0].entry.receipt : [];
    expect(receipt.map(({ lotId, amount }) => [lotId.split("-").pop(), amount])).toEqual([
      ["atRisk", 100],
      ["protected", 20],
    ]);
  });

  it("carry at most the cap, and split the cost without making any", () => {
    const memory = withClock(
      {},
      {
        units: toAmount(101),
        rollover: { percent: 50, cap: toAmount(33), periods: 2, totalCap: null },
        costMinor: toAmount(1000),
      },
    );
    look(memory, START);
    const lots = [...memory.lots.values()];
    expect(lots.map(({ part, granted }) => [part, granted])).toEqual([
      ["protected", 33],
      ["atRisk", 68],
    ]);
    expect(lots.reduce((sum, lot) => sum + lot.costMinor, 0)).toBeLessThanOrEqual(1000);
    expect(lots.find(({ part }) => part === "protected")?.expiresAt).toBe(month(3, 30));
  });

  it("hold together at most the total cap when they live for several slots, the oldest ending first", () => {
    const memory = withClock(
      {},
      { units: toAmount(100), rollover: { percent: 50, cap: null, periods: 3, totalCap: toAmount(120) } },
    );
    const carried = [START, month(1, 28), month(2, 31), month(3, 30)].map((at) => {
      look(memory, at);
      return memory.wallet.lots
        .filter(({ id }) => id.endsWith("-protected"))
        .reduce((sum, lot) => sum + lot.remaining, 0);
    });
    expect(carried).toEqual([50, 100, 120, 120]);
    const excess = memory.entries.filter(({ key }) => key.startsWith("excess:"));
    expect(excess.map(({ receipt }) => receipt.map(({ amount }) => amount))).toEqual([[30], [20, 30]]);
    expect(memory.wallet.available).toBe(120 + 50);
  });

  it("stop where they are not paid, and go on when they are", () => {
    const memory = withClock({ paidUntil: month(1, 28) }, { rollover: null });
    expect(look(memory, month(2, 31))).toBe(0);
    expect(memory.entries.map(({ kind }) => kind)).toEqual(["grant", "expire"]);
    const [clock] = memory.wallet.clocks;
    memory.wallet = { ...memory.wallet, clocks: [{ ...clock!, paidUntil: month(3, 30) }] };
    expect(look(memory, month(2, 31) + DAY)).toBe(200);
  });

  it("give the same ledger to a wallet that slept for a year as to one that was looked at every day", () => {
    const [asleep, awake] = [withClock(), withClock()];
    const end = START + 365 * DAY;
    for (let at = START; at < end; at += DAY) look(awake, at);
    for (const memory of [asleep, awake]) look(memory, end);
    const story = (memory: MemoryWallet) =>
      memory.entries.map(({ kind, at, receipt, balanceAfter }) => ({ kind, at, receipt, balanceAfter }));
    expect(story(asleep)).toEqual(story(awake));
  });
});
