import { compileExpression, type Evaluator } from "../aggregate/expression";
import { numberedError, serverError } from "../errors";
import { compare } from "../bson/order";
import { lookup } from "../bson/path";
import { toWhole } from "../bson/numeric";
import { isNumeric } from "../bson/types";
import type { Doc, Value } from "../bson/values";
import type { Comparator } from "./collation";
import { compileFilter, type Filter } from "./compile-filter";
import { isLiteralDoc, isOperatorDoc, isTrue } from "./conditions";
import { type Branch, type Entry, type Mode, ProjectionTree } from "./projection-tree";

/** Projects a document; `variables` are what its expressions may use. */
export type Projection = (doc: Doc, variables?: ReadonlyMap<string, Value | undefined>) => Doc;

const NO_VARIABLES: ReadonlyMap<string, Value | undefined> = new Map();

/**
 * Compiles the projection of a `find`. The filter is needed for the positional `a.$`, which keeps the element that made the document match.
 * Throws: the server's numbered errors for mixed or colliding specifications.
 */
export function compileProjection(spec: Doc, filter?: Filter): Projection {
  const parser = new SpecParser(true, filter, filter?.order ?? compare);
  return parser.compile(spec);
}

/** Compiles the aggregation stage `$project`, where `$slice` and the like are expressions. */
export function compileProjectStage(spec: Doc, order: Comparator): Projection {
  if (spec.size === 0) throw numberedError(51272, "projection specification must have at least one field");
  return new SpecParser(false, undefined, order).compile(spec);
}

/** Compiles the aggregation stages `$addFields` and `$set`. */
export function compileAddFields(spec: Doc, order: Comparator): Projection {
  const root: Branch = { kind: "branch", fields: new Map() };
  const addAll = (fields: Doc, prefix: string): void => {
    for (const [name, value] of fields) {
      const path = prefix + name;
      if (value instanceof Map && value.size > 0 && !isOperatorDoc(value)) addAll(value, `${path}.`);
      else addEntry(root, path, { kind: "compute", evaluate: compileExpression(value, order) });
    }
  };
  addAll(spec, "");
  return toProjection(root, "addition");
}

function toProjection(root: Branch, mode: Mode): Projection {
  const tree = new ProjectionTree(root, mode);
  return (doc, variables = NO_VARIABLES) => tree.apply(doc, { root: doc, variables });
}

function addEntry(root: Branch, path: string, entry: Entry): void {
  const parts = path.split(".");
  let branch = root;
  for (const [index, part] of parts.entries()) {
    if (part === "") throw numberedError(40353, "FieldPath must not end with a '.' or hold an empty field name.");
    if (part.startsWith("$"))
      throw numberedError(16410, `FieldPath field names may not start with '$'. Given '${part}'`);
    const known = branch.fields.get(part);
    if (index === parts.length - 1) {
      if (known !== undefined) throw numberedError(31250, `Path collision at ${path}`);
      branch.fields.set(part, entry);
    } else if (known === undefined) {
      const next: Branch = { kind: "branch", fields: new Map() };
      branch.fields.set(part, next);
      branch = next;
    } else if (known.kind === "branch") branch = known;
    else throw numberedError(31249, `Path collision at ${path} remaining portion ${parts.slice(index + 1).join(".")}`);
  }
}

class SpecParser {
  private readonly root: Branch = { kind: "branch", fields: new Map() };
  private mode: Mode | undefined;
  private idEntry: "include" | "exclude" | undefined;

  constructor(
    private readonly isFind: boolean,
    private readonly filter: Filter | undefined,
    private readonly order: Comparator,
  ) {}

  compile(spec: Doc): Projection {
    this.addFields(spec, "");
    const mode = this.mode ?? (this.idEntry === "include" ? "inclusion" : "exclusion");
    if (this.idEntry === "exclude" && mode === "exclusion") addEntry(this.root, "_id", { kind: "exclude" });
    if (mode === "inclusion" && this.idEntry !== "exclude" && !this.root.fields.has("_id")) {
      addEntry(this.root, "_id", { kind: "include" });
    }
    return toProjection(this.root, mode);
  }

  private addFields(spec: Doc, prefix: string): void {
    for (const [name, value] of spec) this.addField(prefix + name, value);
  }

