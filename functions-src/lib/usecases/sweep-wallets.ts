import type { Instant } from "../domain/instant";
import { type WalletRef, walletIdOf } from "../domain/wallet";
import type { Deps } from "./deps";
import { settleWallet } from "./post-to-wallet";
import { withLease } from "./with-lease";

const WALLETS_PER_PAGE = 500;
const AT_ONCE = 16;

/**
 * Books what is due on wallets nobody touches: ended lots and holds, allocations of slots that began. Bookkeeping that may be
 * late or run twice: units that are due are unspendable, and spendable, without it.
 * A wallet that fails is logged and does not stop the others; it comes again at the next sweep.
 */
export async function sweepWallets(deps: Deps, now: Instant): Promise<void> {
  await withLease(deps, "sweep:wallets", async (stillOurs) => {
    const visited = new Set<string>();
    for (let from = 0; await stillOurs();) {
      const page = await deps.wallets.listDue({ from, until: now, limit: WALLETS_PER_PAGE });
      const fresh = page.filter((ref) => !visited.has(walletIdOf(ref)));
      for (let start = 0; start < fresh.length && (await stillOurs()); start += AT_ONCE) {
        const some = fresh.slice(start, start + AT_ONCE);
        for (const ref of some) visited.add(walletIdOf(ref));
        await Promise.all(some.map((ref) => settleOne(deps, ref, now)));
      }
      // What was settled is due no more; what failed stays where it is, and the next page begins after it.
      const last = page[page.length - 1];
      if (last === undefined || (fresh.length === 0 && last.dueAt === from)) return;
      from = last.dueAt;
    }
  });
}

async function settleOne(deps: Deps, ref: WalletRef, now: Instant): Promise<void> {
  try {
    await settleWallet(deps, ref, now);
  } catch (error) {
    const { accountId, unit } = ref;
    deps.log.alert("sweep_failed", { accountId, unit, error: error instanceof Error ? error.message : String(error) });
  }
}
