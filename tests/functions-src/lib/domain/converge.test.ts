import { toAmount } from "../../../../functions-src/lib/domain/amount";
import type { Outcome, WalletCommand } from "../../../../functions-src/lib/domain/commands";
import { NO_MONEY_BACK, claimsOf, type MoneyBack } from "../../../../functions-src/lib/domain/money-back";
import { DAY, MemoryWallet, T0, authorizeOf, grantOf, spendOf } from "../../../support/builders";
import { packPayment } from "../../../support/buyer";

const CAUSE = "pack:cs_1";
const post = (memory: MemoryWallet, command: WalletCommand, at = T0): Outcome =>
  memory.post([command], at).outcomes[0]!;

/** A wallet with a pack of 1,000 units for 4,900. */
function bought(overrides: { readonly units?: number; readonly expiresAt?: number } = {}): MemoryWallet {
  const memory = new MemoryWallet();
  const units = toAmount(overrides.units ?? 1000);
  const payment = packPayment({ accountId: "acc", cause: CAUSE, unitsGranted: units });
  const cause = { kind: "pack", id: CAUSE };
  const terms = {
    class: "pack",
    costMinor: toAmount(4900),
    currency: "USD",
    expiresAt: overrides.expiresAt ?? null,
  } as const;
  post(memory, grantOf(units, { ...terms, cause, payment }));
  return memory;
}

let keys = 0;
function converge(memory: MemoryWallet, money: Partial<MoneyBack>, at = T0): Outcome {
  const claims = claimsOf(memory.payments.get(CAUSE)!, { ...NO_MONEY_BACK, ...money }, at);
  const key = `converge-${(keys += 1)}`;
  const identity = { scope: "system", key, fingerprint: key } as const;
  return post(memory, { ...spendOf(1), identity, kind: "converge", cause: CAUSE, claims }, at);
}
const refund = (id: string, amountMinor: number, status: MoneyBack["refunds"][number]["status"] = "succeeded") => ({
  id,
  status,
  amountMinor: toAmount(amountMinor),
});
const dispute = (state: MoneyBack["disputes"][number]["state"], amountMinor = 4900, id = "dp_1") => ({
  id,
  state,
  amountMinor: toAmount(amountMinor),
  fraud: false,
});
const spend = (memory: MemoryWallet, amount: number, at = T0): string => {
  const outcome = post(memory, spendOf(amount), at);
  if (outcome.kind === "refused") throw new Error(`The spend was refused: ${outcome.refusal.code}`);
  return outcome.entry.id;
};
const kindsOf = (memory: MemoryWallet): readonly string[] => memory.entries.map(({ kind }) => kind);

