import { numberedError } from "../../errors";
import { compare } from "../../bson/order";
import { classOf } from "../../bson/types";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { ValueMap } from "../../match/value-map";
import { type Accumulator, compileGroupField, type GroupField } from "../accumulators";
import { compileExpression, type Evaluator, type Scope } from "../expression";
import { checkNames, isNullish } from "../operators/builder";
import { bucketAuto, compileOutput } from "./bucket-auto";
import { lazily, requireSpec, type Stage, type StageBuilder, type StageTools } from "./stage";

interface Group {
  readonly id: Value;
  readonly accumulators: readonly Accumulator[];
}

class Grouping {
  private readonly groups: ValueMap<Group>;

  constructor(
    private readonly fields: readonly GroupField[],
    order: Comparator,
  ) {
    this.groups = new ValueMap(order);
  }

  add(id: Value, scope: Scope): void {
    let group = this.groups.get(id);
    if (group === undefined) {
      group = { id, accumulators: this.fields.map((field) => field.create()) };
      this.groups.add(id, group);
    }
    for (const [index, field] of this.fields.entries()) {
      group.accumulators[index]?.add(field.evaluate(scope), scope);
    }
  }

  *results(): Generator<Doc> {
    for (const { id, accumulators } of this.groups.contents()) {
      const doc: Doc = new Map([["_id", id]]);
      for (const [index, field] of this.fields.entries()) doc.set(field.name, accumulators[index]?.result() ?? null);
      yield doc;
    }
  }
}

function groupBy(evaluateId: Evaluator, fields: readonly GroupField[], { order, variables }: StageTools): Stage {
  return lazily(function* (input) {
    const grouping = new Grouping(fields, order);
    for (const root of input) {
      const scope: Scope = { root, variables };
      grouping.add(evaluateId(scope) ?? null, scope);
    }
    yield* grouping.results();
  });
}

const group: StageBuilder = (spec, tools) => {
  const doc = requireSpec("$group", spec);
  if (!doc.has("_id")) throw numberedError(15955, "a group specification must include an _id");
  const fields = [...doc]
    .filter(([name]) => name !== "_id")
    .map(([name, field]) => compileGroupField(name, field, tools.order));
  return groupBy(compileExpression(doc.get("_id") ?? null, tools.order), fields, tools);
};

const sortByCount: StageBuilder = (spec, tools) => {
  const grouped = groupBy(compileExpression(spec, tools.order), compileOutput(undefined, tools.order), tools);
  return lazily(function* (input) {
    yield* [...grouped(input)].sort((a, b) => compare(b.get("count"), a.get("count")));
  });
};

const bucket: StageBuilder = (spec, tools) => {
  const { order } = tools;
  const doc = requireSpec("$bucket", spec);
  checkNames("$bucket", doc, ["groupBy", "boundaries"], ["default", "output"]);
  const boundaries = readBoundaries(doc.get("boundaries"), order);
  const fields = compileOutput(doc.get("output"), order);
  const evaluate = compileExpression(doc.get("groupBy") ?? null, order);
  const fallback = doc.get("default");
  const bucketOf: Evaluator = (scope) => {
    const value = evaluate(scope);
    const above = boundaries.findIndex((boundary) => !isNullish(value) && order(value, boundary) < 0);
    const found = above > 0 ? boundaries[above - 1] : fallback;
    if (found === undefined)
      throw numberedError(
        40066,
        "$switch could not find a matching branch for an input, and no default was specified.",
      );
    return found;
  };
  const grouped = groupBy(bucketOf, fields, tools);
  return lazily(function* (input) {
    yield* [...grouped(input)].sort((a, b) => order(a.get("_id"), b.get("_id")));
  });
};

function readBoundaries(spec: Value | undefined, order: Comparator): readonly Value[] {
  if (!Array.isArray(spec) || spec.length < 2)
    throw numberedError(40192, "The $bucket 'boundaries' field must have at least 2 values");
  for (const [index, boundary] of spec.entries()) {
    const next = spec[index + 1];
    if (next === undefined) break;
    if (classOf(boundary) !== classOf(next))
      throw numberedError(40193, "All values in the 'boundaries' option to $bucket must have the same type");
    if (order(boundary, next) >= 0) throw numberedError(40194, "The 'boundaries' option to $bucket must be sorted");
  }
  return spec;
}

/** The stages that gather documents into groups. */
export const GROUP_STAGES: Readonly<Record<string, StageBuilder>> = {
  $group: group,
  $sortByCount: sortByCount,
  $bucket: bucket,
  $bucketAuto: bucketAuto,
};
