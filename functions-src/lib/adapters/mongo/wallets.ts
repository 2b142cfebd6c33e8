import { dueAtOf } from "../../domain/due-at";
import type { Claim, Gate, Wallet, WalletPolicy, WalletRef } from "../../domain/wallet";
import { walletIdOf } from "../../domain/wallet";
import type { Collection, Database, OperationOptions, StoredDocument } from "../../ports/collection";
import type { DuePage, DueWallet } from "../../ports/wallet-store";
import { fromDbClock, toDbClock } from "./clock-mapping";
import { fromDbTopUp, toDbTopUp } from "./top-up-mapping";
import { fromDbOpenLot, toDbOpenLot } from "./lot-mapping";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbList,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInstantOrNull,
  toDbInteger,
} from "./mapping";

export const DEBT_POLICIES: readonly WalletPolicy["debt"][] = ["repay", "collect"];
/** An account has one wallet per unit. */
const MAX_WALLETS = 100;

export const GATES: readonly Gate[] = ["open", "frozen", "suspended", "closed"];

/** The collection `wallets`. */
export interface Wallets {
  find(ref: WalletRef, options?: OperationOptions): Promise<Wallet | null>;
  insert(wallet: Wallet, options: OperationOptions): Promise<void>;
  /** Replaces the state of a wallet that still has the sequence number that was read; answers whether it had. */
  update(wallet: Wallet, expectedSeq: number, options: OperationOptions): Promise<boolean>;
  /** Wallets with something due between two instants, the longest due first, one page. */
  listDue(page: DuePage): Promise<readonly DueWallet[]>;
  /** Sets the gate of every wallet of an account, at most 100 of them. */
  setGates(accountId: string, gate: Gate, options: OperationOptions): Promise<void>;
  list(page: {
    readonly accountId?: string;
    readonly afterId?: string;
    readonly limit: number;
  }): Promise<readonly Wallet[]>;
}

/** Opens the collection `wallets`. */
export function createWallets(database: Database): Wallets {
  const collection: Collection = database.collection("wallets");
  return {
    find: async (ref, options) => {
      const document = await collection.findOne({ _id: walletIdOf(ref), accountId: ref.accountId }, options);
      return document === null ? null : fromDbWallet(document);
    },
    insert: (wallet, options) =>
      collection.insertMany(
        [{ _id: wallet.id, accountId: wallet.accountId, unit: wallet.unit, ...toDbState(database, wallet) }],
        options,
      ),
    update: async (wallet, expectedSeq, options) => {
      const filter = { _id: wallet.id, accountId: wallet.accountId, seq: toDbInteger(database, expectedSeq) };
      return (await collection.updateOne(filter, { $set: toDbState(database, wallet) }, options)).matched;
    },
    listDue: async ({ from, until, limit }) => {
      const filter = { dueAt: { $type: "date", $gte: toDbInstant(from), $lte: toDbInstant(until) } };
      const documents = await collection.find(filter, { sort: { dueAt: 1 }, limit });
      return documents.map((document) => ({
        accountId: fromDbText(document["accountId"], "accountId"),
        unit: fromDbText(document["unit"], "unit"),
        dueAt: fromDbInstant(document["dueAt"], "dueAt"),
      }));
    },
    setGates: async (accountId, gate, options) => {
      const range = { accountId, _id: { $gt: `${accountId}:`, $lt: `${accountId};` } };
      const documents = await collection.find(range, { ...options, sort: { _id: 1 }, limit: MAX_WALLETS });
      for (const wallet of documents.map(fromDbWallet)) {
        const change = { gate, dueAt: toDbInstantOrNull(dueAtOf({ ...wallet, gate })) };
        await collection.updateOne({ _id: wallet.id, accountId }, { $set: change }, options);
      }
    },
    list: async ({ accountId, afterId, limit }) => {
      const filter =
        accountId === undefined
          ? { _id: { $gt: afterId ?? "" } }
          : { accountId, _id: { $gt: afterId ?? `${accountId}:`, $lt: `${accountId};` } };
      const documents = await collection.find(filter, { sort: { _id: 1 }, limit });
      return documents.map(fromDbWallet);
    },
  };
}

