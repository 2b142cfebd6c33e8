import { type BalanceView, viewBalance } from "../domain/balance-view";
import type { Instant } from "../domain/instant";
import type { Hold } from "../domain/hold";
import { type BatchFacts, neededFacts, needsNothing, onlyWallet, operationTime } from "../domain/plan-batch";
import { type WalletRef, emptyWallet } from "../domain/wallet";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { loadPastView } from "./past-balance";

type Dated<T> = Omit<T, "lots" | "nextExpiry"> & {
  readonly lots: readonly (Omit<BalanceView["lots"][number], "effectiveAt" | "expiresAt"> & {
    readonly effectiveAt: Date;
    readonly expiresAt: Date | null;
  })[];
  readonly nextExpiry: { readonly at: Date; readonly amount: number } | null;
};

/** What `wallet/balance` answers. */
export type BalanceAnswer = { readonly ok: true } & Dated<BalanceView>;

/** Loads a wallet and settles it in thought: what is due but not booked yet is already out of `available`. */
export async function loadBalanceView(deps: Pick<Deps, "wallets">, ref: WalletRef, now: Instant): Promise<BalanceView> {
  const wallet = (await deps.wallets.loadWallet(ref)) ?? emptyWallet(ref);
  const waits = wallet.waiting.count > 0;
  const needed = { ...neededFacts(wallet, [], now), missing: waits ? Number.MAX_SAFE_INTEGER : 0, due: waits };
  const facts = needsNothing(needed)
    ? onlyWallet(wallet)
    : await deps.wallets.loadFacts(wallet, needed, operationTime(wallet, now));
  const holds = wallet.held > 0 ? await deps.wallets.listOpenHolds(wallet) : [];
  return viewBalance(withHolds(facts, holds), now);
}

function withHolds(facts: BatchFacts, holds: readonly Hold[]): BatchFacts {
  const known = new Map([...facts.records.holds, ...holds.map((hold) => [hold.id, hold] as const)]);
  return { ...facts, records: { ...facts.records, holds: known } };
}

/** Answers the balance of a wallet, now or as of a past moment, with its first lots in burn order; writes nothing. */
export async function readBalance(
  deps: Deps,
  call: MemberCall<{ readonly unit: string; readonly at?: Instant }>,
  now: Instant,
): Promise<BalanceAnswer> {
  const { accountId, input } = call;
  const ref = { accountId, unit: input.unit };
  const past = input.at !== undefined && input.at < now ? input.at : null;
  const view = past === null ? await loadBalanceView(deps, ref, now) : await loadPastView(deps, ref, past);
  return {
    ok: true,
    ...view,
    lots: view.lots.map((lot) => ({
      ...lot,
      effectiveAt: new Date(lot.effectiveAt),
      expiresAt: lot.expiresAt === null ? null : new Date(lot.expiresAt),
    })),
    nextExpiry: view.nextExpiry === null ? null : { ...view.nextExpiry, at: new Date(view.nextExpiry.at) },
  };
}
