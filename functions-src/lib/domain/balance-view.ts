import { type Amount, toAmount } from "./amount";
import type { Instant } from "./instant";
import type { LotClass, OpenLot } from "./lot";
import { operationTime } from "./plan-batch";
import { settle } from "./settle";
import { type LoadedLots, loadedLots, openDraft } from "./wallet-draft";
import { type Balance, type Wallet, balanceOf } from "./wallet";

/** How many lots a balance shows. */
const LOTS_SHOWN = 64;

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
export function viewBalance(wallet: Wallet, loaded: LoadedLots, now: Instant): BalanceView {
  const draft = settle(openDraft(wallet, loadedLots(loaded)), operationTime(wallet, now));
  const shown = draft.open.slice(0, LOTS_SHOWN);
  const unloaded = wallet.waiting.count - loadedLots(loaded).length;
  return {
    unit: wallet.unit,
    ...balanceOf(draft.wallet),
    lots: shown.map((lot) => ({
      lotId: lot.id,
      class: lot.class,
      granted: lot.granted,
      remaining: lot.remaining,
      held: toAmount(0),
      effectiveAt: lot.effectiveAt,
      expiresAt: lot.expiresAt,
    })),
    moreLots: draft.open.length + unloaded > shown.length,
    nextExpiry: nextExpiry(draft.open),
    seq: wallet.seq,
  };
}

function nextExpiry(open: readonly OpenLot[]): BalanceView["nextExpiry"] {
  const ends = open.map((lot) => lot.expiresAt).filter((end): end is Instant => end !== null);
  if (ends.length === 0) return null;
  const at = Math.min(...ends);
  const amount = open.filter((lot) => lot.expiresAt === at).reduce((sum, lot) => sum + lot.remaining, 0);
  return { at, amount: toAmount(amount) };
}
