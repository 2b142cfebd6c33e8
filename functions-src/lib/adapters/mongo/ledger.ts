import {
  ENTRY_KINDS,
  type Entry,
  type EntryKind,
  type JsonObject,
  KEY_SCOPES,
  POSTING_ACCOUNTS,
  entryIdOf,
} from "../../domain/entry";
import type { Instant } from "../../domain/instant";
import type { WalletName } from "../../domain/wallet";
import type { Collection, Database, OperationOptions, StoredDocument } from "../../ports/collection";
import type { OperationName } from "../../ports/wallet-store";
import { fromDbReceipt, toDbReceipt } from "./lot-mapping";
import {
  fromDbActor,
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbInteger,
  fromDbJson,
  fromDbList,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInteger,
  toDbJson,
} from "./mapping";

/** What one cause leads to is few: a spend is reversed, a payment clawed in parts at most so often. */
const MAX_CAUSED = 1000;

/** The collection `ledger`: insert and find, nothing else. */
export interface Ledger {
  insert(entries: readonly Entry[], options: OperationOptions): Promise<void>;
  findById(wallet: WalletName, id: string, options?: OperationOptions): Promise<Entry | null>;
  /** What one cause led to, at most 1,000 entries. */
  findByCause(wallet: WalletName, cause: string): Promise<readonly Entry[]>;
  /** The clawbacks of a cause in a wallet, at most 1,000. */
  findClawbacks(wallet: WalletName, cause: string, options?: OperationOptions): Promise<readonly Entry[]>;
  /** The entries that gave back of an entry, at most 1,000. */
  findReversals(wallet: WalletName, entryId: string, options?: OperationOptions): Promise<readonly Entry[]>;
  /** Entries that made or lowered debt, oldest first. */
  listDebtChanges(
    page: { readonly wallet: WalletName; readonly afterSeq: number; readonly limit: number },
    options?: OperationOptions,
  ): Promise<readonly Entry[]>;
  /** The last entry of a wallet at or before an instant. */
  findLastAt(wallet: WalletName, at: Instant): Promise<Entry | null>;
  findByNames(
    accountId: string,
    names: readonly OperationName[],
    options?: OperationOptions,
  ): Promise<readonly Entry[]>;
  listNewest(page: {
    readonly wallet: WalletName;
    readonly beforeSeq: number | null;
    readonly kinds: readonly EntryKind[] | null;
    readonly limit: number;
  }): Promise<readonly Entry[]>;
  listOldest(page: {
    readonly wallet: WalletName;
    readonly afterSeq: number;
    readonly limit: number;
  }): Promise<readonly Entry[]>;
}

/** Opens the collection `ledger`. */
export function createLedger(database: Database): Ledger {
  const collection: Collection = database.collection("ledger");
  return {
    insert: (entries, options) =>
      collection.insertMany(
        entries.map((entry) => toDbEntry(database, entry)),
        options,
      ),
    findByNames: async (accountId, names, options) => {
      const scopes = [...new Set(names.map(({ scope }) => scope))];
      const filter = { accountId, scope: { $in: scopes }, key: { $in: names.map(({ key }) => key) }, leg: 0 };
      const documents = await collection.find(filter, { ...options, limit: names.length * scopes.length });
      return documents.map(fromDbEntry);
    },
    findById: async (wallet, id, options) => {
      const document = await collection.findOne({ _id: id, accountId: wallet.accountId, walletId: wallet.id }, options);
      return document === null ? null : fromDbEntry(document);
    },
    findReversals: (wallet, entryId, options) =>
      findCaused(collection, wallet, { cause: entryId, kinds: ["reverse", "reinstate"] }, options),
    findByCause: (wallet, cause) => findCaused(collection, wallet, { cause, kinds: ENTRY_KINDS }, undefined),
    findClawbacks: (wallet, cause, options) => findCaused(collection, wallet, { cause, kinds: ["clawback"] }, options),
    listDebtChanges: async ({ wallet, afterSeq, limit }, options) => {
      const filter = {
        accountId: wallet.accountId,
        walletId: wallet.id,
        "postings.account": "debt",
        seq: { $gt: toDbInteger(database, afterSeq) },
      };
      return (await collection.find(filter, { ...options, sort: { seq: 1 }, limit })).map(fromDbEntry);
    },
    findLastAt: async (wallet, at) => {
      const filter = { accountId: wallet.accountId, walletId: wallet.id, at: { $lte: toDbInstant(at) } };
      const [document] = await collection.find(filter, { sort: { at: -1, seq: -1 }, limit: 1 });
      return document === undefined ? null : fromDbEntry(document);
    },
    // The sequence number ends the id, so the id index serves pages of one wallet in both directions.
    listNewest: async ({ wallet, beforeSeq, kinds, limit }) => {
      const filter = {
        accountId: wallet.accountId,
        _id: {
          $gte: entryIdOf(wallet.id, 0),
          $lt: beforeSeq === null ? `${wallet.id};` : entryIdOf(wallet.id, beforeSeq),
        },
        ...(kinds === null ? {} : { kind: { $in: kinds } }),
      };
      return (await collection.find(filter, { sort: { _id: -1 }, limit, hint: "_id_" })).map(fromDbEntry);
    },
    listOldest: async ({ wallet, afterSeq, limit }) => {
      const filter = {
        accountId: wallet.accountId,
        _id: { $gt: entryIdOf(wallet.id, afterSeq), $lt: `${wallet.id};` },
      };
      return (await collection.find(filter, { sort: { _id: 1 }, limit, hint: "_id_" })).map(fromDbEntry);
    },
  };
}

