import type { LotFact } from "../../domain/lot";
import type { Database, OperationOptions } from "../../ports/collection";
import { toDbLotTerms } from "./lot-mapping";
import { toDbInstant, toDbInteger } from "./mapping";

/** The collection `lots`: the immutable facts of every grant; insert only. */
export interface Lots {
  insert(lots: readonly LotFact[], options: OperationOptions): Promise<void>;
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
          grantedAt: toDbInstant(lot.grantedAt),
        })),
        options,
      ),
  };
}