describe("a refund", () => {
  it("takes the share of all refunds so far, rounded up on the sum", () => {
    const memory = bought();
    converge(memory, { refunds: [refund("re_1", 1225)] });
    expect(memory.wallet).toMatchObject({ available: 750 });
    converge(memory, { refunds: [refund("re_1", 1225), refund("re_2", 1225)] });
    expect(memory.wallet).toMatchObject({ available: 500, debt: 0 });
    expect(memory.payments.get(CAUSE)).toMatchObject({ unitsTaken: 500, returnedMinor: 2450, revision: 2 });
  });

  it("never loses or makes a unit by rounding: three thirds take all", () => {
    const memory = bought({ units: 10_000 });
    const refunds = [refund("re_1", 1634), refund("re_2", 1633), refund("re_3", 1633)];
    for (const count of [1, 2, 3]) converge(memory, { refunds: refunds.slice(0, count) });
    expect(memory.wallet.available).toBe(0);
    expect(memory.entries.filter(({ kind }) => kind === "clawback").map(({ answer }) => answer["amount"])).toEqual([
      3335, 3333, 3332,
    ]);
  });

  it("of what was spent is debt", () => {
    const memory = bought();
    spend(memory, 1000);
    converge(memory, { refunds: [refund("re_1", 4900)] });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 1000 });
  });

  it("never touches promos, nor later packs unless the policy says so", () => {
    const memory = bought();
    spend(memory, 1000);
    post(memory, grantOf(5));
    post(memory, grantOf(30, { class: "pack" }), T0 + DAY);
    memory.wallet = { ...memory.wallet, policy: { ...memory.wallet.policy, clawbackFromLaterLots: true } };
    converge(memory, { refunds: [refund("re_1", 490)] }, T0 + DAY);
    expect(memory.wallet).toMatchObject({ available: 5, debt: 70 });
  });

  it("that fails gives back exactly what it took, debt first, then to the same lots", () => {
    const memory = bought();
    spend(memory, 400);
    converge(memory, { refunds: [refund("re_1", 4900, "pending")] });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 400 });
    converge(memory, { refunds: [refund("re_1", 4900, "failed")] });
    expect(memory.wallet).toMatchObject({ available: 600, debt: 0, claims: [] });
    expect(memory.wallet.lots.map(({ rootCause, remaining }) => [rootCause, remaining])).toEqual([[CAUSE, 600]]);
  });

  it("gives back no unit of a debt that was forgiven meanwhile, and asks for it only once", () => {
    const memory = bought();
    spend(memory, 1000);
    converge(memory, { refunds: [refund("re_1", 2450), refund("re_2", 2450)] });
    post(memory, { ...spendOf(1), kind: "write_off", amount: toAmount(400) });
    converge(memory, { refunds: [refund("re_1", 2450), refund("re_2", 2450, "failed")] });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 100 });
    converge(memory, { refunds: [refund("re_1", 2450, "failed"), refund("re_2", 2450, "failed")] });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 0 });
    expect(memory.payments.get(CAUSE)).toMatchObject({ unitsTaken: 0 });
  });

  it("leaves held units alone; those that come back pay the debt first", () => {
    const memory = bought();
    const held = post(memory, authorizeOf(300));
    const holdId = held.kind === "booked" ? String(held.entry.answer["holdId"]) : "";
    converge(memory, { refunds: [refund("re_1", 4900)] });
    expect(memory.wallet).toMatchObject({ available: 0, held: 300, debt: 300 });
    post(memory, { ...spendOf(1), kind: "capture", holdId, amount: toAmount(100) });
    expect(memory.wallet).toMatchObject({ available: 0, held: 0, debt: 100, claims: [{ owed: 100 }] });
  });

  it("lets units of a reversed spend pay what is still owed for them", () => {
    const memory = bought();
    const entryId = spend(memory, 1000);
    converge(memory, { refunds: [refund("re_1", 4900)] });
    post(memory, { ...spendOf(1), kind: "reverse", entryId, amount: toAmount(250) });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 750 });
  });

  it("is refused as busy when the payment changed since the decision", () => {
    const memory = bought();
    const stale = claimsOf(memory.payments.get(CAUSE)!, { ...NO_MONEY_BACK, refunds: [refund("re_1", 4900)] }, T0);
    converge(memory, { refunds: [refund("re_1", 490)] });
    const identity = { scope: "system", key: "stale", fingerprint: "stale" } as const;
    expect(post(memory, { ...spendOf(1), identity, kind: "converge", cause: CAUSE, claims: stale })).toMatchObject({
      kind: "refused",
      refusal: { code: "contention" },
    });
    expect(memory.wallet.available).toBe(900);
  });
});

