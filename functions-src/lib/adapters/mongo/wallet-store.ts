import type { Database, OperationOptions } from "../../ports/collection";
import {
  type SealedChanges,
  StoreFailure,
  type WalletReads,
  type WalletStore,
  type WalletTransaction,
} from "../../ports/wallet-store";
import { createNewWallets } from "./account-standing";
import { type AuditCollection, createAuditLog } from "./audit-log";
import { type EntryNotes, createEntryNotes } from "./entry-notes";
import { HOLDS_PER_PAGE, type Holds, createHolds } from "./holds";
import { type Ledger, createLedger } from "./ledger";
import { inTransaction } from "./in-transaction";
import { loadFacts } from "./load-facts";
import { type LotStates, createLotStates } from "./lot-states";
import { type Lots, createLots } from "./lots";
import { type OutboxCollection, createOutbox } from "./outbox";
import { type PaymentCollection, createPaymentRecords } from "./payments";
import { asTransient } from "./store-errors";
import { type UsageCounters, createUsageCounters } from "./usage-store";
import { createSettings } from "./wallet-settings";
import { type Wallets, createWallets } from "./wallets";

/** Makes the store of wallets, lots, holds and the ledger over the collections of one database. */
export function createWalletStore(database: Database): WalletStore {
  const wallets = createWallets(database);
  const newWallet = createNewWallets(database);
  const ledger = createLedger(database);
  const lots = createLots(database);
  const lotStates = createLotStates(database);
  const holds = createHolds(database);
  const writers = {
    wallets,
    ledger,
    lots,
    lotStates,
    holds,
    counters: createUsageCounters(database),
    payments: createPaymentRecords(database),
    notes: createEntryNotes(database),
    outbox: createOutbox(database),
    audits: createAuditLog(database),
  };

  const readsIn = (options?: OperationOptions): WalletReads => ({
    loadWallet: (ref) => wallets.find(ref, options),
    newWallet: (ref) => newWallet(ref, options),
    loadFacts: (wallet, needed, at) =>
      loadFacts(writers, wallet, needed, { at, ...(options === undefined ? {} : { options }) }),
    listHolders: (cause) => lots.findHolders(cause, options),
    findByNames: (accountId, names) => ledger.findByNames(accountId, names, options),
  });

  return {
    ...readsIn(),
    transact: (body) =>
      inTransaction(database.openSession(), (options) => {
        const tx: WalletTransaction = { ...readsIn(options), write: (changes) => write(writers, changes, options) };
        return body(tx);
      }),
    within: (session) => ({
      ...readsIn({ session }),
      write: (changes) => unwrapped(write(writers, changes, { session })),
    }),
    listWallets: (page) => wallets.list(page),
    listDue: (page) => wallets.listDue(page),
    listNewest: (page) => ledger.listNewest(page),
    listOldest: (page) => ledger.listOldest(page),
    listWaiting: ({ id, accountId }) => lotStates.listAll({ id, accountId }),
    findEntry: (wallet, entryId) => ledger.findById(wallet, entryId),
    listByCause: (wallet, cause) => ledger.findByCause(wallet, cause),
    listReversals: (wallet, entryId) => ledger.findReversals(wallet, entryId),
    findLastAt: (wallet, at) => ledger.findLastAt(wallet, at),
    findLots: (accountId, lotIds) => lots.findByIds(accountId, lotIds),
    listOpenHolds: (wallet) => holds.listOpen(wallet, { until: null, limit: HOLDS_PER_PAGE }),
    ...createSettings(database, { wallets, holds }),
  };
}

interface Writers {
  readonly wallets: Wallets;
  readonly ledger: Ledger;
  readonly lots: Lots;
  readonly lotStates: LotStates;
  readonly holds: Holds;
  readonly counters: UsageCounters;
  readonly payments: PaymentCollection;
  readonly notes: EntryNotes;
  readonly outbox: OutboxCollection;
  readonly audits: AuditCollection;
}

async function write(writers: Writers, changes: SealedChanges, options: OperationOptions): Promise<void> {
  const { wallet } = changes;
  // The wallet first: it is the lock, so a race is lost before anything else is written.
  if (!(await writers.wallets.update(wallet, changes.expectedSeq, options))) {
    if (changes.expectedSeq > 0) throw new StoreFailure("transient", null);
    await asTransient(writers.wallets.insert(wallet, options));
  }
  if (changes.entries.length > 0) await writers.ledger.insert(changes.entries, options);
  if (changes.lots.length > 0) await writers.lots.insert(changes.lots, options);
  if (changes.lotStates.length > 0) await writers.lotStates.save(wallet, changes.lotStates, options);
  if (changes.holds.length > 0) await writers.holds.save(changes.holds, options);
  for (const counter of changes.counters) await writers.counters.save(counter, options);
  if (changes.payments.length > 0) await writers.payments.insert(changes.payments, options);
  for (const payment of changes.changedPayments) {
    if (!(await writers.payments.updateClaims(payment, payment, options))) throw new StoreFailure("transient", null);
  }
  if (changes.notes.length > 0) await writers.notes.insert(wallet.accountId, changes.notes, options);
  if (changes.messages.length > 0) await writers.outbox.insert(changes.messages, options);
  if (changes.audits.length > 0) await writers.audits.insert(changes.audits, options);
}

/** In somebody else's transaction the database's own error has to rise, or their driver would not retry. */
async function unwrapped(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    throw error instanceof StoreFailure && error.cause instanceof Error ? error.cause : error;
  }
}
