import { burnKey } from "../../domain/burn-key";
import type { Instant } from "../../domain/instant";
import { type OpenLot, nextDueAt, unscopedUnits } from "../../domain/lot";
import { type WalletName, earliest } from "../../domain/wallet";
import { type LoadedLots, type LotStateChange, NOTHING_LOADED } from "../../domain/close-draft";
import type { Database, OperationOptions } from "../../ports/collection";
import { fromDbOpenLot, toDbOpenLot } from "./lot-mapping";
import { toDbInstantOrNull } from "./mapping";

const LOTS_PER_PAGE = 1000;
const LOTS_AT_FIRST = 64;

/** Which waiting lots to load: the first in burn order, those with something due, and some by name. */
export interface WantedLots {
  /** How many units the embedded lots lack; 0 = the waiting lots need not pay. */
  readonly missing: number;
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

  const readFirst = async (wallet: WalletName, missing: number, at: Instant, options: OperationOptions) => {
    const page = (limit: number): Promise<readonly OpenLot[]> =>
      readLots(waitingOf(wallet), { ...options, sort: { burnKey: 1 }, limit });
    const few = await page(LOTS_AT_FIRST);
    // Mostly the next few lots pay; only when they do not cover what is missing are all read that one operation may touch.
    return few.length < LOTS_AT_FIRST || unscopedUnits(few, at) >= missing ? few : page(LOTS_PER_PAGE);
  };
  const readUpcoming = async (wallet: WalletName, known: ReadonlySet<string>, options: OperationOptions) => {
    // One more than are known: the first that is not known has the next due instant of the others.
    const filter = { ...waitingOf(wallet), nextAt: { $gt: new Date(0) } };
    const upcoming = await readLots(filter, { ...options, sort: { nextAt: 1 }, limit: known.size + 1 });
    return earliest(upcoming.filter((lot) => !known.has(lot.id)).map(nextDueAt));
  };

  return {
    load: async (wallet, wanted, at, options = {}) => {
      if (wanted.missing === 0 && !wanted.due && wanted.ids.length === 0) return NOTHING_LOADED;
      const first = wanted.missing === 0 ? [] : await readFirst(wallet, wanted.missing, at, options);
      const dueFilter = { ...waitingOf(wallet), nextAt: { $lte: toDbInstantOrNull(at) } };
      const due = wanted.due
        ? await readLots(dueFilter, { ...options, sort: { nextAt: 1 }, limit: LOTS_PER_PAGE })
        : [];
      const namedFilter = { ...waitingOf(wallet), _id: { $in: [...wanted.ids] } };
      const named =
        wanted.ids.length === 0
          ? []
          : await readLots(namedFilter, { ...options, sort: { _id: 1 }, limit: wanted.ids.length });
      const known = new Set([...first, ...due, ...named].map((lot) => lot.id));
      return { first, others: [...due, ...named], nextAtOfOthers: await readUpcoming(wallet, known, options) };
    },
    listAll: (wallet) =>
      readAllPages((afterKey) =>
        readLots({ ...waitingOf(wallet), burnKey: { $gt: afterKey } }, { sort: { burnKey: 1 }, limit: LOTS_PER_PAGE }),
      ),
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

async function readAllPages(readPage: (afterKey: string) => Promise<readonly OpenLot[]>): Promise<readonly OpenLot[]> {
  const lots: OpenLot[] = [];
  for (let afterKey = ""; ;) {
    const page = await readPage(afterKey);
    lots.push(...page);
    const last = page[page.length - 1];
    if (last === undefined || page.length < LOTS_PER_PAGE) return lots;
    afterKey = burnKey(last);
  }
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