function toDbState(database: Database, wallet: Wallet): Record<string, unknown> {
  const integer = (value: number): unknown => toDbInteger(database, value);
  return {
    schemaVersion: 1,
    seq: integer(wallet.seq),
    head: wallet.head,
    at: toDbInstant(wallet.at),
    gate: wallet.gate,
    policy: { ...wallet.policy, overdraftLimit: integer(wallet.policy.overdraftLimit) },
    alert: { ...wallet.alert, lowAt: wallet.alert.lowAt === null ? null : integer(wallet.alert.lowAt) },
    topUp: wallet.topUp === null ? null : toDbTopUp(database, wallet.topUp),
    nextHoldAt: toDbInstantOrNull(wallet.nextHoldAt),
    clocks: wallet.clocks.map((clock) => toDbClock(database, clock)),
    claims: wallet.claims.map((claim) => ({
      cause: claim.cause,
      frozenBy: [...claim.frozenBy],
      frozenAt: toDbInstantOrNull(claim.frozenAt),
      owed: integer(claim.owed),
    })),
    available: integer(wallet.available),
    pending: integer(wallet.pending),
    frozen: integer(wallet.frozen),
    held: integer(wallet.held),
    debt: integer(wallet.debt),
    dueAt: toDbInstantOrNull(wallet.dueAt),
    lots: wallet.lots.map((lot) => ({ id: lot.id, ...toDbOpenLot(database, lot) })),
    waiting: {
      count: integer(wallet.waiting.count),
      remaining: integer(wallet.waiting.remaining),
      nextAt: toDbInstantOrNull(wallet.waiting.nextAt),
    },
  };
}

function fromDbClaim(claim: StoredDocument): Claim {
  return {
    cause: fromDbText(claim["cause"], "cause"),
    frozenBy: fromDbList(claim["frozenBy"], "frozenBy", fromDbText),
    frozenAt: fromDbInstantOrNull(claim["frozenAt"], "frozenAt"),
    owed: fromDbAmount(claim["owed"], "owed"),
  };
}

function fromDbWallet(document: StoredDocument): Wallet {
  const waiting = fromDbDocument(document["waiting"], "waiting");
  const policy = fromDbDocument(document["policy"], "policy");
  const alert = fromDbDocument(document["alert"], "alert");
  return {
    id: fromDbText(document["_id"], "_id"),
    accountId: fromDbText(document["accountId"], "accountId"),
    unit: fromDbText(document["unit"], "unit"),
    seq: fromDbInteger(document["seq"], "seq"),
    head: fromDbText(document["head"], "head"),
    at: fromDbInstant(document["at"], "at"),
    gate: fromDbWord(document["gate"], GATES, "gate"),
    policy: {
      overdraftLimit: fromDbAmount(policy["overdraftLimit"], "policy.overdraftLimit"),
      debt: fromDbWord(policy["debt"], DEBT_POLICIES, "policy.debt"),
      blockInDebt: policy["blockInDebt"] === true,
      transfers: policy["transfers"] === true,
      clawbackFromLaterLots: policy["clawbackFromLaterLots"] === true,
      transferWaitDays: fromDbInteger(policy["transferWaitDays"], "policy.transferWaitDays"),
    },
    alert: {
      lowAt: alert["lowAt"] === null ? null : fromDbAmount(alert["lowAt"], "alert.lowAt"),
      channel: fromDbTextOrNull(alert["channel"], "alert.channel"),
      armed: alert["armed"] === true,
    },
    topUp: document["topUp"] === null ? null : fromDbTopUp(fromDbDocument(document["topUp"], "topUp")),
    nextHoldAt: fromDbInstantOrNull(document["nextHoldAt"], "nextHoldAt"),
    clocks: fromDbList(document["clocks"], "clocks", (element, path) => fromDbClock(fromDbDocument(element, path))),
    claims: fromDbList(document["claims"], "claims", (element, path) => fromDbClaim(fromDbDocument(element, path))),
    available: fromDbAmount(document["available"], "available"),
    pending: fromDbAmount(document["pending"], "pending"),
    frozen: fromDbAmount(document["frozen"], "frozen"),
    held: fromDbAmount(document["held"], "held"),
    debt: fromDbAmount(document["debt"], "debt"),
    dueAt: fromDbInstantOrNull(document["dueAt"], "dueAt"),
    lots: fromDbList(document["lots"], "lots", (element, path) => fromDbOpenLot(fromDbDocument(element, path), "id")),
    waiting: {
      count: fromDbInteger(waiting["count"], "waiting.count"),
      remaining: fromDbAmount(waiting["remaining"], "waiting.remaining"),
      nextAt: fromDbInstantOrNull(waiting["nextAt"], "waiting.nextAt"),
    },
  };
}
