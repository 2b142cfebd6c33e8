import type { Doc, Value } from "../bson/values";
import { numberedError, serverError } from "../errors";
import { conditionsOf } from "../match/conditions";
import type { Collection, Trees } from "../store/collection";
import type { Index } from "../store/secondary-index";
import {
  boundsOf,
  combine,
  excludesMissing,
  implies,
  type FieldBounds,
  type FieldCondition,
  type KeyRange,
} from "./bounds";
import { rangeWithin, type IndexLimits } from "./index-limits";

/** How documents are found. Everything found is checked against the whole filter afterwards. */
export interface Plan {
  readonly kind: "id" | "index" | "collection";
  readonly index?: Index;
  readonly ranges: readonly KeyRange[];
  /** Read from the high end, so that the order fits a descending sort. */
  readonly isReverse: boolean;
  /** Documents come in the order the sort asks for. */
  readonly isSorted: boolean;
  /** Index fields with bounds, for explain. */
  readonly boundFields: readonly string[];
}

export interface PlanRequest {
  readonly collection: Collection;
  readonly trees: Trees;
  readonly filter: Doc;
  readonly sort?: Doc | undefined;
  readonly hint?: Value | undefined;
  readonly hasCollation: boolean;
  /** Keep to a stretch of the hinted index. */
  readonly limits?: IndexLimits | undefined;
}

interface Candidate {
  readonly plan: Plan;
  readonly score: number;
}

const idFields = [{ path: "_id", isDescending: false }];
const wholeTree: readonly KeyRange[] = [{ low: "", high: "\u0100" }];

/** Chooses how to find a filter's documents. Throws: BadValue for a hint that names no index. */
export function choosePlan(request: PlanRequest): Plan {
  const conditions = conditionsOf(request.filter);
  if (request.limits !== undefined) return limitedPlan(request, request.limits);
  if (request.sort?.has("$natural") === true) return collectionScan(request);
  const hinted = hintedPlan(request, conditions);
  if (hinted !== undefined) return hinted;
  let best: Candidate | undefined = idCandidate(request, conditions);
  if (best !== undefined && best.score >= 100) return best.plan;
  for (const index of request.trees.entries.keys()) {
    if (index.definition.isHidden) continue;
    const candidate = indexCandidate(request, conditions, index);
    if (candidate !== undefined && (best === undefined || candidate.score > best.score)) best = candidate;
  }
  return best?.plan ?? collectionScan(request);
}

function collectionScan(request: PlanRequest): Plan {
  const natural = naturalDirection(request);
  const order = natural ?? sortOrder(request.collection.keepsOrder ? [] : idFields, 0, request);
  return {
    kind: "collection",
    ranges: wholeTree,
    isReverse: order === "reverse",
    isSorted: order !== undefined && (natural === undefined || !hasFieldSort(request)),
    boundFields: [],
  };
}

/** The order in which a collection is to be read as it lies: `$natural` in the sort or in the hint. */
function naturalDirection({ sort, hint }: PlanRequest): "forward" | "reverse" | undefined {
  const direction = sort?.get("$natural") ?? (hint instanceof Map ? hint.get("$natural") : undefined);
  if (direction === undefined) return undefined;
  return direction === -1 ? "reverse" : "forward";
}

function hasFieldSort({ sort }: PlanRequest): boolean {
  return sort !== undefined && sort.size > 0 && !sort.has("$natural");
}

/** Keeps to `min` and `max` on the hinted index. Throws: 51173 without a hint, 51174, 51175. */
function limitedPlan(request: PlanRequest, limits: IndexLimits): Plan {
  const hinted = hintedPlan(request, []);
  if (hinted === undefined || hinted.kind === "collection") {
    throw numberedError(51173, "When using min()/max() a hint of which index to use must be provided");
  }
  const fields = hinted.index?.definition.fields ?? idFields;
  const order = hinted.index?.isMultikey === true ? undefined : sortOrder(fields, 0, request);
  return {
    ...hinted,
    ranges: [rangeWithin(limits, fields)],
    isReverse: order === "reverse",
    isSorted: order !== undefined,
    boundFields: fields.map((field) => field.path),
  };
}

function idCandidate(request: PlanRequest, conditions: readonly FieldCondition[]): Candidate | undefined {
  if (request.collection.keepsOrder) return undefined;
  const on = conditions.filter(({ path }) => path === "_id");
  if (on.length === 0) return undefined;
  const bounds = boundsOf(on, { isDescending: false, isMultikey: false, isSimpleCollation: !request.hasCollation });
  if (bounds === undefined) return undefined;
  const isPoint = bounds.kind === "points";
  const order = sortOrder(idFields, 0, request);
  return {
    score: isPoint ? 100 : 6,
    plan: {
      kind: "id",
      ranges: combine([bounds]),
      isReverse: order === "reverse",
      isSorted: order !== undefined || (isPoint && bounds.points.length === 1),
      boundFields: ["_id"],
    },
  };
}

