import type { Row } from "./measure";

/** Prints rows as a table for people and, as the last line, as one JSON object for machines. */
export function printRows(bench: string, rows: readonly Row[]): void {
  const lines = rows.map((row) => [
    row.name,
    String(row.opsPerSecond),
    row.p50Ms.toFixed(3),
    row.p99Ms.toFixed(3),
    row.ratio === null ? "" : `${row.ratio.toFixed(2)} of ${row.ratioTo}`,
  ]);
  const table = [["", "op/s", "p50 ms", "p99 ms", "ratio"], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((line) => (line[column] ?? "").length)));
  for (const [name = "", ...cells] of table) {
    const numbers = cells.map((cell, index) => (index < 3 ? cell.padStart(widths[index + 1] ?? 0) : cell));
    console.log([name.padEnd(widths[0] ?? 0), ...numbers].join("  ").trimEnd());
  }
  console.log(JSON.stringify({ bench, rows }));
}
