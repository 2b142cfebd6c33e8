import { csvLine } from "../../functions-src/lib/domain/csv";
import { type Entry, availableChange } from "../../functions-src/lib/domain/entry";
import { hashableEntry } from "../../functions-src/lib/domain/hashable-entry";
import { toIsoText } from "../../functions-src/lib/domain/instant";

export type ExportFormat = "jsonl" | "csv";

const COLUMNS = [
  "seq",
  "at",
  "recordedAt",
  "kind",
  "amount",
  "available",
  "held",
  "debt",
  "cause",
  "actor",
  "scope",
  "key",
  "hash",
];

/** The first line of an export; JSON Lines has none. */
export function exportHeader(format: ExportFormat): string {
  return format === "csv" ? COLUMNS.join(",") : "";
}

/**
 * One entry as a line. JSON Lines hold the whole entry in the form that is hashed, with its hash, so that the chain can be
 * proved from the export alone; CSV holds the change and the running balance for a spreadsheet.
 */
export function exportLine(entry: Entry, format: ExportFormat): string {
  if (format === "jsonl") return JSON.stringify({ ...hashableEntry(entry), hash: entry.hash });
  const { available, held, debt } = entry.balanceAfter;
  const cells = [
    entry.seq,
    toIsoText(entry.at),
    toIsoText(entry.recordedAt),
    entry.kind,
    availableChange(entry),
    available,
    held,
    debt,
    `${entry.cause.kind}:${entry.cause.id}`,
    `${entry.actor.kind}:${entry.actor.id}`,
    entry.scope,
    entry.key,
    entry.hash,
  ];
  return csvLine(cells);
}