function indexCandidate(
  request: PlanRequest,
  conditions: readonly FieldCondition[],
  index: Index,
): Candidate | undefined {
  const { partialFilter, isSparse, fields } = index.definition;
  if (partialFilter !== undefined && !implies(conditions, partialFilter)) return undefined;
  if (isSparse && !conditions.some((one) => fields.some(({ path }) => path === one.path) && excludesMissing(one))) {
    return undefined;
  }
  const bounds = leadingBounds(request, conditions, index);
  const points = bounds.filter(({ kind }) => kind === "points");
  const fixed = points.findIndex((one) => one.points.length !== 1);
  const order = index.isMultikey ? undefined : sortOrder(fields, fixed < 0 ? points.length : fixed, request);
  // A sort through the whole index is worth it only when no document is missing from it.
  const isSorting = order !== undefined && request.sort !== undefined;
  if (bounds.length === 0 && (!isSorting || isSparse || partialFilter !== undefined)) return undefined;
  const isOnePoint = index.isUnique && points.length === fields.length;
  return {
    score: points.length * 10 + (bounds.length - points.length) * 5 + (isSorting ? 4 : 0) + (isOnePoint ? 50 : 0),
    plan: {
      kind: "index",
      index,
      ranges: bounds.length === 0 ? wholeTree : combine(bounds),
      isReverse: order === "reverse",
      isSorted: order !== undefined,
      boundFields: bounds.map((_, at) => fields[at]?.path ?? ""),
    },
  };
}

function leadingBounds(request: PlanRequest, conditions: readonly FieldCondition[], index: Index): FieldBounds[] {
  const bounds: FieldBounds[] = [];
  const roots = new Set<string>();
  for (const { path, isDescending } of index.definition.fields) {
    const root = path.split(".", 1)[0] ?? path;
    // Two conditions below one array may hold for different elements, which have different keys.
    if (index.isMultikey && roots.has(root)) break;
    roots.add(root);
    const one = boundsOf(
      conditions.filter((condition) => condition.path === path),
      { isDescending, isMultikey: index.isMultikey, isSimpleCollation: !request.hasCollation },
    );
    if (one === undefined) break;
    bounds.push(one);
    if (one.kind === "range") break;
  }
  return bounds;
}

/** Whether the fields, of which the first `fixed` have one value each, come in the sort's order: forward, in reverse, or not. */
function sortOrder(
  fields: readonly { path: string; isDescending: boolean }[],
  fixed: number,
  { sort, hasCollation }: PlanRequest,
): "forward" | "reverse" | undefined {
  if (sort === undefined || sort.size === 0) return "forward";
  if (hasCollation) return undefined;
  const constant = new Set(fields.slice(0, fixed).map(({ path }) => path));
  const wanted = [...sort].filter(([path]) => !constant.has(path));
  let direction: "forward" | "reverse" | undefined;
  for (const [at, [path, value]] of wanted.entries()) {
    const field = fields[fixed + at];
    if (field === undefined || field.path !== path || (value !== 1 && value !== -1)) return undefined;
    const needed = (value === -1) === field.isDescending ? "forward" : "reverse";
    if (direction !== undefined && direction !== needed) return undefined;
    direction = needed;
  }
  return direction ?? "forward";
}

function hintedPlan(request: PlanRequest, conditions: readonly FieldCondition[]): Plan | undefined {
  const { hint } = request;
  if (hint === undefined || hint === null || (hint instanceof Map && hint.size === 0)) return undefined;
  if (hint instanceof Map && hint.has("$natural")) return collectionScan(request);
  const { clusteredName } = request.collection.options;
  const isIdHint = hint === (clusteredName ?? "_id_") || (hint instanceof Map && hint.size === 1 && hint.has("_id"));
  if (isIdHint && !request.collection.keepsOrder) {
    return idCandidate(request, conditions)?.plan ?? { ...collectionScan(request), kind: "id" };
  }
  for (const index of request.trees.entries.keys()) {
    const { name, key } = index.definition;
    if (index.definition.isHidden || (hint !== name && !(hint instanceof Map && isSamePattern(hint, key)))) continue;
    const candidate = indexCandidate(request, conditions, index);
    if (candidate !== undefined) return candidate.plan;
    // Forced through an index that does not hold every document: the answer holds what the index holds, as the server does it.
    return { kind: "index", index, ranges: wholeTree, isReverse: false, isSorted: false, boundFields: [] };
  }
  throw serverError(
    "BadValue",
    "error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index",
  );
}

function isSamePattern(a: Doc, b: Doc): boolean {
  const other = [...b];
  return a.size === b.size && [...a].every(([path, value], at) => other[at]?.[0] === path && other[at]?.[1] === value);
}
