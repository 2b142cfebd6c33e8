import type { Entry } from "../domain/entry";
import { type WalletName, type WalletRef, walletIdOf } from "../domain/wallet";
import type { Deps } from "./deps";

/** The wallet that a payment was for. */
export function walletOfPayment(accountId: string, cause: string): WalletRef {
  return { accountId, unit: cause.startsWith("topup:") ? (cause.split(":")[2] ?? "tokens") : "tokens" };
}

/** What a payment led to, in its own wallet first, then in those that its units were transferred to; each oldest first. */
export async function loadPaymentEntries(
  deps: Pick<Deps, "wallets">,
  own: WalletRef,
  cause: string,
): Promise<readonly Entry[]> {
  const holders = (await deps.wallets.listHolders(cause)).map(nameOf);
  const wallets = [nameOf(own), ...holders.filter(({ id }) => id !== walletIdOf(own))];
  return (await Promise.all(wallets.map((wallet) => listCaused(deps, wallet, cause)))).flat();
}

function nameOf(ref: WalletRef): WalletName {
  return { id: walletIdOf(ref), accountId: ref.accountId };
}

async function listCaused(deps: Pick<Deps, "wallets">, wallet: WalletName, cause: string): Promise<readonly Entry[]> {
  const own = await deps.wallets.listByCause(wallet, cause);
  const back = await Promise.all(
    own.filter(({ kind }) => kind === "clawback").map((entry) => deps.wallets.listReversals(wallet, entry.id)),
  );
  return [...own, ...back.flat()].sort((left, right) => left.seq - right.seq);
}