  private addField(path: string, value: Value): void {
    if (typeof value === "boolean" || isNumeric(value)) this.addFlag(path, isTrue(value));
    else if (this.isFind && isOperatorDoc(value) && value.has("$slice"))
      this.addSlice(path, value.get("$slice") ?? null);
    else if (this.isFind && isOperatorDoc(value) && value.has("$elemMatch"))
      this.addElemMatch(path, value.get("$elemMatch") ?? null);
    else if (this.isFind && isOperatorDoc(value) && value.has("$meta")) {
      throw serverError("NotImplemented", "$meta projections are not implemented");
    } else if (isLiteralDoc(value)) {
      if (value.size === 0)
        throw numberedError(51270, "An empty sub-projection is not a valid value. Found empty object at path");
      this.addFields(value, `${path}.`);
    } else this.addComputed(path, compileExpression(value, this.order));
  }

  private addFlag(path: string, isIncluded: boolean): void {
    if (path === "_id") {
      if (this.idEntry !== undefined) throw numberedError(31250, "Path collision at _id");
      this.idEntry = isIncluded ? "include" : "exclude";
      return;
    }
    if (path.endsWith(".$") && this.isFind) {
      this.addPositional(path.slice(0, -2));
      return;
    }
    this.setMode(isIncluded ? "inclusion" : "exclusion", path);
    addEntry(this.root, path, { kind: isIncluded ? "include" : "exclude" });
  }

  private setMode(mode: Mode, path: string): void {
    this.mode ??= mode;
    if (this.mode === mode) return;
    if (mode === "inclusion")
      throw numberedError(31253, `Cannot do inclusion on field ${path} in exclusion projection`);
    throw numberedError(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
  }

  private addComputed(path: string, evaluate: Evaluator): void {
    this.setMode("inclusion", path);
    addEntry(this.root, path, { kind: "compute", evaluate });
  }

  private addSlice(path: string, operand: Value): void {
    const [first, second] = (Array.isArray(operand) ? operand : [operand]).map((part) => toWhole(part));
    if (
      first === undefined ||
      (Array.isArray(operand) && (second === undefined || second <= 0n || operand.length !== 2))
    ) {
      throw numberedError(
        28667,
        "Invalid $slice syntax: a number, or an array of a number and a positive limit, is needed",
      );
    }
    const change = (value: Value): Value => (Array.isArray(value) ? sliced(value, Number(first), second) : value);
    addEntry(this.root, path, { kind: "change", change });
  }

  private addElemMatch(path: string, operand: Value): void {
    if (path.includes(".")) throw numberedError(31275, "Cannot use $elemMatch projection on a nested field");
    if (!(operand instanceof Map)) throw numberedError(31274, "elemMatch: Invalid argument, object required");
    this.setMode("inclusion", path);
    const filter = compileFilter(new Map([["a", new Map([["$elemMatch", operand]])]]));
    const change = (value: Value): Value | undefined => {
      if (!Array.isArray(value)) return undefined;
      const index = filter.arrayIndex(new Map([["a", value]]));
      const found = index === undefined ? undefined : value[index];
      return found === undefined ? undefined : [found];
    };
    addEntry(this.root, path, { kind: "change", change });
  }

  private addPositional(path: string): void {
    this.setMode("inclusion", path);
    const { filter } = this;
    if (filter === undefined) throw numberedError(31277, "positional projection needs the query of a find");
    const evaluate: Evaluator = ({ root }) => {
      const value = lookup(root, path);
      if (!Array.isArray(value)) return value;
      const index = filter.arrayIndex(root);
      const found = index === undefined ? undefined : value[index];
      if (found === undefined) {
        throw numberedError(51246, "positional operator '.$' couldn't find a matching element in the array");
      }
      return [found];
    };
    addEntry(this.root, path, { kind: "change", change: (_value, scope) => evaluate(scope) });
  }
}

function sliced(items: readonly Value[], first: number, limit: bigint | undefined): Value[] {
  if (limit === undefined) return first >= 0 ? items.slice(0, first) : items.slice(first);
  const start = first >= 0 ? first : Math.max(items.length + first, 0);
  return items.slice(start, start + Number(limit));
}
