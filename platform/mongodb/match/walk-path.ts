import { isArrayIndex } from "../bson/path";
import type { Doc, Value } from "../bson/values";

/** Collects on the way which array element made a filter match, for the positional `$`. */
export interface Details {
  index?: number;
}

/** Tests one value; a missing field is `undefined`. */
export type Predicate = (value: Value | undefined, details?: Details) => boolean;

/** Tests a document. */
export type Matcher = (doc: Doc, details?: Details) => boolean;

/**
 * Builds the matcher of a predicate at a path: true when any value the path leads to passes. Documents inside arrays on the way are entered; other elements are not.
 * `expand` says whether an array at the end of the path is also tried element by element.
 */
export function matchAtPath(path: string, predicate: Predicate, expand: boolean): Matcher {
  const test = expand ? expanding(predicate) : predicate;
  if (!path.includes(".")) return (doc, details) => test(doc.get(path), details);
  const walk = new PathWalk(path.split("."), test);
  return (doc, details) => walk.document(doc, 0, details);
}

function expanding(predicate: Predicate): Predicate {
  return (value, details) => {
    if (!Array.isArray(value)) return predicate(value);
    for (let index = 0; index < value.length; index++) {
      if (predicate(value[index])) {
        if (details !== undefined) details.index = index;
        return true;
      }
    }
    return predicate(value);
  };
}

class PathWalk {
  constructor(
    private readonly path: readonly string[],
    private readonly test: Predicate,
  ) {}

  document(doc: Doc, at: number, details: Details | undefined): boolean {
    return this.onward(doc.get(this.path[at] ?? ""), at + 1, details);
  }

  private onward(value: Value | undefined, at: number, details: Details | undefined): boolean {
    if (at === this.path.length) return this.test(value, details);
    if (value instanceof Map) return this.document(value, at, details);
    return Array.isArray(value) ? this.array(value, at, details) : this.test(undefined, details);
  }

  private array(items: readonly Value[], at: number, details: Details | undefined): boolean {
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (item instanceof Map && this.document(item, at, details)) {
        if (details !== undefined) details.index = index;
        return true;
      }
    }
    const component = this.path[at] ?? "";
    if (!isArrayIndex(component) || Number(component) >= items.length) return false;
    return this.onward(items[Number(component)], at + 1, details);
  }
}
