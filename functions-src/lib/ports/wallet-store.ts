import type { NotedRecord } from "./audit-log";
import type { DatabaseSession } from "./collection";
import type { AuditRecord } from "../domain/audit";
import type { AllocationClock } from "../domain/allocation";
import type { Entry, EntryKind, OperationIdentity } from "../domain/entry";
import type { Instant } from "../domain/instant";
import type { Hold } from "../domain/hold";
import type { LotFact, OpenLot } from "../domain/lot";
import type { AutoTopUp } from "../domain/top-up";
import type { BatchFacts, NeededFacts } from "../domain/plan-batch";
import type { LowBalanceAlert, Wallet, WalletName, WalletPolicy, WalletRef } from "../domain/wallet";
import type { WalletChanges } from "../domain/close-draft";

/**
 * Why a wallet transaction did not end with a known commit.
 * `transient`: nothing happened, the whole batch may be tried again. `duplicate_key`: an operation key of the batch is in
 * the ledger already. `outcome_unknown`: the commit was sent and its fate is not known. `corrupt`: an entry or a cause
 * that must not exist does.
 */
export type StoreFailureKind = "transient" | "duplicate_key" | "outcome_unknown" | "corrupt";

/** A wallet transaction that failed in a way its caller has to decide about. `cause` is the database's own error. */
export class StoreFailure extends Error {
  readonly kind: StoreFailureKind;

  constructor(kind: StoreFailureKind, cause: unknown) {
    super(`Wallet transaction failed: ${kind}`, { cause });
    this.name = "StoreFailure";
    this.kind = kind;
  }
}

/** What names an operation in the ledger. */
export type OperationName = Pick<OperationIdentity, "scope" | "key">;

/** A page of wallets with something due. */
export interface DuePage {
  readonly from: Instant;
  readonly until: Instant;
  readonly limit: number;
}

/** A wallet and since when something is due on it. */
export interface DueWallet extends WalletRef {
  readonly dueAt: Instant;
}

/** What may be set on a wallet. */
export interface WalletSettings {
  readonly policy?: Partial<WalletPolicy>;
  readonly alert?: Partial<Pick<LowBalanceAlert, "lowAt" | "channel">>;
  readonly topUp?: (before: AutoTopUp | null) => AutoTopUp | null;
}

/** A plan whose entries are chained and whose acts are named. */
export type SealedChanges = Omit<WalletChanges, "entries" | "acts"> & {
  readonly entries: readonly Entry[];
  readonly audits: readonly AuditRecord[];
};

/** Reads of wallets and ledgers; inside a transaction they see its snapshot, outside they are majority reads. */
export interface WalletReads {
  loadWallet(ref: WalletRef): Promise<Wallet | null>;
  /** A wallet before its first entry, with the gate of its account. */
  newWallet(ref: WalletRef): Promise<Wallet>;
  /**
   * Loads what a batch needs beside the wallet: the first 1,000 waiting lots in burn order, up to 1,000 with something due,
   * up to 1,000 holds whose lease is over, and the records that commands name with the lots of their receipts.
   */
  loadFacts(wallet: Wallet, needed: NeededFacts, at: Instant): Promise<BatchFacts>;
  /** The wallets that ever held units of a payment, or parts of them. */
  listHolders(cause: string): Promise<readonly WalletRef[]>;
  /** Finds the entries (leg 0) that operations of an account wrote. */
  findByNames(accountId: string, names: readonly OperationName[]): Promise<readonly Entry[]>;
}

/** A wallet transaction: its reads, and one write of everything. */
export interface WalletTransaction extends WalletReads {
  /** Writes a plan. Throws: StoreFailure `transient` when the wallet moved on since it was read. */
  write(changes: SealedChanges): Promise<void>;
}

/** Wallets, lots, holds and the ledger. */
export interface WalletStore extends WalletReads {
  /**
   * Runs one attempt of a transaction and commits it at majority.
   * Throws: StoreFailure; any other error is a bug or an outage and nothing was committed.
   */
  transact<T>(body: (tx: WalletTransaction) => Promise<T>): Promise<T>;
  /** The transaction that a session has open; its errors are the database's own, and its commit is the caller's. */
  within(session: DatabaseSession): WalletTransaction;
  /** The wallets of an account, or of everybody in id order after a given id, one page. */
  listWallets(page: {
    readonly accountId?: string;
    readonly afterId?: string;
    readonly limit: number;
  }): Promise<readonly Wallet[]>;
  /** Wallets with something due between two instants, the longest due first, one page. */
  listDue(page: DuePage): Promise<readonly DueWallet[]>;
  /**
   * Puts an allocation clock into a wallet, in the place of the one of the same subscription; null takes it out.
   * Throws: an Error when a ninth clock would be needed.
   */
  putClock(ref: WalletRef, subscriptionId: string, clock: AllocationClock | null): Promise<void>;
  /** Entries of a wallet before a sequence number, newest first. */
  listNewest(page: {
    readonly wallet: WalletName;
    readonly beforeSeq: number | null;
    readonly kinds: readonly EntryKind[] | null;
    readonly limit: number;
  }): Promise<readonly Entry[]>;
  /** Entries of a wallet after a sequence number, oldest first. */
  listOldest(page: {
    readonly wallet: WalletName;
    readonly afterSeq: number;
    readonly limit: number;
  }): Promise<readonly Entry[]>;
  findEntry(wallet: WalletName, entryId: string): Promise<Entry | null>;
  /** What one cause led to in a wallet, at most 1,000 entries. */
  listByCause(wallet: WalletName, cause: string): Promise<readonly Entry[]>;
  /** The entries that reversed an entry. */
  listReversals(wallet: WalletName, entryId: string): Promise<readonly Entry[]>;
  /** The last entry of a wallet at or before an instant. */
  findLastAt(wallet: WalletName, at: Instant): Promise<Entry | null>;
  /** Facts of lots by id. */
  findLots(accountId: string, lotIds: readonly string[]): Promise<readonly LotFact[]>;
  /** The open holds of a wallet, at most 1,000. */
  listOpenHolds(wallet: WalletName): Promise<readonly Hold[]>;
  /** Moves the deadline of an open hold and with it the wallet's; answers the hold as it is now, null = no such hold. */
  extendHold(ref: WalletRef, holdId: string, extend: (hold: Hold) => Instant | null): Promise<Hold | null>;
  /**
   * Changes policy, alert and top-up of a wallet, making it when there is none; answers the wallet as it is now. The record of
   * an operator's change is kept with it, both or neither.
   */
  changeSettings(
    ref: WalletRef,
    change: WalletSettings,
    recordOf?: (before: Wallet, after: Wallet) => NotedRecord,
  ): Promise<Wallet>;
  /** All waiting lots of a wallet. */
  listWaiting(wallet: WalletName): Promise<readonly OpenLot[]>;
}
