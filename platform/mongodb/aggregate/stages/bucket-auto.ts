import { numberedError, serverError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { compileGroupField, type GroupField } from "../accumulators";
import { compileExpression, type Scope } from "../expression";
import { checkNames } from "../operators/builder";
import { lazily, requireSpec, type StageBuilder } from "./stage";

interface Row {
  readonly key: Value;
  readonly scope: Scope;
}

/** Compiles the `output` of a bucket stage, which counts when nothing else is asked for. */
export function compileOutput(output: Value | undefined, order: Comparator): readonly GroupField[] {
  if (output instanceof Map) return [...output].map(([name, field]) => compileGroupField(name, field, order));
  return [compileGroupField("count", new Map([["$sum", 1]]), order)];
}

/** Spreads documents over about equally full buckets; equal values never part. */
export const bucketAuto: StageBuilder = (spec, { order, variables }) => {
  const doc = requireSpec("$bucketAuto", spec);
  checkNames("$bucketAuto", doc, ["groupBy", "buckets"], ["output", "granularity"]);
  if (doc.has("granularity")) throw serverError("NotImplemented", "$bucketAuto with a granularity is not implemented");
  const buckets = toWhole(doc.get("buckets"));
  if (buckets === undefined || buckets < 1n)
    throw numberedError(40243, "The $bucketAuto 'buckets' field must be greater than 0");
  const fields = compileOutput(doc.get("output"), order);
  const evaluate = compileExpression(doc.get("groupBy") ?? null, order);
  return lazily(function* (input) {
    const rows = [...input].map((root): Row => {
      const scope = { root, variables };
      return { key: evaluate(scope) ?? null, scope };
    });
    rows.sort((a, b) => order(a.key, b.key));
    yield* filled(rows, Number(buckets), order).map((bucket, index, all) =>
      describe(bucket, all[index + 1]?.[0]?.key, fields),
    );
  });
};

function filled(rows: readonly Row[], count: number, order: Comparator): (readonly Row[])[] {
  const size = Math.max(Math.round(rows.length / count), 1);
  const buckets: (readonly Row[])[] = [];
  for (let start = 0; start < rows.length;) {
    let end = buckets.length === count - 1 ? rows.length : Math.min(start + size, rows.length);
    while (end < rows.length && order(rows[end]?.key, rows[end - 1]?.key) === 0) end += 1;
    buckets.push(rows.slice(start, end));
    start = end;
  }
  return buckets;
}

/** A bucket ends where the next begins, and the last one with its greatest value. */
function describe(rows: readonly Row[], nextMin: Value | undefined, fields: readonly GroupField[]): Doc {
  const id: Doc = new Map([
    ["min", rows[0]?.key ?? null],
    ["max", nextMin ?? rows.at(-1)?.key ?? null],
  ]);
  const result: Doc = new Map([["_id", id]]);
  for (const field of fields) {
    const gathered = field.create();
    for (const { scope } of rows) gathered.add(field.evaluate(scope), scope);
    result.set(field.name, gathered.result());
  }
  return result;
}