/** The entries of a wallet that one cause led to. */
async function findCaused(
  collection: Collection,
  wallet: WalletName,
  { cause, kinds }: { readonly cause: string; readonly kinds: readonly EntryKind[] },
  options: OperationOptions | undefined,
): Promise<readonly Entry[]> {
  const filter = { accountId: wallet.accountId, "cause.id": cause, walletId: wallet.id, kind: { $in: kinds } };
  return (await collection.find(filter, { ...options, limit: MAX_CAUSED })).map(fromDbEntry);
}

function toDbEntry(database: Database, entry: Entry): Record<string, unknown> {
  const integer = (value: number): unknown => toDbInteger(database, value);
  return {
    _id: entry.id,
    accountId: entry.accountId,
    walletId: entry.walletId,
    seq: integer(entry.seq),
    schemaVersion: 1,
    kind: entry.kind,
    scope: entry.scope,
    key: entry.key,
    leg: entry.leg,
    fingerprint: entry.fingerprint,
    at: toDbInstant(entry.at),
    recordedAt: toDbInstant(entry.recordedAt),
    actor: { ...entry.actor },
    cause: { ...entry.cause },
    postings: entry.postings.map(({ account, amount }) => ({ account, amount: integer(amount) })),
    receipt: toDbReceipt(database, entry.receipt),
    balanceAfter: Object.fromEntries(
      Object.entries(entry.balanceAfter).map(([account, amount]) => [account, integer(amount)]),
    ),
    answer: toDbJson(database, entry.answer),
    metadataHash: entry.metadataHash,
    prevHash: entry.prevHash,
    hash: entry.hash,
  };
}

function fromDbEntry(document: StoredDocument): Entry {
  const cause = fromDbDocument(document["cause"], "cause");
  const balance = fromDbDocument(document["balanceAfter"], "balanceAfter");
  return {
    id: fromDbText(document["_id"], "_id"),
    accountId: fromDbText(document["accountId"], "accountId"),
    walletId: fromDbText(document["walletId"], "walletId"),
    seq: fromDbInteger(document["seq"], "seq"),
    kind: fromDbWord(document["kind"], ENTRY_KINDS, "kind"),
    scope: fromDbWord(document["scope"], KEY_SCOPES, "scope"),
    key: fromDbText(document["key"], "key"),
    leg: fromDbInteger(document["leg"], "leg"),
    fingerprint: fromDbText(document["fingerprint"], "fingerprint"),
    at: fromDbInstant(document["at"], "at"),
    recordedAt: fromDbInstant(document["recordedAt"], "recordedAt"),
    actor: fromDbActor(document["actor"], "actor"),
    cause: { kind: fromDbText(cause["kind"], "cause.kind"), id: fromDbText(cause["id"], "cause.id") },
    postings: fromDbList(document["postings"], "postings", (element, path) => {
      const posting = fromDbDocument(element, path);
      return {
        account: fromDbWord(posting["account"], POSTING_ACCOUNTS, `${path}.account`),
        amount: fromDbInteger(posting["amount"], `${path}.amount`),
      };
    }),
    receipt: fromDbReceipt(document["receipt"], "receipt"),
    balanceAfter: {
      available: fromDbAmount(balance["available"], "balanceAfter.available"),
      pending: fromDbAmount(balance["pending"], "balanceAfter.pending"),
      frozen: fromDbAmount(balance["frozen"], "balanceAfter.frozen"),
      held: fromDbAmount(balance["held"], "balanceAfter.held"),
      debt: fromDbAmount(balance["debt"], "balanceAfter.debt"),
    },
    answer: fromDbJson(fromDbDocument(document["answer"], "answer"), "answer") as JsonObject,
    metadataHash: fromDbTextOrNull(document["metadataHash"], "metadataHash"),
    prevHash: fromDbText(document["prevHash"], "prevHash"),
    hash: fromDbText(document["hash"], "hash"),
  };
}
