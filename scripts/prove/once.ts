import { buildApp } from "../build/build-app";
import type { Cell } from "./once/cell";
import { customerSubject } from "./once/customer";
import { MISHAPS, type Mishap } from "./once/mishaps";
import { playMishap } from "./once/play-mishap";
import { refundSubject } from "./once/refund";
import { topUpSubject } from "./once/top-up";
import {
  AT_ONCE,
  ONE_FROZEN,
  ONE_FROZEN_LONG,
  ONE_KILLED,
  type RuntimeMishap,
  playRuntimes,
} from "./once/play-runtimes";
import { startRuntimes } from "./once/runtimes";
import { startWholeProduct } from "./once/whole-product";
import { readProofOptions } from "./proof-options";

const SUBJECTS = [refundSubject, customerSubject, topUpSubject];

/** Runs the proof from the command line: `--wishes` (3) of each kind for each mishap. Returns: whether every cell holds. */
export async function onceProof(given: readonly string[]): Promise<boolean> {
  const { wishes } = readProofOptions(given, { wishes: 3 });
  await buildApp();
  const report = (line: string): void => console.log(line);
  const runtimeMishaps = [AT_ONCE, ONE_KILLED, ONE_FROZEN, ONE_FROZEN_LONG];
  const cells = [
    ...(await proveMishaps({ mishaps: MISHAPS, wishes, report })),
    ...(await proveRuntimes({ mishaps: runtimeMishaps, wishes, report })),
  ];
  printCells(cells);
  return cells.every(({ wrong }) => wrong.length === 0);
}

/** Lets mishaps happen to the whole product, one after the other, and counts what came of refunds, customers and top-ups. */
export async function proveMishaps(options: {
  readonly mishaps: readonly Mishap[];
  readonly wishes: number;
  readonly report: (line: string) => void;
}): Promise<readonly Cell[]> {
  const product = await startWholeProduct();
  const cells: Cell[] = [];
  try {
    for (const mishap of options.mishaps) {
      const played = await playMishap(product, mishap, { subjects: SUBJECTS, wishes: options.wishes });
      for (const cell of played) options.report(lineOf(cell));
      cells.push(...played);
    }
    return cells;
  } finally {
    await product.end();
  }
}

/** Lets mishaps happen to two runtimes on one database and one Stripe, and counts likewise. */
export async function proveRuntimes(options: {
  readonly mishaps: readonly RuntimeMishap[];
  readonly wishes: number;
  readonly report: (line: string) => void;
}): Promise<readonly Cell[]> {
  const runtimes = await startRuntimes();
  const cells: Cell[] = [];
  try {
    for (const mishap of options.mishaps) {
      const played = await playRuntimes(runtimes, mishap, { subjects: SUBJECTS, wishes: options.wishes });
      for (const cell of played) options.report(lineOf(cell));
      cells.push(...played);
    }
    return cells;
  } finally {
    await runtimes.end();
  }
}

function lineOf({ mishap, subject, wrong, elapsedMs }: Cell): string {
  return `${mishap}: ${subject} ${wrong.length === 0 ? "once" : `NOT ONCE: ${wrong.join("; ")}`}, ${elapsedMs} ms`;
}

function printCells(cells: readonly Cell[]): void {
  const head = ["mishap", "subject", "wishes", "at Stripe", "in books", "marked", ""];
  const lines = cells.map((cell) => [
    cell.mishap,
    cell.subject,
    String(cell.wishes),
    String(cell.atStripe),
    String(cell.inBooks),
    String(cell.ended),
    cell.wrong.length === 0 ? "once" : "NOT ONCE",
  ]);
  const table = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...table.map((line) => (line[column] ?? "").length)));
  for (const line of table)
    console.log(
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  console.log(JSON.stringify(cells));
}
