import { type Amount, toAmount } from "./amount";
import type { Instant } from "./instant";
import { type LotClass, type OpenLot, unitsLeft } from "./lot";
import { loadedLots } from "./close-draft";
import type { Hold } from "./hold";
import { type BatchFacts, operationTime, settledDraft } from "./plan-batch";
import { type Balance, balanceOf, earliest } from "./wallet";

/** How many lots a balance shows. */
export const LOTS_SHOWN = 64;

/** What a wallet looks like at an instant, with everything booked that is due then; nothing is written. */
export interface BalanceView extends Balance {
  readonly unit: string;
  readonly lots: readonly {
    readonly lotId: string;
    readonly class: LotClass;
    readonly granted: Amount;
    readonly remaining: Amount;
    readonly held: Amount;
    readonly effectiveAt: Instant;
    readonly expiresAt: Instant | null;
  }[];
  readonly moreLots: boolean;
  readonly nextExpiry: { readonly at: Instant; readonly amount: Amount } | null;
  readonly seq: number;
}

/** Settles a wallet in thought and shows it. Units that are due but not booked are never shown as spendable. */
export function viewBalance(facts: BatchFacts, now: Instant): BalanceView {
  const { wallet } = facts;
  const draft = settledDraft(facts, operationTime(wallet, now));
  const held = heldPerLot([...draft.records.holds.values()]);
  const shown = draft.open.slice(0, LOTS_SHOWN);
  const unloaded = wallet.waiting.count - loadedLots(facts.lots).length;
  return {
    unit: wallet.unit,
    ...balanceOf(draft.wallet),
    lots: shown.map((lot) => ({
      lotId: lot.id,
      class: lot.class,
      granted: lot.granted,
      remaining: lot.remaining,
      held: toAmount(held.get(lot.id) ?? 0),
      effectiveAt: lot.effectiveAt,
      expiresAt: lot.expiresAt,
    })),
    moreLots: draft.open.length + unloaded > shown.length,
    nextExpiry: nextExpiry(draft.open),
    seq: wallet.seq,
  };
}

/** The next end among lots, and how many units end then; null = no lot ends. */
export function nextExpiry(lots: readonly Pick<OpenLot, "expiresAt" | "remaining">[]): BalanceView["nextExpiry"] {
  const at = earliest(lots.map((lot) => lot.expiresAt));
  return at === null ? null : { at, amount: toAmount(unitsLeft(lots.filter((lot) => lot.expiresAt === at))) };
}

function heldPerLot(holds: readonly Hold[]): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const line of holds.filter((hold) => hold.state === "open").flatMap((hold) => hold.receipt)) {
    held.set(line.lotId, (held.get(line.lotId) ?? 0) + line.amount);
  }
  return held;
}
