import { serverError } from "../errors";
import { isIdentical } from "../bson/identical";
import { isArrayIndex } from "../bson/path";
import { show } from "../bson/show";
import type { Doc, Value } from "../bson/values";
import { createsPath, mergeNodes, type ModifierContext, type UpdateBranch, type UpdateNode } from "./update-tree";

/** Tests an array element against the array filter of an identifier. */
export type ElementTest = (element: Value) => boolean;

/** What an update tree needs to find its array elements. */
export interface TreeContext extends ModifierContext {
  readonly arrayIndex: number | undefined;
  readonly arrayFilters: ReadonlyMap<string, ElementTest>;
}

const MAX_PADDING = 1_500_000;

/** Applies an update tree; documents and arrays that do not change are shared with the input, which is never changed itself. */
export function applyTree(tree: UpdateBranch, doc: Doc, context: TreeContext): Doc {
  return new TreeWalk(context).document(tree, doc, "");
}

class TreeWalk {
  constructor(private readonly context: TreeContext) {}

  document(branch: UpdateBranch, doc: Doc, path: string): Doc {
    let result = doc;
    for (const [key, node] of branch.children) {
      const name = this.fieldName(key, path, doc);
      const before = doc.get(name);
      const after = this.node(node, before, join(path, name));
      if (after === before || isIdentical(after, before)) continue;
      if (result === doc) result = new Map(doc);
      if (after === undefined) result.delete(name);
      else result.set(name, after);
    }
    return result;
  }

  private fieldName(key: string, path: string, holder: Value): string {
    if (key === "$") return String(this.positional());
    if (!key.startsWith("$[")) return key;
    throw serverError("BadValue", `Cannot apply array updates to non-array element ${lastName(path)}: ${show(holder)}`);
  }

  private positional(): number {
    const { arrayIndex } = this.context;
    if (arrayIndex !== undefined) return arrayIndex;
    throw serverError("BadValue", "The positional operator did not find the match needed from the query.");
  }

  private node(node: UpdateNode, value: Value | undefined, path: string): Value | undefined {
    if (node.kind === "leaf") return node.modifier.apply(value, this.context, path);
    if (value instanceof Map) return this.document(node, value, path);
    if (Array.isArray(value)) return this.array(node, value, path);
    if (value === undefined) return this.missing(node, path);
    return this.scalar(node, value, path);
  }

  private missing(branch: UpdateBranch, path: string): Value | undefined {
    for (const key of branch.children.keys()) {
      if (key.startsWith("$[")) {
        throw serverError("BadValue", `The path '${path}' must exist in the document in order to apply array updates.`);
      }
    }
    if (!createsPath(branch)) return undefined;
    const made = this.document(branch, new Map(), path);
    return made.size === 0 ? undefined : made;
  }

  private scalar(branch: UpdateBranch, value: Value, path: string): Value {
    for (const [key, node] of branch.children) {
      const name = this.fieldName(key, path, value);
      if (createsPath(node)) {
        throw serverError(
          "PathNotViable",
          `Cannot create field '${name}' in element {${lastName(path)}: ${show(value)}}`,
        );
      }
    }
    return value;
  }

  private array(branch: UpdateBranch, items: Value[], path: string): Value[] {
    const changes = this.elements(branch, items, path);
    let result = items;
    for (const index of [...changes.keys()].sort((a, b) => a - b)) {
      const node = changes.get(index);
      const before = items[index];
      const after = node === undefined ? before : this.node(node, before, join(path, String(index)));
      if (after === before || isIdentical(after, before)) continue;
      if (result === items) result = [...items];
      setElement(result, index, after, path);
    }
    return result;
  }

  /** Finds which elements change and how; two changes that meet on one element are joined, or conflict. */
  private elements(branch: UpdateBranch, items: readonly Value[], path: string): Map<number, UpdateNode> {
    const changes = new Map<number, UpdateNode>();
    for (const [key, node] of branch.children) {
      for (const index of this.positions(key, node, items, path)) {
        const known = changes.get(index);
        changes.set(index, known === undefined ? node : mergeNodes(known, node, join(path, String(index))));
      }
    }
    return changes;
  }

  private positions(key: string, node: UpdateNode, items: readonly Value[], path: string): number[] {
    if (key === "$") return [this.positional()];
    if (key === "$[]") return [...items.keys()];
    if (key.startsWith("$[")) {
      const test = this.context.arrayFilters.get(key.slice(2, -1));
      return test === undefined ? [] : [...items.keys()].filter((index) => test(items[index] ?? null));
    }
    if (isArrayIndex(key)) return [Number(key)];
    if (!createsPath(node)) return [];
    throw serverError(
      "PathNotViable",
      `Cannot create field '${key}' in element {${lastName(path)}: ${show([...items])}}`,
    );
  }
}

function setElement(items: Value[], index: number, value: Value | undefined, path: string): void {
  // Removing an element from within would move the others, so the server leaves null in its place.
  if (value === undefined) {
    if (index < items.length) items[index] = null;
    return;
  }
  if (index - items.length > MAX_PADDING) {
    throw serverError("CannotBackfillArray", `can't backfill more than ${MAX_PADDING} elements of array '${path}'`);
  }
  while (items.length < index) items.push(null);
  items[index] = value;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
