import type { Evaluator, Scope } from "../aggregate/expression";
import type { Doc, Value } from "../bson/values";

/** What a projection does with one field: keep it, drop it, compute it, change its value, or go on inside it. */
export type Entry =
  | { readonly kind: "include" }
  | { readonly kind: "exclude" }
  | { readonly kind: "compute"; readonly evaluate: Evaluator }
  | { readonly kind: "change"; change(value: Value, scope: Scope): Value | undefined }
  | Branch;

/** The fields a projection names at one level. */
export interface Branch {
  readonly kind: "branch";
  readonly fields: Map<string, Entry>;
}

/** What happens to fields the projection does not name: `inclusion` drops them, the other two keep them. */
export type Mode = "inclusion" | "exclusion" | "addition";

const EMPTY: Doc = new Map();

/** Applies a projection tree to documents; fields keep the document's order, and computed ones follow in the projection's order. */
export class ProjectionTree {
  constructor(
    private readonly root: Branch,
    private readonly mode: Mode,
  ) {}

  apply(doc: Doc, scope: Scope): Doc {
    return this.document(this.root, doc, scope);
  }

  private document(branch: Branch, doc: Doc, scope: Scope): Doc {
    const result: Doc = new Map();
    for (const [name, value] of doc) {
      const entry = branch.fields.get(name);
      const kept = entry === undefined ? this.unnamed(value) : this.field(entry, value, scope);
      if (kept !== undefined) result.set(name, kept);
    }
    this.addComputed(branch, doc, result, scope);
    return result;
  }

  private unnamed(value: Value): Value | undefined {
    return this.mode === "inclusion" ? undefined : value;
  }

  private field(entry: Entry, value: Value, scope: Scope): Value | undefined {
    switch (entry.kind) {
      case "include":
        return value;
      case "exclude":
        return undefined;
      case "change":
        return entry.change(value, scope);
      case "compute":
        // An added field takes the place of the old one; beside included fields, computed ones come last.
        return this.mode === "addition" ? entry.evaluate(scope) : undefined;
      case "branch":
        return this.inside(entry, value, scope);
    }
  }

  private inside(branch: Branch, value: Value, scope: Scope): Value | undefined {
    if (value instanceof Map) return this.document(branch, value, scope);
    if (Array.isArray(value)) {
      return value.flatMap((item) => {
        const kept = this.inside(branch, item, scope);
        return kept === undefined ? [] : [kept];
      });
    }
    if (this.mode === "exclusion") return value;
    return computes(branch) ? this.document(branch, EMPTY, scope) : this.unnamed(value);
  }

  private addComputed(branch: Branch, doc: Doc, result: Doc, scope: Scope): void {
    for (const [name, entry] of branch.fields) {
      const isNew = !doc.has(name);
      if (entry.kind === "compute" && (isNew || this.mode !== "addition")) {
        const value = entry.evaluate(scope);
        if (value !== undefined) result.set(name, value);
      } else if (entry.kind === "branch" && isNew && computes(entry)) {
        result.set(name, this.document(entry, EMPTY, scope));
      }
    }
  }
}

function computes(branch: Branch): boolean {
  for (const entry of branch.fields.values()) {
    if (entry.kind === "compute" || (entry.kind === "branch" && computes(entry))) return true;
  }
  return false;
}
