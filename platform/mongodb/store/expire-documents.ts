import { boundsOf, combine } from "../plan/bounds";
import type { Index } from "./secondary-index";
import type { Collection } from "./collection";
import type { Store } from "./store";
import { WriteBlocked } from "./transaction";

const deletionsPerIndex = 5_000;

/** Deletes the documents whose TTL index says that their time is over, through the normal write path, so that the log tells it. Returns how many. */
export function expireDocuments(store: Store, nowMs: number): number {
  let deleted = 0;
  for (const collection of store.catalogue.collections.values()) {
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

/** Only dates expire: the bounds of a date range hold nothing else. */
function expiredIn(collection: Collection, index: Index, before: Date): Set<string> {
  const isDescending = index.descending[0] === true;
  const bounds = boundsOf([{ path: "", operator: "$lte", operand: before }], {
    isDescending,
    isMultikey: false,
    isSimpleCollation: true,
  });
  const expired = new Set<string>();
  for (const { low, high } of bounds === undefined ? [] : combine([bounds])) {
    for (const [key, idKey] of collection.live.entries.get(index)?.entries(low) ?? []) {
      if (key >= high || expired.size >= deletionsPerIndex) break;
      expired.add(idKey);
    }
  }
  return expired;
}

function expireOne(store: Store, collection: Collection, idKey: string): boolean {
  const before = collection.live.documents.get(idKey);
  if (before === undefined) return false;
  try {
    store.writeNow({ collection, idKey, before, after: undefined, isReplacement: false }, {});
    return true;
  } catch (error) {
    // A transaction is writing it; the next sweep looks again.
    if (error instanceof WriteBlocked) return false;
    throw error;
  }
}
