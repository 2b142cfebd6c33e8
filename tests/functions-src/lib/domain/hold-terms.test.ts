import { toAmount } from "../../../../functions-src/lib/domain/amount";
import type { Outcome, WalletCommand } from "../../../../functions-src/lib/domain/commands";
import type { HoldTerms } from "../../../../functions-src/lib/domain/hold";
import { EMBEDDED_LOTS } from "../../../../functions-src/lib/domain/wallet";
import { DAY, MemoryWallet, T0, authorizeOf, grantOf, spendOf } from "../../../support/builders";

const post = (memory: MemoryWallet, command: WalletCommand, at = T0): Outcome =>
  memory.post([command], at).outcomes[0]!;

function held(terms: Partial<HoldTerms>, free = 0): { readonly memory: MemoryWallet; readonly holdId: string } {
  const memory = new MemoryWallet();
  post(memory, grantOf(10 + free));
  const outcome = post(memory, authorizeOf(10, { terms: { lateCapture: "consume", captureMore: false, ...terms } }));
  if (outcome.kind === "refused") throw new Error(`The hold was refused: ${outcome.refusal.code}`);
  return { memory, holdId: String(outcome.entry.answer["holdId"]) };
}
const captureOf = (holdId: string, amount: number | null = null): WalletCommand => ({
  ...spendOf(1),
  kind: "capture",
  holdId,
  amount: amount === null ? null : toAmount(amount),
});
const refused = (code: string, facts: object = {}) => ({ kind: "refused", refusal: { code, ...facts } });

describe("a capture after the lease", () => {
  it("is an ordinary spend by default", () => {
    const { memory, holdId } = held({ lateCapture: "consume" });
    post(memory, spendOf(4), T0 + DAY);
    expect(post(memory, captureOf(holdId), T0 + DAY)).toMatchObject(refused("insufficient_tokens", { missing: 4 }));
    expect(post(memory, captureOf(holdId, 6), T0 + DAY)).toMatchObject({ kind: "booked" });
    expect(memory.wallet).toMatchObject({ available: 0, held: 0, debt: 0 });
  });

  it("is refused where the feature says so", () => {
    const { memory, holdId } = held({ lateCapture: "refuse" });
    expect(post(memory, captureOf(holdId), T0 + DAY)).toMatchObject(refused("hold_not_open", { state: "expired" }));
    expect(memory.wallet).toMatchObject({ available: 10, held: 0 });
  });

  it("makes debt of what is not there where the feature says so, once, also while debt blocks spends", () => {
    const { memory, holdId } = held({ lateCapture: "debt" });
    post(memory, spendOf(4), T0 + DAY);
    memory.wallet = { ...memory.wallet, policy: { ...memory.wallet.policy, blockInDebt: true }, debt: toAmount(0) };
    expect(post(memory, captureOf(holdId), T0 + DAY)).toMatchObject({
      kind: "booked",
      entry: { answer: { captured: 10, released: 0 }, receipt: [{ amount: 6 }] },
    });
    expect(memory.wallet).toMatchObject({ available: 0, debt: 4 });
    expect(post(memory, captureOf(holdId), T0 + DAY)).toMatchObject(refused("hold_not_open", { state: "captured" }));
  });

  it("finds units in lots that wait outside the wallet", () => {
    const { memory, holdId } = held({});
    post(memory, spendOf(10), T0 + DAY);
    for (let lot = 0; lot < EMBEDDED_LOTS + 4; lot += 1) post(memory, grantOf(1, { priority: lot }), T0 + DAY);
    expect(memory.waiting.size).toBe(4);
    expect(post(memory, captureOf(holdId), T0 + DAY)).toMatchObject({ kind: "booked" });
    expect(memory.wallet).toMatchObject({ available: 10, debt: 0 });
  });
});

describe("a capture of more than was held", () => {
  it("is refused by default", () => {
    const { memory, holdId } = held({}, 5);
    expect(post(memory, captureOf(holdId, 11))).toMatchObject(refused("exceeds_hold", { held: 10 }));
  });

  it("spends the rest from free units where the feature allows it, as a second leg that can be reversed by itself", () => {
    const { memory, holdId } = held({ captureMore: true }, 5);
    const outcome = post(memory, captureOf(holdId, 13));
    const [captured, more] = memory.entries.slice(-2);
    expect(captured).toMatchObject({
      kind: "capture",
      leg: 0,
      answer: { captured: 13, moreEntryId: more?.id, receipt: [{ amount: 10 }, { amount: 3 }] },
    });
    expect(more).toMatchObject({
      kind: "spend",
      leg: 1,
      cause: { kind: "hold", id: holdId },
      receipt: [{ amount: 3 }],
    });
    expect(outcome).toMatchObject({ kind: "booked", entry: { id: captured?.id } });
    expect(memory.wallet).toMatchObject({ available: 2, held: 0 });
    post(memory, { ...spendOf(1), kind: "reverse", entryId: more!.id, amount: null });
    expect(memory.wallet).toMatchObject({ available: 5 });
  });

  it("is refused whole when the free units do not cover the rest, and the hold stays open", () => {
    const { memory, holdId } = held({ captureMore: true }, 2);
    expect(post(memory, captureOf(holdId, 13))).toMatchObject(
      refused("insufficient_tokens", { missing: 1, available: 2 }),
    );
    expect(memory.wallet).toMatchObject({ available: 2, held: 10 });
    memory.wallet = { ...memory.wallet, gate: "frozen" };
    expect(post(memory, captureOf(holdId, 12))).toMatchObject(refused("wallet_frozen"));
    expect(post(memory, captureOf(holdId))).toMatchObject({ kind: "booked" });
  });
});
