import { type Entry, lotsChange } from "./entry";

/** What is left in lots and what of them is on hold, after some entries. */
export interface LotsFold {
  readonly remaining: ReadonlyMap<string, number>;
  readonly held: ReadonlyMap<string, number>;
}

/** Folds entries, oldest first, into what lots held after the last of them. */
export function foldLots(entries: readonly Entry[]): LotsFold {
  const remaining = new Map<string, number>();
  const held = new Map<string, number>();
  const add = (sums: Map<string, number>, lotId: string, amount: number): void =>
    void sums.set(lotId, (sums.get(lotId) ?? 0) + amount);
  for (const entry of entries) {
    const inLots = Math.sign(lotsChange(entry.postings));
    const onHold = Math.sign(entry.postings.find(({ account }) => account === "held")?.amount ?? 0);
    for (const { lotId, amount } of entry.receipt) {
      add(remaining, lotId, inLots * amount);
      add(held, lotId, onHold * amount);
    }
  }
  return { remaining, held };
}
