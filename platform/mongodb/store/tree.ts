import BTree from "sorted-btree";

/** An ordered map from encoded key to value whose clone costs nothing until one side is written. */
export type Tree<V> = BTree<string, V>;

/** Greater than every encoded key that begins with what stands before it: encoded keys hold no character above U+00FF. */
export const afterPrefix = "\u0100";

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function createTree<V>(): Tree<V> {
  return new BTree<string, V>(undefined, compareKeys);
}
