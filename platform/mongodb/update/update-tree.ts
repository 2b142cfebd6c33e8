import { serverError } from "../errors";
import { isArrayIndex } from "../bson/path";
import type { Doc, Timestamp, Value } from "../bson/values";

/** What a modifier may look at besides the value it changes. */
export interface ModifierContext {
  /** The whole document before the update. */
  readonly root: Doc;
  readonly now: Date;
  readonly timestamp: Timestamp;
}

/** The change of one value. */
export interface Modifier {
  /** Whether the modifier makes a field that is missing, and therefore needs the path to it. */
  readonly creates: boolean;
  /** Gives the new value; undefined removes the field, or leaves it missing. */
  apply(current: Value | undefined, context: ModifierContext, path: string): Value | undefined;
}

/** An update as a tree of paths: a leaf changes the value at its path, a branch holds the changes below it. */
export type UpdateNode = { readonly kind: "leaf"; readonly modifier: Modifier } | UpdateBranch;

/** The changes below one path; keys are field names, array positions, `$`, `$[]` and `$[identifier]`. */
export interface UpdateBranch {
  readonly kind: "branch";
  readonly children: Map<string, UpdateNode>;
}

/** One modifier and where it applies. */
export interface Change {
  readonly path: string;
  readonly modifier: Modifier;
}

const POSITIONAL = /^\$(?:\[(?:[a-z][a-zA-Z0-9]*)?\])?$/;

/**
 * Joins changes to a tree whose fields stand in the order in which the server creates them: by name, array positions by number.
 * Throws: ConflictingUpdateOperators when two changes meet on a path, and the error of a malformed path.
 */
export function buildUpdateTree(changes: readonly Change[]): UpdateBranch {
  const root: UpdateBranch = { kind: "branch", children: new Map() };
  for (const { path, modifier } of changes) insert(root, path, { kind: "leaf", modifier });
  return sorted(root);
}

function insert(root: UpdateBranch, path: string, leaf: UpdateNode): void {
  const parts = parseUpdatePath(path);
  let branch = root;
  for (const [index, part] of parts.entries()) {
    const known = branch.children.get(part);
    const isLast = index === parts.length - 1;
    if (known !== undefined && (isLast || known.kind === "leaf")) {
      const at = parts.slice(0, index + 1).join(".");
      throw serverError("ConflictingUpdateOperators", `Updating the path '${path}' would create a conflict at '${at}'`);
    }
    if (isLast) branch.children.set(part, leaf);
    else if (known?.kind === "branch") branch = known;
    else {
      const next: UpdateBranch = { kind: "branch", children: new Map() };
      branch.children.set(part, next);
      branch = next;
    }
  }
}

/** Splits an update path and refuses names that an update cannot address. */
export function parseUpdatePath(path: string): string[] {
  const parts = path.split(".");
  if (path === "") throw serverError("EmptyFieldName", "An empty update path is not valid.");
  for (const [index, part] of parts.entries()) {
    if (part === "") {
      throw serverError(
        "EmptyFieldName",
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      );
    }
    if (!part.startsWith("$")) continue;
    if (!POSITIONAL.test(part)) {
      throw serverError(
        "DollarPrefixedFieldName",
        `The dollar ($) prefixed field '${part}' in '${path}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      );
    }
    if (index === 0) {
      throw serverError(
        "BadValue",
        `Cannot have positional (i.e. '$') element in the first position in path '${path}'`,
      );
    }
  }
  if (parts.filter((part) => part === "$").length > 1) {
    throw serverError("BadValue", `Too many positional (i.e. '$') elements found in path '${path}'`);
  }
  return parts;
}

function sorted(branch: UpdateBranch): UpdateBranch {
  const children = [...branch.children].map(([name, node]): [string, UpdateNode] => [
    name,
    node.kind === "branch" ? sorted(node) : node,
  ]);
  children.sort(([a], [b]) => compareNames(a, b));
  return { kind: "branch", children: new Map(children) };
}

function compareNames(a: string, b: string): number {
  if (isArrayIndex(a) && isArrayIndex(b)) return Number(a) - Number(b);
  return a < b ? -1 : 1;
}

/** Joins two trees that meet on one array element. */
export function mergeNodes(a: UpdateNode, b: UpdateNode, path: string): UpdateNode {
  if (a.kind === "leaf" || b.kind === "leaf") {
    throw serverError("ConflictingUpdateOperators", `Update created a conflict at '${path}'`);
  }
  const children = new Map(a.children);
  for (const [name, node] of b.children) {
    const known = children.get(name);
    children.set(name, known === undefined ? node : mergeNodes(known, node, `${path}.${name}`));
  }
  return sorted({ kind: "branch", children });
}

/** Tells whether any change below needs its path made. */
export function createsPath(node: UpdateNode): boolean {
  if (node.kind === "leaf") return node.modifier.creates;
  for (const child of node.children.values()) if (createsPath(child)) return true;
  return false;
}
