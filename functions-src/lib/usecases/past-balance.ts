import { toAmount } from "../domain/amount";
import { LOTS_SHOWN, type BalanceView, nextExpiry } from "../domain/balance-view";
import { inBurnOrder } from "../domain/burn-key";
import type { Entry } from "../domain/entry";
import { foldLots } from "../domain/fold-lots";
import type { Instant } from "../domain/instant";
import { type WalletRef, balanceOf, emptyWallet, walletIdOf } from "../domain/wallet";
import type { Deps } from "./deps";
import { readEntries } from "./read-entries";

/**
 * Shows a wallet as it was booked at a past moment: the balance after its last entry until then, and the lots as the fold
 * of all entries until then. What was due but not yet booked at that moment is shown as it was booked.
 */
export async function loadPastView(deps: Pick<Deps, "wallets">, ref: WalletRef, at: Instant): Promise<BalanceView> {
  const wallet = { id: walletIdOf(ref), accountId: ref.accountId };
  const last = await deps.wallets.findLastAt(wallet, at);
  const entries: Entry[] = [];
  for await (const entry of readEntries(deps.wallets, wallet, { after: 0, until: last?.seq ?? 0 })) entries.push(entry);
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
