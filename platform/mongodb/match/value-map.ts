import BTree from "sorted-btree";
import { encodeKey } from "../bson/keystring";
import { compare } from "../bson/order";
import type { Value } from "../bson/values";
import type { Comparator } from "./collation";

interface Entry<Content> {
  readonly value: Value;
  content: Content;
}

const ASCENDING = [false];

/** A map by values that are equal in some order, as 1 and the long 1 are, or "a" and "A" by a collation; it keeps the order they came in. */
export class ValueMap<Content> {
  private readonly entries: Entry<Content>[] = [];
  private readonly byKey = new Map<string, Entry<Content>>();
  /** A collation gives no keys, only an order, so that its values are kept in a tree. */
  private readonly byOrder: BTree<Value, Entry<Content>> | undefined;

  constructor(order: Comparator) {
    if (order !== compare) this.byOrder = new BTree<Value, Entry<Content>>(undefined, order);
  }

  get size(): number {
    return this.entries.length;
  }

  get(value: Value): Content | undefined {
    return this.find(value)?.content;
  }

  has(value: Value): boolean {
    return this.find(value) !== undefined;
  }

  /** Adds a value unless one that is equal is there already. */
  add(value: Value, content: Content): void {
    if (this.byOrder === undefined) {
      const key = encodeKey([value], ASCENDING);
      if (this.byKey.has(key)) return;
      const entry = { value, content };
      this.byKey.set(key, entry);
      this.entries.push(entry);
    } else if (!this.byOrder.has(value)) {
      const entry = { value, content };
      this.byOrder.set(value, entry);
      this.entries.push(entry);
    }
  }

  /** The values, of equal ones the first. */
  values(): Value[] {
    return this.entries.map((entry) => entry.value);
  }

  contents(): Content[] {
    return this.entries.map((entry) => entry.content);
  }

  private find(value: Value): Entry<Content> | undefined {
    return this.byOrder === undefined ? this.byKey.get(encodeKey([value], ASCENDING)) : this.byOrder.get(value);
  }
}

/** Gathers distinct values. */
export function distinctBy(values: Iterable<Value>, order: Comparator): ValueMap<true> {
  const set = new ValueMap<true>(order);
  for (const value of values) set.add(value, true);
  return set;
}
