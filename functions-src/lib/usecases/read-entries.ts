import type { Entry } from "../domain/entry";
import type { WalletName } from "../domain/wallet";
import type { WalletStore } from "../ports/wallet-store";

const ENTRIES_PER_PAGE = 1000;

/**
 * Reads the entries of a wallet after one sequence number up to another, oldest first, a page at a time.
 * Ends also where entries are missing or tell a wrong sequence number: what that means is for the reader to say.
 */
export async function* readEntries(
  wallets: Pick<WalletStore, "listOldest">,
  wallet: WalletName,
  range: { readonly after: number; readonly until: number },
): AsyncGenerator<Entry, void> {
  for (let afterSeq = range.after; afterSeq < range.until;) {
    const page = await wallets.listOldest({ wallet, afterSeq, limit: ENTRIES_PER_PAGE });
    for (const entry of page) {
      if (entry.seq > range.until) return;
      yield entry;
    }
    const last = page[page.length - 1];
    if (last === undefined || page.length < ENTRIES_PER_PAGE) return;
    afterSeq = Math.max(afterSeq + page.length, last.seq);
  }
}
