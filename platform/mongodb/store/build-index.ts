import { duplicateKey } from "./change";
import type { Collection } from "./collection";
import { viewOf } from "./document";
import type { PlannedIndex } from "./index-specification";
import { Index } from "./secondary-index";
import { createTree, type Tree } from "./tree";

/** Builds the entries of a new index from the documents. Throws: DuplicateKey. */
export function buildIndex(
  collection: Collection,
  { definition }: PlannedIndex,
): { index: Index; entries: Tree<string> } {
  const index = new Index(definition);
  const entries = createTree<string>();
  for (const [idKey, bytes] of collection.live.documents.entries()) {
    const view = viewOf(bytes);
    for (const key of index.keysOf(view, idKey)) {
      if (!entries.set(key, idKey, false) && index.isUnique) throw duplicateKey(collection, index, view, key);
    }
  }
  return { index, entries };
}
