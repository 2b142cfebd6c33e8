import { isIdentical } from "../bson/identical";
import type { Doc, Value } from "../bson/values";
import type { ChangeSummary } from "../store/oplog";

interface Changes {
  readonly updatedFields: Doc;
  readonly removedFields: Value[];
  readonly truncatedArrays: Value[];
  readonly disambiguatedPaths: Doc;
}

type Path = readonly (string | number)[];

/** How a document changed, in the words of change events. */
export type DocumentChange = Omit<ChangeSummary, "id">;

/** Describes how a document changed. A sub-document whose field order cannot be told by a list of paths is given whole. */
export function describeChange(before: Doc, after: Doc): DocumentChange {
  const changes: Changes = {
    updatedFields: new Map(),
    removedFields: [],
    truncatedArrays: [],
    disambiguatedPaths: new Map(),
  };
  compareDocs(before, after, [], changes);
  const description = new Map<string, Value>([
    ["updatedFields", changes.updatedFields],
    ["removedFields", changes.removedFields],
    ["truncatedArrays", changes.truncatedArrays],
  ]);
  return { description, disambiguatedPaths: changes.disambiguatedPaths };
}

function compareDocs(before: Doc, after: Doc, path: Path, changes: Changes): void {
  for (const name of before.keys()) {
    if (!after.has(name)) changes.removedFields.push(note([...path, name], changes));
  }
  for (const [name, value] of after) compareValues(before.get(name), value, [...path, name], changes);
}

function compareValues(before: Value | undefined, after: Value, path: Path, changes: Changes): void {
  if (isIdentical(before, after)) return;
  if (before instanceof Map && after instanceof Map && keepsOrder(before, after))
    compareDocs(before, after, path, changes);
  else if (Array.isArray(before) && Array.isArray(after) && before.length > 0 && after.length > 0) {
    compareArrays(before, after, path, changes);
  } else changes.updatedFields.set(note(path, changes), after);
}

function compareArrays(before: readonly Value[], after: readonly Value[], path: Path, changes: Changes): void {
  if (after.length < before.length) {
    const cut: Doc = new Map<string, Value>([
      ["field", note(path, changes)],
      ["newSize", after.length],
    ]);
    changes.truncatedArrays.push(cut);
  }
  for (const [index, value] of after.entries()) compareValues(before[index], value, [...path, index], changes);
}

/** Setting and removing fields one by one leaves the kept ones in their old order and the new ones behind them. */
function keepsOrder(before: Doc, after: Doc): boolean {
  const expected = [...before.keys()].filter((name) => after.has(name));
  for (const name of after.keys()) if (!before.has(name)) expected.push(name);
  return [...after.keys()].every((name, index) => name === expected[index]);
}

function note(path: Path, { disambiguatedPaths }: Changes): string {
  const dotted = path.join(".");
  const isAmbiguous = path.some((part) => typeof part === "string" && (part.includes(".") || /^\d+$/.test(part)));
  if (isAmbiguous) disambiguatedPaths.set(dotted, [...path]);
  return dotted;
}
