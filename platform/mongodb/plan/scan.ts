import type { Doc } from "../bson/values";
import type { Trees } from "../store/collection";
import { viewOf } from "../store/document";
import type { Tree } from "../store/tree";
import type { KeyRange } from "./bounds";
import type { Plan } from "./choose";
import type { Deadline } from "./deadline";

/** What a scan has done so far, for explain. */
export interface ScanCounts {
  keysExamined: number;
  docsExamined: number;
}

/** A document under its key. */
export type Entry = readonly [key: string, bytes: Buffer];

/** What a scan checks and reports on its way. */
export interface ScanOptions {
  readonly matches: ((doc: Doc) => boolean) | undefined;
  readonly counts: ScanCounts;
  readonly deadline?: Deadline | undefined;
}

/** Documents that the plan finds and the test accepts, as raw bytes. The trees must not change while it runs: pass a clone unless it is read to its end at once. */
export function* scan(plan: Plan, trees: Trees, { matches, counts, deadline }: ScanOptions): Generator<Entry> {
  for (const entry of plan.index === undefined ? scanDocuments(plan, trees, counts) : scanIndex(plan, trees, counts)) {
    counts.docsExamined += 1;
    deadline?.step();
    if (matches === undefined || matches(viewOf(entry[1]))) yield entry;
  }
}

function* scanDocuments(plan: Plan, trees: Trees, counts: ScanCounts): Generator<Entry> {
  for (const range of inOrder(plan)) {
    for (const entry of entriesOf(trees.documents, range, plan.isReverse)) {
      if (plan.kind === "id") counts.keysExamined += 1;
      yield entry;
    }
  }
}

function* scanIndex(plan: Plan, trees: Trees, counts: ScanCounts): Generator<Entry> {
  const { index } = plan;
  const entries = index === undefined ? undefined : trees.entries.get(index);
  if (index === undefined || entries === undefined) return;
  // A multikey index may hold several keys of one document within the bounds.
  const seen = index.isMultikey ? new Set<string>() : undefined;
  for (const range of inOrder(plan)) {
    for (const [, idKey] of entriesOf(entries, range, plan.isReverse)) {
      counts.keysExamined += 1;
      if (seen?.has(idKey) === true) continue;
      seen?.add(idKey);
      const bytes = trees.documents.get(idKey);
      if (bytes !== undefined) yield [idKey, bytes];
    }
  }
}

function inOrder(plan: Plan): readonly KeyRange[] {
  return plan.isReverse && plan.ranges.length > 1 ? plan.ranges.toReversed() : plan.ranges;
}

function* entriesOf<V>(tree: Tree<V>, { low, high }: KeyRange, isReverse: boolean): Generator<[string, V]> {
  if (!isReverse) {
    for (const entry of tree.entries(low)) {
      if (entry[0] >= high) return;
      yield entry;
    }
    return;
  }
  for (const entry of tree.entriesReversed(high, undefined, true)) {
    if (entry[0] < low) return;
    yield entry;
  }
}
