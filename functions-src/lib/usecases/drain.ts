import type { Deps } from "./deps";
import { someAtOnce } from "./some-at-once";

const PAGE = 500;
/** A sweep ends before the next one begins; what is left is that one's. */
const BUDGET_MS = 45_000;

/** Rows that are due, one page after another. */
interface Queue<Row> {
  /** The next page of what is due; a row that was worked on is due no more, or later. */
  readonly listDue: (limit: number) => Promise<readonly Row[]>;
  readonly idOf: (row: Row) => string;
  readonly work: (row: Row) => Promise<void>;
}

/**
 * Works through everything that is due, some rows at once, until nothing new is due or the next sweep is near. Work that throws
 * ends the sweep; rows record their own failures.
 */
export async function drain<Row>(deps: Pick<Deps, "timing">, { listDue, idOf, work }: Queue<Row>): Promise<void> {
  const startedMs = deps.timing.elapsedMs();
  const visited = new Set<string>();
  while (deps.timing.elapsedMs() - startedMs < BUDGET_MS) {
    const fresh = (await listDue(PAGE)).filter((row) => !visited.has(idOf(row)));
    if (fresh.length === 0) return;
    for (const row of fresh) visited.add(idOf(row));
    await someAtOnce(fresh, work);
  }
}
