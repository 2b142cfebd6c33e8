import { clockDueAt } from "../../domain/allocation";
import { nextDueAt } from "../../domain/lot";
import { type Wallet, type WalletRef, earliest, emptyWallet, walletIdOf } from "../../domain/wallet";
import type { Database } from "../../ports/collection";
import type { WalletSettings, WalletStore } from "../../ports/wallet-store";
import type { Holds } from "./holds";
import { insertOnce } from "./insert-once";
import { toDbInstant, toDbInteger } from "./mapping";
import type { Wallets } from "./wallets";

const MAX_CLOCKS = 8;
const MAX_TRIES = 20;

/** Makes the writes that change how a wallet behaves and not what it holds: they add no ledger entry. */
export function createSettings(
  database: Database,
  wallets: Wallets,
  holds: Holds,
): Pick<WalletStore, "changeSettings" | "extendHold" | "putClock"> {
  const walletRows = database.collection("wallets");
  const holdRows = database.collection("holds");
  return {
    changeSettings: async (ref, change) => {
      await insertOnce(() => wallets.insert(emptyWallet(ref), {}));
      const $set = settingsOf(database, change);
      if (Object.keys($set).length > 0) {
        await walletRows.updateOne({ _id: walletIdOf(ref), accountId: ref.accountId }, { $set });
      }
      return requireWallet(wallets, ref);
    },
    putClock: async (ref, subscriptionId, clock) => {
      await insertOnce(() => wallets.insert(emptyWallet(ref), {}));
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const wallet = await requireWallet(wallets, ref);
        const others = wallet.clocks.filter((other) => other.subscriptionId !== subscriptionId);
        const clocks = clock === null ? others : [...others, clock];
        if (clocks.length > MAX_CLOCKS)
          throw new Error(`Wallet ${wallet.id} has ${MAX_CLOCKS} allocation clocks already`);
        const due = [
          ...clocks.map(clockDueAt),
          ...wallet.lots.map(nextDueAt),
          wallet.waiting.nextAt,
          wallet.nextHoldAt,
        ];
        if (await wallets.update({ ...wallet, clocks, dueAt: earliest(due) }, wallet.seq, {})) return;
      }
      throw new Error(`Wallet ${walletIdOf(ref)} stayed busy: its allocation clock was not changed, try again`);
    },
    extendHold: async (ref, holdId, extend) => {
      const wallet = { id: walletIdOf(ref), accountId: ref.accountId };
      const [hold] = await holds.findByIds(wallet, [holdId]);
      if (hold === undefined) return null;
      const expiresAt = hold.state === "open" ? extend(hold) : null;
      if (expiresAt === null) return hold;
      // The deadline only moves later, and the wallet's own is a lower bound, so the hold alone is written. Whoever ends
      // the hold meanwhile makes this update match nothing.
      const filter = { _id: holdId, accountId: ref.accountId, state: "open", expiresAt: toDbInstant(hold.expiresAt) };
      await holdRows.updateOne(filter, { $set: { expiresAt: toDbInstant(expiresAt) } });
      return (await holds.findByIds(wallet, [holdId]))[0] ?? null;
    },
  };
}

function settingsOf(database: Database, { policy, alert }: WalletSettings): Record<string, unknown> {
  const overdraftLimit = policy?.overdraftLimit;
  const lowAt = alert?.lowAt;
  return {
    ...Object.fromEntries(Object.entries(policy ?? {}).map(([field, value]) => [`policy.${field}`, value])),
    ...(overdraftLimit === undefined ? {} : { "policy.overdraftLimit": toDbInteger(database, overdraftLimit) }),
    ...Object.fromEntries(Object.entries(alert ?? {}).map(([field, value]) => [`alert.${field}`, value])),
    ...(typeof lowAt === "number" ? { "alert.lowAt": toDbInteger(database, lowAt) } : {}),
  };
}

async function requireWallet(wallets: Wallets, ref: WalletRef): Promise<Wallet> {
  const wallet = await wallets.find(ref);
  if (wallet === null) throw new Error(`Wallet ${walletIdOf(ref)} was neither made nor found`);
  return wallet;
}
