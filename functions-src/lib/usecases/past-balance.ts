import { toAmount } from "../domain/amount";
import { LOTS_SHOWN, type BalanceView, nextExpiry } from "../domain/balance-view";
import { inBurnOrder } from "../domain/burn-key";
import type { Entry } from "../domain/entry";
import { foldLots } from "../domain/fold-lots";
import type { Instant } from "../domain/instant";
import { type WalletRef, balanceOf, emptyWallet, walletIdOf } from "../domain/wallet";
import type { Deps } from "./deps";

const ENTRIES_PER_PAGE = 1000;

/**
 * Shows a wallet as it was booked at a past moment: the balance after its last entry until then, and the lots as the fold
 * of all entries until then. What was due but not yet booked at that moment is shown as it was booked.
 */
export async function loadPastView(deps: Pick<Deps, "wallets">, ref: WalletRef, at: Instant): Promise<BalanceView> {
  const wallet = { id: walletIdOf(ref), accountId: ref.accountId };
  const last = await deps.wallets.findLastAt(wallet, at);
  const entries = last === null ? [] : await loadUntil(deps, wallet, last.seq);
  const { remaining, held } = foldLots(entries);
  const open = [...remaining].filter(([, units]) => units > 0).map(([lotId]) => lotId);
  const facts = await deps.wallets.findLots(ref.accountId, open);
  const lots = inBurnOrder(facts).map((fact) => ({
    lotId: fact.id,
    class: fact.class,
    granted: fact.granted,
    remaining: toAmount(remaining.get(fact.id) ?? 0),
    held: toAmount(held.get(fact.id) ?? 0),
    effectiveAt: fact.effectiveAt,
    expiresAt: fact.expiresAt,
  }));
  return {
    unit: ref.unit,
    ...(last?.balanceAfter ?? balanceOf(emptyWallet(ref))),
    lots: lots.slice(0, LOTS_SHOWN),
    moreLots: lots.length > LOTS_SHOWN,
    nextExpiry: nextExpiry(lots),
    seq: last?.seq ?? 0,
  };
}

/** Loads the entries of a wallet up to a sequence number, oldest first. */
export async function loadUntil(
  deps: Pick<Deps, "wallets">,
  wallet: { readonly id: string; readonly accountId: string },
  seq: number,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  while (entries.length < seq) {
    const page = await deps.wallets.listOldest({ wallet, afterSeq: entries.length, limit: ENTRIES_PER_PAGE });
    if (page.length === 0) break;
    entries.push(...page.filter((entry) => entry.seq <= seq));
  }
  return entries;
}
