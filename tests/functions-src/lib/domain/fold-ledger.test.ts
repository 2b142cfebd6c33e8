import type { Entry } from "../../../../functions-src/lib/domain/entry";
import { compareFold, foldEntry, startFold } from "../../../../functions-src/lib/domain/fold-ledger";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { MemoryWallet, T0, grantOf, spendOf, testHashOf } from "../../../support/builders";

function ledger(): MemoryWallet {
  const memory = new MemoryWallet();
  memory.post([grantOf(10), spendOf(3), spendOf(2)], T0);
  return memory;
}

function problemsOf(memory: MemoryWallet, entries: readonly Entry[]): readonly string[] {
  let fold = startFold(memory.wallet);
  const fields: string[] = [];
  for (const entry of entries) {
    const step = foldEntry(fold, entry, testHashOf);
    fold = step.fold;
    fields.push(...step.problems.map((problem) => `${problem.seq}:${problem.field}`));
  }
  return [...fields, ...compareFold(fold, memory.wallet, []).map((problem) => `end:${problem.field}`)];
}

describe("the proof of a ledger", () => {
  it("finds nothing in an untouched ledger", () => {
    const memory = ledger();
    expect(problemsOf(memory, memory.entries)).toEqual([]);
  });

  it("names an entry whose amount was changed", () => {
    const memory = ledger();
    const [first, second, third] = memory.entries as [Entry, Entry, Entry];
    const forged = { ...second, receipt: second.receipt.map((line) => ({ ...line, amount: toAmount(1) })) };
    expect(problemsOf(memory, [first, forged, third])).toEqual(
      expect.arrayContaining(["2:hash", "end:lots.acc:tokens:lot-0000000000000001.remaining"]),
    );
  });

  it("names a removed entry by sequence and chain", () => {
    const memory = ledger();
    const [first, , third] = memory.entries as [Entry, Entry, Entry];
    expect(problemsOf(memory, [first, third])).toEqual(expect.arrayContaining(["3:seq", "3:prevHash"]));
  });

  it("names an entry that was rewritten together with its hash, by the next link of the chain", () => {
    const memory = ledger();
    const [first, second, third] = memory.entries as [Entry, Entry, Entry];
    const rewritten = { ...second, actor: { kind: "system", id: "nobody" } } as Entry;
    const rehashed = { ...rewritten, hash: testHashOf(rewritten) };
    expect(problemsOf(memory, [first, rehashed, third])).toContain("3:prevHash");
  });

  it("names a wallet whose balance was changed behind the ledger", () => {
    const memory = ledger();
    memory.wallet = { ...memory.wallet, available: toAmount(500) };
    expect(problemsOf(memory, memory.entries)).toEqual(["end:available"]);
  });
});
