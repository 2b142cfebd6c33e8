import { numberedError, serverError } from "../../errors";
import { add, toDouble, toWhole } from "../../bson/numeric";
import { compare } from "../../bson/order";
import { isNumeric, typeNameOf } from "../../bson/types";
import type { Doc, Value } from "../../bson/values";
import { readPath } from "../expression";
import { checkNames, isNullish } from "../operators/builder";
import { readTimeUnit, shiftDate } from "../operators/date-math";
import { withPath } from "./basic";
import { lazily, requireSpec, type StageBuilder } from "./stage";

/** Adds so many steps to a value. */
type Stepper = (from: Value, steps: number) => Value;

interface Densify {
  readonly field: readonly string[];
  readonly partitionBy: readonly (readonly string[])[];
  readonly step: Stepper;
  readonly unit: string | undefined;
  readonly bounds: "full" | "partition" | readonly [Value, Value];
}

interface Row {
  readonly doc: Doc;
  readonly value: Value;
  readonly key: Value;
}

const MAX_GENERATED = 500_000;

const densify: StageBuilder = (spec) => {
  const plan = readSpec(spec);
  return lazily(function* (input) {
    const rows: Row[] = [];
    for (const doc of input) {
      const value = readPath(doc, plan.field, 0);
      if (isNullish(value)) yield doc;
      else
        rows.push({
          doc,
          value: requireFit(value, plan),
          key: plan.partitionBy.map((path) => readPath(doc, path, 0) ?? null),
        });
    }
    rows.sort((a, b) => compare(a.key, b.key) || compare(a.value, b.value));
    const all = rows.map((row) => row.value).sort(compare);
    const counter = { generated: 0 };
    for (const part of partitionsOf(rows)) yield* filled(part, all, plan, counter);
  });
};

function readSpec(spec: Value): Densify {
  const doc = requireSpec("$densify", spec);
  checkNames("$densify", doc, ["field", "range"], ["partitionByFields"]);
  const field = doc.get("field");
  if (typeof field !== "string" || field === "" || field.startsWith("$"))
    throw serverError("FailedToParse", "$densify: 'field' must be a field name");
  const range = requireSpec("$densify 'range'", doc.get("range"));
  checkNames("$densify 'range'", range, ["step", "bounds"], ["unit"]);
  const partition = doc.get("partitionByFields") ?? [];
  if (!Array.isArray(partition) || partition.some((name) => typeof name !== "string"))
    throw serverError("FailedToParse", "$densify: 'partitionByFields' must be an array of field names");
  const unit = range.has("unit") ? readTimeUnit("$densify", range.get("unit")) : undefined;
  return {
    field: field.split("."),
    partitionBy: partition.map((name) => String(name).split(".")),
    step: readStep(range.get("step"), unit),
    unit,
    bounds: readBounds(range.get("bounds"), unit),
  };
}

function readStep(step: Value | undefined, unit: string | undefined): Stepper {
  if (!isNumeric(step) || !(toDouble(step) > 0))
    throw numberedError(5733401, "The step parameter in a range statement must be a strictly positive numeric value");
  if (unit !== undefined) {
    const whole = toWhole(step);
    if (whole === undefined) throw numberedError(6586400, "The step parameter must be whole when there is a unit");
    return (from, steps) => (from instanceof Date ? shiftDate(from, unit, steps * Number(whole), "UTC") : from);
  }
  // Step by step, as the server adds, so that doubles round alike.
  return (from, steps) => {
    let value: Value = from;
    for (let count = 0; count < steps && isNumeric(value); count += 1) value = add(value, step);
    return value;
  };
}

function readBounds(bounds: Value | undefined, unit: string | undefined): Densify["bounds"] {
  if (bounds === "full" || bounds === "partition") return bounds;
  const [lower, upper] = Array.isArray(bounds) && bounds.length === 2 ? bounds : [];
  if (lower === undefined || upper === undefined)
    throw numberedError(5946802, "Bounds must be 'full', 'partition' or an array of two values");
  const isFit =
    unit === undefined ? isNumeric(lower) && isNumeric(upper) : lower instanceof Date && upper instanceof Date;
  if (!isFit || compare(lower, upper) > 0)
    throw numberedError(5733402, "Bounds must be two numbers, or two dates where there is a unit, in ascending order");
  return [lower, upper];
}

function requireFit(value: Value, { unit }: Densify): Value {
  if (unit === undefined ? isNumeric(value) : value instanceof Date) return value;
  throw numberedError(
    5733201,
    `PlanExecutor error: Densify field type must be ${unit === undefined ? "numeric" : "date"}, found ${typeNameOf(value)}`,
  );
}

function* partitionsOf(rows: readonly Row[]): Generator<readonly Row[]> {
  let start = 0;
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (next !== undefined && compare(next.key, row.key) === 0) continue;
    yield rows.slice(start, index + 1);
    start = index + 1;
  }
}

/** Yields the documents of one partition and, between them, one for each step that none of them stands on. */
function* filled(
  rows: readonly Row[],
  all: readonly Value[],
  plan: Densify,
  counter: { generated: number },
): Generator<Doc> {
  const { bounds, step } = plan;
  const values = bounds === "full" ? all : rows.map((row) => row.value);
  const isGiven = typeof bounds !== "string";
  const lower = isGiven ? bounds[0] : (values[0] ?? null);
  const upper = isGiven ? bounds[1] : (values.at(-1) ?? null);
  const isInside = (value: Value): boolean => compare(value, upper) < (isGiven ? 0 : 1);
  let next: Value = lower;
  let steps = 0;
  const advance = (): void => {
    steps += 1;
    // A month after the last of January is the last of February, and another one the last of March again.
    next = plan.unit === undefined ? step(next, 1) : step(lower, steps);
  };
  const template = templateOf(rows[0]?.doc, plan);
  for (const { doc, value } of rows) {
    for (; isInside(next) && compare(next, value) < 0; advance()) yield generated(template, plan, next, counter);
    if (compare(next, value) === 0) advance();
    yield doc;
  }
  for (; isInside(next); advance()) yield generated(template, plan, next, counter);
}

function templateOf(doc: Doc | undefined, { partitionBy }: Densify): Doc {
  return partitionBy.reduce<Doc>((made, path) => {
    const value = doc === undefined ? undefined : readPath(doc, path, 0);
    return value === undefined ? made : withPath(made, path, value);
  }, new Map());
}

function generated(template: Doc, { field }: Densify, value: Value, counter: { generated: number }): Doc {
  counter.generated += 1;
  if (counter.generated > MAX_GENERATED)
    throw numberedError(5897900, `Generated ${MAX_GENERATED} documents in $densify, which is over the limit`);
  return withPath(template, field, value);
}

/** The stage that adds the documents missing in a series. */
export const DENSIFY_STAGES: Readonly<Record<string, StageBuilder>> = { $densify: densify };
