import { dueAtOf } from "../../domain/due-at";
import { isArmed } from "../../domain/low-balance";
import { type Wallet, type WalletRef, walletIdOf } from "../../domain/wallet";
import type { NotedRecord } from "../../ports/audit-log";
import type { Database } from "../../ports/collection";
import { StoreFailure, type WalletSettings, type WalletStore } from "../../ports/wallet-store";
import { createNewWallets } from "./account-standing";
import { createAuditLog } from "./audit-log";
import type { Holds } from "./holds";
import { inTransaction, untilCommitted } from "./in-transaction";
import { toDbInstant } from "./mapping";
import { asTransient } from "./store-errors";
import type { Wallets } from "./wallets";

type WalletChange = (wallet: Wallet) => Wallet;
type RecordOfChange = (before: Wallet, after: Wallet) => NotedRecord;

const MAX_CLOCKS = 8;

/** Makes the writes that change how a wallet behaves and not what it holds: they add no ledger entry. */
export function createSettings(
  database: Database,
  { wallets, holds }: { readonly wallets: Wallets; readonly holds: Holds },
): Pick<WalletStore, "changeSettings" | "extendHold" | "putClock"> {
  const holdRows = database.collection("holds");

  const audits = createAuditLog(database);
  const newWallet = createNewWallets(database);

  const attempt = (ref: WalletRef, change: WalletChange, recordOf: RecordOfChange | undefined): Promise<Wallet> =>
    inTransaction(database.openSession(), async (options) => {
      const found = await wallets.find(ref, options);
      const before = found ?? (await newWallet(ref, options));
      const changed = change(before);
      const write = async (): Promise<void> => {
        if (found === null) await asTransient(wallets.insert(changed, options));
        else if (!(await wallets.update(changed, found.seq, options))) throw new StoreFailure("transient", null);
      };
      if (recordOf === undefined) await write();
      else await audits.keep(recordOf(before, changed), options, write);
      return changed;
    });
  /** Reads, changes and writes a wallet in one transaction, so that no change undoes another. */
  const changeWallet = (ref: WalletRef, change: WalletChange, recordOf?: RecordOfChange): Promise<Wallet> =>
    untilCommitted(`Wallet ${walletIdOf(ref)}`, () => attempt(ref, change, recordOf));

  return {
    changeSettings: (ref, settings, recordOf) =>
      changeWallet(ref, (wallet) => withSettings(wallet, settings), recordOf),
    putClock: async (ref, subscriptionId, clock) => {
      await changeWallet(ref, (wallet) => {
        const others = wallet.clocks.filter((other) => other.subscriptionId !== subscriptionId);
        const clocks = clock === null ? others : [...others, clock];
        if (clocks.length > MAX_CLOCKS)
          throw new Error(`Wallet ${wallet.id} has ${MAX_CLOCKS} allocation clocks already`);
        return { ...wallet, clocks, dueAt: dueAtOf({ ...wallet, clocks }) };
      });
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

function withSettings(wallet: Wallet, { policy, alert, topUp }: WalletSettings): Wallet {
  const lowAt = alert?.lowAt === undefined ? wallet.alert.lowAt : alert.lowAt;
  const armed = alert?.lowAt === undefined ? wallet.alert.armed : isArmed(lowAt, wallet.available);
  const changed = {
    ...wallet,
    policy: { ...wallet.policy, ...policy },
    alert: { ...wallet.alert, ...alert, lowAt, armed },
    topUp: topUp === undefined ? wallet.topUp : topUp(wallet.topUp),
  };
  return { ...changed, dueAt: dueAtOf(changed) };
}
