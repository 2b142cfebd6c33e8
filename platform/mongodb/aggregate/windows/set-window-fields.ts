import { numberedError } from "../../errors";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { compileSortBy } from "../../match/sort";
import { compileExpression, readPath, type Scope } from "../expression";
import { checkNames } from "../operators/builder";
import { withPath } from "../stages/basic";
import { lazily, requireSpec, type StageBuilder } from "../stages/stage";
import { compileWindowFunction, type Partition, type WindowFunction } from "./window-function";

interface Output {
  readonly path: readonly string[];
  readonly compute: WindowFunction;
}

interface Row {
  readonly scope: Scope;
  readonly key: Value;
}

const setWindowFields: StageBuilder = (spec, { order: compareKeys, variables }) => {
  const doc = requireSpec("$setWindowFields", spec);
  checkNames("$setWindowFields", doc, ["output"], ["partitionBy", "sortBy"]);
  const sortBy = doc.has("sortBy") ? requireSpec("$setWindowFields 'sortBy'", doc.get("sortBy")) : undefined;
  const outputs = [...requireSpec("$setWindowFields 'output'", doc.get("output"))].map(([name, field]): Output => ({
    path: name.split("."),
    compute: compileWindowFunction(name, field, { sortBy, order: compareKeys }),
  }));
  const keyOf = compileExpression(doc.get("partitionBy") ?? null, compareKeys);
  const order = sortBy === undefined ? () => 0 : compileSortBy(sortBy, compareKeys);
  return lazily(function* (input) {
    const rows = [...input].map((root): Row => {
      const scope = { root, variables };
      return { scope, key: readKey(keyOf(scope)) };
    });
    rows.sort((a, b) => compareKeys(a.key, b.key) || order(a.scope.root, b.scope.root));
    for (const part of partitions(rows, compareKeys)) yield* computed(part, sortBy, order, outputs);
  });
};

function readKey(key: Value | undefined): Value {
  if (Array.isArray(key)) throw numberedError(5371601, "An expression used to partition cannot evaluate to an array");
  return key ?? null;
}

function* partitions(rows: readonly Row[], compareKeys: Comparator): Generator<readonly Row[]> {
  let start = 0;
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (next !== undefined && compareKeys(next.key, row.key) === 0) continue;
    yield rows.slice(start, index + 1);
    start = index + 1;
  }
}

function* computed(
  rows: readonly Row[],
  sortBy: Doc | undefined,
  order: (a: Doc, b: Doc) => number,
  outputs: readonly Output[],
): Generator<Doc> {
  const scopes = rows.map((row) => row.scope);
  const path = sortBy?.size === 1 ? (sortBy.keys().next().value ?? "").split(".") : undefined;
  const partition: Partition = {
    scopes,
    sortValues: scopes.map(({ root }) => (path === undefined ? null : (readPath(root, path, 0) ?? null))),
    isTied: (place) => {
      const [before, own] = [scopes[place - 1], scopes[place]];
      return before !== undefined && own !== undefined && order(before.root, own.root) === 0;
    },
  };
  const columns = outputs.map(({ path: to, compute }) => ({ to, values: compute(partition) }));
  for (const [place, { root }] of scopes.entries()) {
    yield columns.reduce((doc, { to, values }) => withPath(doc, to, values[place]), root);
  }
}

/** The stage that looks at the documents around each document. */
export const WINDOW_STAGES: Readonly<Record<string, StageBuilder>> = { $setWindowFields: setWindowFields };