describe("a dispute", () => {
  it("as an inquiry does nothing to a wallet", () => {
    const memory = bought();
    const claims = claimsOf(memory.payments.get(CAUSE)!, { ...NO_MONEY_BACK, disputes: [dispute("inquiry")] }, T0);
    expect(claims).toMatchObject({ unitsTaken: 0, frozenBy: [] });
  });

  it("freezes the rest of its lots; a win thaws them unit for unit", () => {
    const memory = bought();
    post(memory, grantOf(5));
    spend(memory, 105);
    converge(memory, { disputes: [dispute("open")] });
    expect(memory.wallet).toMatchObject({ available: 0, frozen: 900 });
    expect(post(memory, spendOf(1))).toMatchObject({ kind: "refused", refusal: { missing: 1 } });
    converge(memory, { disputes: [dispute("closed")] });
    expect(memory.wallet).toMatchObject({ available: 900, frozen: 0, claims: [] });
    expect(kindsOf(memory).slice(-2)).toEqual(["freeze", "thaw"]);
  });

  it("that is lost takes the disputed share and thaws the rest; a late win restores exactly that", () => {
    const memory = bought();
    spend(memory, 300);
    converge(memory, { disputes: [dispute("open", 2450)] });
    converge(memory, { disputes: [dispute("lost", 2450)] });
    expect(memory.wallet).toMatchObject({ available: 200, frozen: 0, debt: 0 });
    converge(memory, { disputes: [dispute("closed", 2450)] });
    expect(memory.wallet).toMatchObject({ available: 700, debt: 0 });
    converge(memory, { disputes: [dispute("lost", 2450)] });
    expect(memory.wallet).toMatchObject({ available: 200 });
  });

  it("together with a refund never takes more than was granted", () => {
    const memory = bought();
    converge(memory, { refunds: [refund("re_1", 4000)], disputes: [dispute("lost", 4900)] });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 0 });
    expect(memory.payments.get(CAUSE)).toMatchObject({ unitsTaken: 1000, returnedMinor: 4000, disputedMinor: 4900 });
  });

  it("keeps a frozen lot from ending; thawed after its end it goes on with the life it lost", () => {
    const memory = bought({ expiresAt: T0 + 10 * DAY });
    converge(memory, { disputes: [dispute("open")] }, T0 + 4 * DAY);
    post(memory, grantOf(1), T0 + 30 * DAY);
    expect(memory.wallet).toMatchObject({ available: 1, frozen: 1000 });
    converge(memory, { disputes: [dispute("closed")] }, T0 + 40 * DAY);
    expect(memory.wallet).toMatchObject({ available: 1001, frozen: 0 });
    expect(memory.wallet.lots.find(({ rootCause }) => rootCause === CAUSE)).toMatchObject({
      remaining: 1000,
      effectiveAt: T0 + 40 * DAY,
      expiresAt: T0 + 46 * DAY,
    });
  });

  it("restores a clawed lot that ended meanwhile with the life it lost since the freeze", () => {
    const memory = bought({ expiresAt: T0 + 10 * DAY });
    converge(memory, { disputes: [dispute("open")] }, T0 + 4 * DAY);
    converge(memory, { disputes: [dispute("lost")] }, T0 + 20 * DAY);
    expect(memory.wallet).toMatchObject({ available: 0, frozen: 0, debt: 0, lots: [] });
    converge(memory, { disputes: [dispute("closed")] }, T0 + 50 * DAY);
    expect(memory.wallet.lots).toMatchObject([{ remaining: 1000, expiresAt: T0 + 56 * DAY, rootCause: CAUSE }]);
  });

  it("freezes units that come back to its lots later too, and a pending lot when it begins", () => {
    const memory = bought();
    const held = post(memory, authorizeOf(1000));
    const holdId = held.kind === "booked" ? String(held.entry.answer["holdId"]) : "";
    converge(memory, { disputes: [dispute("open")] });
    expect(memory.wallet).toMatchObject({ available: 0, held: 1000, frozen: 0 });
    post(memory, { ...spendOf(1), kind: "release", holdId });
    expect(memory.wallet).toMatchObject({ available: 0, held: 0, frozen: 1000 });
  });

  it("on hold may still be captured", () => {
    const memory = bought();
    const held = post(memory, authorizeOf(300));
    const holdId = held.kind === "booked" ? String(held.entry.answer["holdId"]) : "";
    converge(memory, { disputes: [dispute("open")] });
    expect(post(memory, { ...spendOf(1), kind: "capture", holdId, amount: null })).toMatchObject({ kind: "booked" });
    expect(memory.wallet).toMatchObject({ held: 0, frozen: 700 });
  });
});

describe("a fraud warning", () => {
  it("freezes until it is no longer actionable, or for 30 days", () => {
    const memory = bought();
    const warning = { id: "issfr_1", actionable: true, at: T0 };
    converge(memory, { warnings: [warning] });
    expect(memory.wallet).toMatchObject({ available: 0, frozen: 1000 });
    converge(memory, { warnings: [warning] }, T0 + 30 * DAY);
    expect(memory.wallet).toMatchObject({ available: 1000, frozen: 0 });
  });
});
