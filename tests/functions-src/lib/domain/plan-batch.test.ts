import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { onlyWallet, planBatch } from "../../../../functions-src/lib/domain/plan-batch";
import { DEFAULT_POLICY, emptyWallet, type Wallet } from "../../../../functions-src/lib/domain/wallet";
import { DAY, MemoryWallet, T0, grantOf, spendOf } from "../../../support/builders";

const walletWith = (overrides: Partial<Wallet>): Wallet => ({
  ...emptyWallet({ accountId: "acc", unit: "tokens" }),
  ...overrides,
});

describe("a batch on one wallet", () => {
  it("takes units in burn order and says which lots paid", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(5, { class: "pack" }), grantOf(4, { expiresAt: T0 + DAY })], T0);
    const { outcomes } = memory.post([spendOf(6)], T0 + 1);
    expect(outcomes[0]).toMatchObject({
      kind: "booked",
      entry: {
        seq: 3,
        receipt: [
          { lotId: "acc:tokens:lot-0000000000000002", class: "promo", amount: 4 },
          { lotId: "acc:tokens:lot-0000000000000001", class: "pack", amount: 2 },
        ],
        balanceAfter: { available: 3 },
        postings: [
          { account: "available", amount: -6 },
          { account: "spent", amount: 6 },
        ],
      },
    });
  });

  it("refuses what the lots do not cover, with the missing number, and books nothing", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(3)], T0);
    const plan = memory.post([spendOf(5)], T0);
    expect(plan.changes).toBeNull();
    expect(plan.outcomes[0]).toMatchObject({
      kind: "refused",
      refusal: { ok: false, code: "insufficient_tokens", missing: 2, available: 3, retryable: false },
    });
  });

  it("decides commands in their order, so a later smaller spend may pass where an earlier one was refused", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(3)], T0);
    const { outcomes } = memory.post([spendOf(2), spendOf(2), spendOf(1)], T0);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["booked", "refused", "booked"]);
  });

  it("answers the second command of one key with the first, or with key_reused", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(10)], T0);
    const { outcomes } = memory.post(
      [spendOf(1, { key: "k" }), spendOf(1, { key: "k" }), spendOf(2, { key: "k" })],
      T0,
    );
    expect(outcomes[1]).toMatchObject({ kind: "booked", replayed: true });
    expect(outcomes[2]).toMatchObject({ kind: "refused", refusal: { code: "key_reused" } });
    expect(memory.wallet.available).toBe(9);
  });

  it("keeps equal keys of different scopes apart", () => {
    const memory = new MemoryWallet();
    const client = spendOf(1, { key: "k" });
    const system = { ...client, identity: { ...client.identity, scope: "system" as const } };
    memory.post([grantOf(10)], T0);
    const { outcomes } = memory.post([client, system], T0);
    expect(outcomes.map((outcome) => outcome.kind === "booked" && outcome.replayed)).toEqual([false, false]);
  });

  it("never lets time go back: a clock that lags books at the wallet's last time", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(3)], T0 + 1000);
    const { outcomes } = memory.post([spendOf(1)], T0);
    expect(outcomes[0]).toMatchObject({ entry: { at: T0 + 1000, recordedAt: T0 + 1000 } });
  });

  it("uses a scoped lot for its features only, and first", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(5, { scope: ["chat"] }), grantOf(5)], T0);
    const { outcomes } = memory.post([spendOf(6), spendOf(6, { feature: "chat" })], T0);
    expect(outcomes[0]).toMatchObject({ refusal: { code: "insufficient_tokens", available: 5, missing: 1 } });
    expect(outcomes[1]).toMatchObject({ entry: { receipt: [{ amount: 5 }, { amount: 1 }] } });
  });

  it("refuses a grant past the largest amount and keeps the balance", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(Number.MAX_SAFE_INTEGER)], T0);
    const { outcomes } = memory.post([grantOf(1)], T0);
    expect(outcomes[0]).toMatchObject({ refusal: { code: "balance_limit" } });
    expect(memory.wallet.available).toBe(Number.MAX_SAFE_INTEGER);
  });

  const blocking = { ...DEFAULT_POLICY, blockInDebt: true };
  // Each row repairs one more defect; the refusal is always that of the first defect left.
  const defects: readonly [string, Partial<Wallet>][] = [
    ["account_closed", { gate: "closed", policy: blocking, debt: toAmount(5) }],
    ["account_suspended", { gate: "suspended", policy: blocking, debt: toAmount(5) }],
    ["wallet_frozen", { gate: "frozen", policy: blocking, debt: toAmount(5) }],
    ["in_debt", { gate: "open", policy: blocking, debt: toAmount(5) }],
    ["insufficient_tokens", { gate: "open", policy: DEFAULT_POLICY, debt: toAmount(5) }],
  ];
  it.each(defects)("refuses a spend with %s before any later defect", (code, overrides) => {
    const { outcomes } = planBatch(onlyWallet(walletWith(overrides)), [spendOf(1)], T0);
    expect(outcomes[0]).toMatchObject({ kind: "refused", refusal: { code } });
  });

  it("grants to a closed wallet, because money that came in is never lost", () => {
    const { outcomes } = planBatch(onlyWallet(walletWith({ gate: "closed" })), [grantOf(5)], T0);
    expect(outcomes[0]).toMatchObject({ kind: "booked", entry: { balanceAfter: { available: 5 } } });
  });
});

describe("settling before an operation", () => {
  it("books the end of a lot at its instant, with the later time as recorded time", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(5, { expiresAt: T0 + DAY }), grantOf(2)], T0);
    const { outcomes } = memory.post([spendOf(3)], T0 + 2 * DAY);
    expect(outcomes[0]).toMatchObject({ refusal: { code: "insufficient_tokens", available: 2 } });
    expect(memory.entries[2]).toMatchObject({
      kind: "expire",
      scope: "system",
      at: T0 + DAY,
      recordedAt: T0 + 2 * DAY,
      balanceAfter: { available: 2 },
    });
  });

  it("treats a lot as gone at the instant of its end and as there at the instant of its start", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(5, { expiresAt: T0 + DAY }), grantOf(7, { effectiveAt: T0 + DAY })], T0);
    expect(memory.wallet).toMatchObject({ available: 5, pending: 7 });
    const { outcomes } = memory.post([spendOf(7)], T0 + DAY);
    expect(outcomes[0]).toMatchObject({ kind: "booked" });
    expect(memory.entries.map(({ kind }) => kind)).toEqual(
      ["grant", "grant", "activate", "expire", "spend"].sort((a, b) => order(a) - order(b)),
    );
  });

  it("books nothing twice", () => {
    const memory = new MemoryWallet();
    memory.post([grantOf(5, { effectiveAt: T0 + 1, expiresAt: T0 + DAY })], T0);
    for (let turn = 0; turn < 3; turn += 1) memory.post([spendOf(100)], T0 + 2 * DAY);
    expect(memory.entries.map(({ kind }) => kind)).toEqual(["grant", "activate", "expire"]);
  });
});

/** At one instant what burns first is booked first: the ending lot precedes the endless one. */
function order(kind: string): number {
  return ["grant", "expire", "activate", "spend"].indexOf(kind);
}
