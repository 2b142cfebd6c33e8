import { boundsOf, combine, type KeyRange } from "../plan/bounds";
import type { Index } from "./secondary-index";
import type { Collection } from "./collection";
import type { Store } from "./store";
import { WriteBlocked } from "./transaction";

const deletionsPerIndex = 5_000;

/** Deletes the documents whose TTL index says that their time is over, through the normal write path, so that the log tells it. Returns how many. */
export function expireDocuments(store: Store, nowMs: number): number {
  let deleted = 0;
  for (const collection of store.catalogue.collections.values()) {
    deleted += expireByKey(store, collection, nowMs);
    for (const index of collection.indexes) {
      const { expireAfterSeconds } = index.definition;
      if (expireAfterSeconds === undefined) continue;
      for (const idKey of expiredIn(collection, index, new Date(nowMs - expireAfterSeconds * 1000))) {
        if (expireOne(store, collection, idKey)) deleted += 1;
      }
    }
  }
  return deleted;
}

/** Time series and clustered collections expire by the order in which their documents are kept. */
function expireByKey(store: Store, collection: Collection, nowMs: number): number {
  const { expireAfterSeconds } = collection.options;
  if (expireAfterSeconds === undefined) return 0;
  const expired = new Set<string>();
  for (const { low, high } of datesUpTo(new Date(nowMs - expireAfterSeconds * 1000), false)) {
    for (const [key] of collection.live.documents.entries(low)) {
      if (key >= high || expired.size >= deletionsPerIndex) break;
      expired.add(key);
    }
  }
  let deleted = 0;
  for (const key of expired) if (expireOne(store, collection, key)) deleted += 1;
  return deleted;
}

/** Only dates expire: the bounds of a date range hold nothing else. */
function expiredIn(collection: Collection, index: Index, before: Date): Set<string> {
  const isDescending = index.descending[0] === true;
  const expired = new Set<string>();
  for (const { low, high } of datesUpTo(before, isDescending)) {
    for (const [key, idKey] of collection.live.entries.get(index)?.entries(low) ?? []) {
      if (key >= high || expired.size >= deletionsPerIndex) break;
      expired.add(idKey);
    }
  }
  return expired;
}

function datesUpTo(last: Date, isDescending: boolean): readonly KeyRange[] {
  const bounds = boundsOf([{ path: "", operator: "$lte", operand: last }], {
    isDescending,
    isMultikey: false,
    isSimpleCollation: true,
  });
  return bounds === undefined ? [] : combine([bounds]);
}

function expireOne(store: Store, collection: Collection, idKey: string): boolean {
  const before = collection.live.documents.get(idKey);
  if (before === undefined) return false;
  const isSilent = collection.options.timeSeries !== undefined;
  try {
    store.writeNow({ collection, idKey, before, after: undefined, isReplacement: false, isSilent }, {});
    return true;
  } catch (error) {
    // A transaction is writing it; the next sweep looks again.
    if (error instanceof WriteBlocked) return false;
    throw error;
  }
}
