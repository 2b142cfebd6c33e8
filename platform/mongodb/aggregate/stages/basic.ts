import { numberedError } from "../../errors";
import type { Doc, Value } from "../../bson/values";
import { compileFilter } from "../../match/compile-filter";
import { compileSort } from "../../match/sort";
import { compileExpression } from "../expression";
import { isNullish } from "../operators/builder";
import { lazily, requireCount, requireSpec, type StageBuilder } from "./stage";

const match: StageBuilder = (spec, { context, variables }) => {
  const filter = compileFilter(requireSpec("$match", spec), {
    variables: new Map(variables),
    now: context.now,
    ...(context.collation === undefined ? {} : { collation: context.collation }),
  });
  return lazily(function* (input) {
    for (const doc of input) if (filter.matches(doc)) yield doc;
  });
};

const sort: StageBuilder = (spec, { context }) => {
  const sortSpec = requireSpec("$sort", spec);
  if (sortSpec.size === 0) throw numberedError(15976, "$sort stage must have at least one sort key");
  const order = compileSort(sortSpec, context.collation);
  return lazily(function* (input) {
    yield* [...input].sort(order);
  });
};

const limit: StageBuilder = (spec) => {
  const count = requireCount("$limit", spec, 1n);
  return lazily(function* (input) {
    let taken = 0;
    for (const doc of input) {
      yield doc;
      taken += 1;
      if (taken >= count) return;
    }
  });
};

const skip: StageBuilder = (spec) => {
  const count = requireCount("$skip", spec, 0n);
  return lazily(function* (input) {
    let seen = 0;
    for (const doc of input) {
      seen += 1;
      if (seen > count) yield doc;
    }
  });
};

const count: StageBuilder = (spec) => {
  if (typeof spec !== "string" || spec === "" || spec.startsWith("$") || spec.includes(".")) {
    throw numberedError(40156, "the count field must be a non-empty string that does not start with '$' or hold '.'");
  }
  return lazily(function* (input) {
    let total = 0;
    for (const _ of input) total += 1;
    if (total > 0) yield new Map([[spec, total]]);
  });
};

const sample: StageBuilder = (spec) => {
  const size = requireCount("$sample", requireSpec("$sample", spec).get("size"), 1n);
  return lazily(function* (input) {
    const docs = [...input];
    for (let taken = 0; taken < size && taken < docs.length; taken++) {
      const other = taken + Math.floor(Math.random() * (docs.length - taken));
      const chosen = docs[other];
      const moved = docs[taken];
      if (chosen === undefined || moved === undefined) return;
      docs[other] = moved;
      yield chosen;
    }
  });
};

const documents: StageBuilder = (spec, { order, variables }) => {
  const evaluate = compileExpression(spec, order);
  return lazily(function* () {
    const result = evaluate({ root: new Map(), variables });
    if (!Array.isArray(result)) throw numberedError(5858203, "$documents must evaluate to an array of objects");
    for (const doc of result) yield requireSpec("$documents", doc);
  });
};

interface Unwind {
  readonly path: readonly string[];
  readonly indexField: string | undefined;
  readonly keepsEmpty: boolean;
}

function readUnwind(spec: Value): Unwind {
  const path = spec instanceof Map ? spec.get("path") : spec;
  if (typeof path !== "string") throw numberedError(28808, "expected a string as the path for $unwind stage");
  if (!path.startsWith("$"))
    throw numberedError(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  const indexField = spec instanceof Map ? spec.get("includeArrayIndex") : undefined;
  if (indexField !== undefined && (typeof indexField !== "string" || indexField === "" || indexField.startsWith("$"))) {
    throw numberedError(28810, "expected a non-empty string for the includeArrayIndex option to $unwind stage");
  }
  const keepsEmpty = spec instanceof Map && spec.get("preserveNullAndEmptyArrays") === true;
  return { path: path.slice(1).split("."), indexField, keepsEmpty };
}

const unwind: StageBuilder = (spec) => {
  const plan = readUnwind(spec);
  return lazily(function* (input) {
    for (const doc of input) yield* unwound(doc, plan);
  });
};

function* unwound(doc: Doc, plan: Unwind): Generator<Doc> {
  const value = plan.path.reduce<Value | undefined>((at, name) => (at instanceof Map ? at.get(name) : undefined), doc);
  if (Array.isArray(value) && value.length > 0) {
    for (const [index, item] of value.entries()) yield indexed(withPath(doc, plan.path, item), plan, BigInt(index));
  } else if (!Array.isArray(value) && !isNullish(value)) yield indexed(doc, plan, null);
  else if (plan.keepsEmpty) yield indexed(Array.isArray(value) ? withPath(doc, plan.path, undefined) : doc, plan, null);
}

function indexed(doc: Doc, plan: Unwind, index: Value): Doc {
  return plan.indexField === undefined ? doc : withPath(doc, plan.indexField.split("."), index);
}

/** Copies a document with one path set, or removed when the value is undefined. */
export function withPath(doc: Doc, path: readonly string[], value: Value | undefined): Doc {
  const [name = "", ...rest] = path;
  const result = new Map(doc);
  if (rest.length > 0) {
    const inner = doc.get(name);
    result.set(name, withPath(inner instanceof Map ? inner : new Map(), rest, value));
  } else if (value === undefined) result.delete(name);
  else result.set(name, value);
  return result;
}

/** The stages that pass, order, cut or multiply documents. */
export const BASIC_STAGES: Readonly<Record<string, StageBuilder>> = {
  $match: match,
  $sort: sort,
  $limit: limit,
  $skip: skip,
  $count: count,
  $sample: sample,
  $documents: documents,
  $unwind: unwind,
};
