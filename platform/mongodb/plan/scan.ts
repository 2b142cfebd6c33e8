import type { Doc } from "../bson/values";
import type { Trees } from "../store/collection";
import { viewOf } from "../store/document";
import type { Tree } from "../store/tree";
import type { KeyRange } from "./bounds";
import type { Plan } from "./choose";

/** What a scan has done so far, for explain. */
export interface ScanCounts {
  keysExamined: number;
  docsExamined: number;
}

/** Documents that the plan finds and the test accepts, as raw bytes. The trees must not change while it runs: pass a clone unless it is read to its end at once. */
export function* scan(
  plan: Plan,
  trees: Trees,
  matches: ((doc: Doc) => boolean) | undefined,
  counts: ScanCounts = { keysExamined: 0, docsExamined: 0 },
): Generator<Buffer> {
  for (const bytes of plan.index === undefined ? scanDocuments(plan, trees, counts) : scanIndex(plan, trees, counts)) {
    counts.docsExamined += 1;
    if (matches === undefined || matches(viewOf(bytes))) yield bytes;
  }
}

function* scanDocuments(plan: Plan, trees: Trees, counts: ScanCounts): Generator<Buffer> {
  const { documents } = trees;
  for (const range of inOrder(plan)) {
    for (const [, bytes] of entriesOf(documents, range, plan.isReverse)) {
      if (plan.kind === "id") counts.keysExamined += 1;
      yield bytes;
    }
  }
}

function* scanIndex(plan: Plan, trees: Trees, counts: ScanCounts): Generator<Buffer> {
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
      if (bytes !== undefined) yield bytes;
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
