import { gateOf, isSameStanding } from "../../domain/standing";
import type { AccountStore } from "../../ports/account-store";
import { type Wallet, type WalletRef, emptyWallet } from "../../domain/wallet";
import type { Database, OperationOptions } from "../../ports/collection";
import { fromDbAccount } from "./account-mapping";
import { createAuditLog } from "./audit-log";
import { inTransaction, untilCommitted } from "./in-transaction";
import { fromDbInstant, toDbInstant } from "./mapping";
import { createPaymentRecords } from "./payments";
import { createWallets } from "./wallets";

/** Makes the reader of wallets that do not exist yet: they begin with the gate of their account. */
export function createNewWallets(database: Database): (ref: WalletRef, options?: OperationOptions) => Promise<Wallet> {
  const accounts = database.collection("accounts");
  return async (ref, options) => {
    const account = await accounts.findOne({ _id: ref.accountId }, options);
    return account === null ? emptyWallet(ref) : { ...emptyWallet(ref), gate: gateOf(fromDbAccount(account)) };
  };
}

/** Makes the change of an account's standing: the account, the gates of its wallets and the audit record, all or nothing. */
export function createStandings(database: Database): AccountStore["changeStanding"] {
  const accounts = database.collection("accounts");
  const wallets = createWallets(database);
  const payments = createPaymentRecords(database);
  const audits = createAuditLog(database);

  const attempt: AccountStore["changeStanding"] = (accountId, { now, change, recordOf }) =>
    inTransaction(database.openSession(), async (options) => {
      const document = await accounts.findOne({ _id: accountId }, options);
      if (document === null) return null;
      const { status, frozen, suspendedFor } = fromDbAccount(document);
      const before = { status, frozen, suspendedFor };
      const after = change(before, await payments.listContests(accountId, options));
      // Written in any case: of two who decide at once one meets the other here and decides again on what is then.
      const at = Math.max(now, fromDbInstant(document["standingAt"], "standingAt") + 1);
      const changed = { ...after, suspendedFor: [...after.suspendedFor], standingAt: toDbInstant(at) };
      await accounts.updateOne({ _id: accountId }, { $set: changed }, options);
      if (isSameStanding(before, after)) return before;
      await audits.keep(recordOf(before, after, at), options, () =>
        wallets.setGates(accountId, gateOf(after), options),
      );
      return after;
    });

  return (accountId, change) => untilCommitted(`Account ${accountId}`, () => attempt(accountId, change));
}
