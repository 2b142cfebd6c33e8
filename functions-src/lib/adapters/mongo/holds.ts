import { type Hold, type HoldTerms, LATE_CAPTURES } from "../../domain/hold";
import type { Instant } from "../../domain/instant";
import type { WalletName } from "../../domain/wallet";
import type { Database, OperationOptions, StoredDocument } from "../../ports/collection";
import { fromDbReceipt, toDbReceipt } from "./lot-mapping";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInteger,
} from "./mapping";

export const HOLD_STATES: readonly Hold["state"][] = ["open", "captured", "released", "expired"];
/** How many holds are read at once. */
export const HOLDS_PER_PAGE = 1000;

/** The collection `holds`: open and ended authorizations. */
export interface Holds {
  findByIds(wallet: WalletName, ids: readonly string[], options?: OperationOptions): Promise<readonly Hold[]>;
  /** Open holds of a wallet, the earliest deadline first; with an instant, those whose lease is over then. */
  listOpen(
    wallet: WalletName,
    page: { readonly until: Instant | null; readonly limit: number },
    options?: OperationOptions,
  ): Promise<readonly Hold[]>;
  save(holds: readonly Hold[], options: OperationOptions): Promise<void>;
}

/** Opens the collection `holds`. */
export function createHolds(database: Database): Holds {
  const collection = database.collection("holds");
  return {
    findByIds: async (wallet, ids, options) => {
      if (ids.length === 0) return [];
      const filter = { accountId: wallet.accountId, walletId: wallet.id, _id: { $in: [...ids] } };
      return (await collection.find(filter, { ...options, limit: ids.length })).map(fromDbHold);
    },
    listOpen: async (wallet, { until, limit }, options) => {
      const open = { accountId: wallet.accountId, walletId: wallet.id, state: "open" };
      const filter = until === null ? open : { ...open, expiresAt: { $lte: toDbInstant(until) } };
      return (await collection.find(filter, { ...options, sort: { expiresAt: 1 }, limit })).map(fromDbHold);
    },
    save: async (holds, options) => {
      for (const hold of holds) {
        const { id, accountId, ...rest } = toDbHold(database, hold);
        await collection.updateOne({ _id: id, accountId }, { $set: rest }, { ...options, upsert: true });
      }
    },
  };
}

/** Reads what a feature allows the captures of its holds. */
export function fromDbHoldTerms(value: unknown, field: string): HoldTerms {
  const terms = fromDbDocument(value, field);
  return {
    lateCapture: fromDbWord(terms["lateCapture"], LATE_CAPTURES, `${field}.lateCapture`),
    captureMore: terms["captureMore"] === true,
  };
}

function toDbHold(database: Database, hold: Hold): Record<string, unknown> {
  return {
    id: hold.id,
    accountId: hold.accountId,
    walletId: hold.walletId,
    schemaVersion: 1,
    state: hold.state,
    amount: toDbInteger(database, hold.amount),
    captured: toDbInteger(database, hold.captured),
    released: toDbInteger(database, hold.released),
    receipt: toDbReceipt(database, hold.receipt),
    feature: hold.feature,
    terms: { ...hold.terms },
    openedAt: toDbInstant(hold.openedAt),
    expiresAt: toDbInstant(hold.expiresAt),
    maxUntil: toDbInstant(hold.maxUntil),
  };
}

function fromDbHold(document: StoredDocument): Hold {
  return {
    id: fromDbText(document["_id"], "_id"),
    accountId: fromDbText(document["accountId"], "accountId"),
    walletId: fromDbText(document["walletId"], "walletId"),
    state: fromDbWord(document["state"], HOLD_STATES, "state"),
    amount: fromDbAmount(document["amount"], "amount"),
    captured: fromDbAmount(document["captured"], "captured"),
    released: fromDbAmount(document["released"], "released"),
    receipt: fromDbReceipt(document["receipt"], "receipt"),
    feature: fromDbTextOrNull(document["feature"], "feature"),
    terms: fromDbHoldTerms(document["terms"], "terms"),
    openedAt: fromDbInstant(document["openedAt"], "openedAt"),
    expiresAt: fromDbInstant(document["expiresAt"], "expiresAt"),
    maxUntil: fromDbInstant(document["maxUntil"], "maxUntil"),
  };
}
