import { burnKey } from "../../domain/burn-key";
import type { Instant } from "../../domain/instant";
import { type OpenLot, nextDueAt } from "../../domain/lot";
import { earliest } from "../../domain/wallet";
import { type LoadedLots, type LotStateChange, NOTHING_LOADED } from "../../domain/close-draft";
import type { Database, OperationOptions } from "../../ports/collection";
import { fromDbOpenLot, toDbOpenLot } from "./lot-mapping";
import { toDbInstantOrNull } from "./mapping";

const LOTS_PER_PAGE = 1000;

type WalletName = { readonly id: string; readonly accountId: string };

/** Which waiting lots to load: the first in burn order, those with something due, and some by name. */
export interface WantedLots {
  readonly first: boolean;
  readonly due: boolean;
  readonly ids: readonly string[];
}

/** The collection `lotStates`: what is left in the open lots that wait outside the wallet. */
export interface LotStates {
  load(wallet: WalletName, wanted: WantedLots, at: Instant, options?: OperationOptions): Promise<LoadedLots>;
  listAll(wallet: WalletName): Promise<readonly OpenLot[]>;
  save(wallet: WalletName, changes: readonly LotStateChange[], options: OperationOptions): Promise<void>;
}

/** Opens the collection `lotStates`. */
export function createLotStates(database: Database): LotStates {
  const collection = database.collection("lotStates");
  const waitingOf = (wallet: WalletName): Record<string, unknown> => ({
    accountId: wallet.accountId,
    walletId: wallet.id,
    state: "waiting",
  });
  const readLots = async (
    filter: Record<string, unknown>,
    options: OperationOptions & { readonly sort: Record<string, 1>; readonly limit: number },
  ): Promise<readonly OpenLot[]> =>
    (await collection.find(filter, options)).map((document) => fromDbOpenLot(document, "_id"));

  return {
    load: async (wallet, wanted, at, options = {}) => {
      if (!wanted.first && !wanted.due && wanted.ids.length === 0) return NOTHING_LOADED;
      const first = wanted.first
        ? await readLots(waitingOf(wallet), { ...options, sort: { burnKey: 1 }, limit: LOTS_PER_PAGE })
        : [];
      const due = wanted.due
        ? await readLots(
            { ...waitingOf(wallet), nextAt: { $lte: toDbInstantOrNull(at) } },
            { ...options, sort: { nextAt: 1 }, limit: LOTS_PER_PAGE },
          )
        : [];
      const named =
        wanted.ids.length === 0
          ? []
          : await readLots(
              { ...waitingOf(wallet), _id: { $in: [...wanted.ids] } },
              { ...options, sort: { _id: 1 }, limit: wanted.ids.length },
            );
      const known = new Set([...first, ...due, ...named].map((lot) => lot.id));
      // One more than are known: the first that is not known has the next due instant of the others.
      const upcoming = await readLots(
        { ...waitingOf(wallet), nextAt: { $gt: new Date(0) } },
        { ...options, sort: { nextAt: 1 }, limit: known.size + 1 },
      );
      const nextAtOfOthers = earliest(upcoming.filter((lot) => !known.has(lot.id)).map(nextDueAt));
      return { first, others: [...due, ...named], nextAtOfOthers };
    },
    listAll: async (wallet) => {
      const lots: OpenLot[] = [];
      for (let afterKey = ""; ;) {
        const filter = { ...waitingOf(wallet), burnKey: { $gt: afterKey } };
        const page = await readLots(filter, { sort: { burnKey: 1 }, limit: LOTS_PER_PAGE });
        lots.push(...page);
        const last = page[page.length - 1];
        if (last === undefined || page.length < LOTS_PER_PAGE) return lots;
        afterKey = burnKey(last);
      }
    },
    save: async (wallet, changes, options) => {
      for (const change of changes) {
        await collection.updateOne(
          { _id: change.lot.id, accountId: wallet.accountId },
          { $set: toDbState(database, wallet, change) },
          { ...options, upsert: true },
        );
      }
    },
  };
}

function toDbState(
  database: Database,
  wallet: WalletName,
  { lot, state, nextAt }: LotStateChange,
): Record<string, unknown> {
  return {
    walletId: wallet.id,
    schemaVersion: 1,
    state,
    burnKey: burnKey(lot),
    nextAt: toDbInstantOrNull(nextAt),
    ...toDbOpenLot(database, lot),
  };
}
