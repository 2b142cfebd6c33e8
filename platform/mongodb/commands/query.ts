import type { Doc, Value } from "../bson/values";
import { compileFilter, type Filter } from "../match/compile-filter";
import { compileSort } from "../match/sort";
import { choosePlan, type Plan } from "../plan/choose";
import type { Deadline } from "../plan/deadline";
import type { IndexLimits } from "../plan/index-limits";
import { scan, type Entry, type ScanCounts } from "../plan/scan";
import { cloneTrees, type Collection, type Trees } from "../store/collection";
import { idKeyOf, viewOf } from "../store/document";

/** What to find and in which order. */
export interface Query {
  readonly filter: Doc;
  readonly sort?: Doc | undefined;
  readonly hint?: Value | undefined;
  readonly skip?: number | undefined;
  /** 0 or missing: no limit. */
  readonly limit?: number | undefined;
  readonly variables?: Doc;
  readonly collation?: Doc;
  readonly now?: Date;
  readonly limits?: IndexLimits | undefined;
  readonly deadline?: Deadline;
}

/** A query ready to run, with what explain tells about it. */
export interface PreparedQuery {
  readonly plan: Plan;
  readonly filter: Filter | undefined;
  readonly needsSort: boolean;
  readonly counts: ScanCounts;
  /** Documents under their keys, in the order and the window asked for. */
  entries(): Iterable<Entry>;
  run(): Iterable<Buffer>;
}

/** Compiles and plans a query. Throws: what filter, sort and hint can be refused for. */
export function prepareQuery(collection: Collection, trees: Trees, query: Query): PreparedQuery {
  const { filter, sort, hint, collation, limits } = query;
  const hasCollation = collation !== undefined;
  const compiled = filter.size === 0 ? undefined : compileFilter(filter, contextOf(query));
  const plan = choosePlan({ collection, trees, filter, sort, hint, hasCollation, limits });
  countUse(collection, plan);
  const order = sort === undefined || sort.size === 0 || plan.isSorted ? undefined : compileSort(sort, collation);
  return new PlannedQuery({ trees, query, plan, filter: compiled, order });
}

/** Prepares the query of a write; one that asks for a single `_id` and nothing else goes to its document without a plan. */
export function prepareWrite(collection: Collection, trees: Trees, query: Query): PreparedQuery {
  const point = collection.keepsOrder ? undefined : pointOf(query);
  if (point === undefined) return prepareQuery(collection, trees, query);
  collection.idUses += 1;
  return new PointQuery(trees, point);
}

interface PlannedParts {
  readonly trees: Trees;
  readonly query: Query;
  readonly plan: Plan;
  readonly filter: Filter | undefined;
  readonly order: ((a: Doc, b: Doc) => number) | undefined;
}

class PlannedQuery implements PreparedQuery {
  readonly counts = { keysExamined: 0, docsExamined: 0 };

  constructor(private readonly parts: PlannedParts) {}

  get plan(): Plan {
    return this.parts.plan;
  }

  get filter(): Filter | undefined {
    return this.parts.filter;
  }

  get needsSort(): boolean {
    return this.parts.order !== undefined;
  }

  entries(): Iterable<Entry> {
    const { trees, query, plan, filter, order } = this.parts;
    const matches = filter === undefined ? undefined : (doc: Doc) => filter.matches(doc);
    const found = scan(plan, trees, { matches, counts: this.counts, deadline: query.deadline });
    const ordered = order === undefined ? found : sorted(found, order);
    return (query.skip ?? 0) === 0 && (query.limit ?? 0) === 0 ? ordered : window(ordered, query);
  }

  run(): Iterable<Buffer> {
    return bytesOf(this.entries());
  }
}

const pointPlan: Plan = { kind: "id", ranges: [], isReverse: false, isSorted: true, boundFields: ["_id"] };

class PointQuery implements PreparedQuery {
  readonly plan = pointPlan;
  readonly filter = undefined;
  readonly needsSort = false;
  readonly counts = { keysExamined: 1, docsExamined: 1 };

  constructor(
    private readonly trees: Trees,
    private readonly point: string,
  ) {}

  entries(): Entry[] {
    const bytes = this.trees.documents.get(this.point);
    return bytes === undefined ? [] : [[this.point, bytes]];
  }

  run(): Iterable<Buffer> {
    return bytesOf(this.entries());
  }
}

function countUse(collection: Collection, { kind, index }: Plan): void {
  if (kind === "id") collection.idUses += 1;
  else if (index !== undefined) index.uses += 1;
}

function* bytesOf(entries: Iterable<Entry>): Generator<Buffer> {
  for (const [, bytes] of entries) yield bytes;
}

function contextOf({ variables, collation, now }: Query): { variables?: Doc; collation?: Doc; now?: Date } {
  return {
    ...(variables === undefined ? {} : { variables }),
    ...(collation === undefined ? {} : { collation }),
    ...(now === undefined ? {} : { now }),
  };
}

/** Runs a query whose result is read later, batch by batch, from the contents as they are now. */
export function runDetached(collection: Collection, trees: Trees, query: Query): Iterator<Buffer> {
  const point = collection.keepsOrder ? undefined : pointOf(query);
  if (point === undefined) return prepareQuery(collection, cloneTrees(trees), query).run()[Symbol.iterator]();
  collection.idUses += 1;
  const bytes = trees.documents.get(point);
  return (bytes === undefined ? [] : [bytes])[Symbol.iterator]();
}

/** The tree key of a query that asks for one `_id` and nothing else: such a query needs no plan and no decoding. */
function pointOf({ filter, skip, hint, collation, limits }: Query): string | undefined {
  if (filter.size !== 1 || (skip ?? 0) > 0 || hint !== undefined || collation !== undefined || limits !== undefined)
    return undefined;
  const id = filter.get("_id");
  if (id === undefined || id === null) return undefined;
  if (typeof id !== "object") return idKeyOf(id);
  return "toHexString" in id ? idKeyOf(id) : undefined;
}

/** One document found for a write. */
export interface Found {
  readonly idKey: string;
  readonly bytes: Buffer;
}

/** Finds all documents of a write before the first is changed, so that none is met twice. */
export function findForWrite(prepared: PreparedQuery): Found[] {
  return Array.from(prepared.entries(), ([idKey, bytes]) => ({ idKey, bytes }));
}

function sorted(found: Iterable<Entry>, order: (a: Doc, b: Doc) => number): Iterable<Entry> {
  const rows = Array.from(found, (entry) => ({ entry, view: viewOf(entry[1]) }));
  rows.sort((a, b) => order(a.view, b.view));
  return rows.map((row) => row.entry);
}

function* window(entries: Iterable<Entry>, { skip = 0, limit = 0 }: Query): Generator<Entry> {
  let at = 0;
  for (const document of entries) {
    at += 1;
    if (at <= skip) continue;
    yield document;
    if (limit > 0 && at >= skip + limit) return;
  }
}
