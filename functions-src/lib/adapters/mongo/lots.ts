import { LOT_PARTS, type LotFact } from "../../domain/lot";
import type { WalletRef } from "../../domain/wallet";
import type { Database, OperationOptions, StoredDocument } from "../../ports/collection";
import { fromDbLotTerms, toDbLotTerms } from "./lot-mapping";
import { fromDbAmount, fromDbText, fromDbTextOrNull, fromDbWord, toDbInteger } from "./mapping";

const MAX_LOTS_OF_A_CAUSE = 1000;

/** The collection `lots`: the immutable facts of every grant; inserted and found, nothing else. */
export interface Lots {
  insert(lots: readonly LotFact[], options: OperationOptions): Promise<void>;
  /** The wallets that ever held parts of what a payment stands behind, on whatever shard; of at most 1,000 lots. */
  findHolders(cause: string, options?: OperationOptions): Promise<readonly WalletRef[]>;
  /** The lots of an account that the payment of a cause stands behind, at most 1,000. */
  findByRootCause(accountId: string, cause: string, options?: OperationOptions): Promise<readonly LotFact[]>;
  findByIds(accountId: string, ids: readonly string[], options?: OperationOptions): Promise<readonly LotFact[]>;
}

/** Opens the collection `lots`. */
export function createLots(database: Database): Lots {
  const collection = database.collection("lots");
  return {
    insert: (lots, options) =>
      collection.insertMany(
        lots.map((lot) => ({
          _id: lot.id,
          accountId: lot.accountId,
          walletId: lot.walletId,
          schemaVersion: 1,
          ...toDbLotTerms(database, lot),
          granted: toDbInteger(database, lot.granted),
          causeKey: lot.causeKey,
          part: lot.part,
          parentLotId: lot.parentLotId,
        })),
        options,
      ),
    findByRootCause: async (accountId, cause, options) => {
      const filter = { accountId, rootCause: cause };
      return (await collection.find(filter, { ...options, limit: MAX_LOTS_OF_A_CAUSE })).map(fromDbLotFact);
    },
    findHolders: async (cause, options) => {
      const documents = await collection.find({ rootCause: cause }, { ...options, limit: MAX_LOTS_OF_A_CAUSE });
      const holders = new Map<string, WalletRef>();
      for (const { accountId, walletId } of documents.map(fromDbLotFact)) {
        holders.set(walletId, { accountId, unit: walletId.slice(accountId.length + 1) });
      }
      return [...holders.values()];
    },
    findByIds: async (accountId, ids, options) => {
      if (ids.length === 0) return [];
      const filter = { accountId, _id: { $in: [...ids] } };
      return (await collection.find(filter, { ...options, limit: ids.length })).map(fromDbLotFact);
    },
  };
}

function fromDbLotFact(document: StoredDocument): LotFact {
  return {
    ...fromDbLotTerms(document),
    id: fromDbText(document["_id"], "_id"),
    accountId: fromDbText(document["accountId"], "accountId"),
    walletId: fromDbText(document["walletId"], "walletId"),
    granted: fromDbAmount(document["granted"], "granted"),
    causeKey: fromDbText(document["causeKey"], "causeKey"),
    part: fromDbWord(document["part"], LOT_PARTS, "part"),
    parentLotId: fromDbTextOrNull(document["parentLotId"], "parentLotId"),
  };
}
