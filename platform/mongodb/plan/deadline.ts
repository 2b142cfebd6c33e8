import { serverError } from "../errors";

/** How many documents are worked on between two looks at the clock. */
const stepsPerLook = 128;

/** When an operation has to be over (maxTimeMS). It bounds waiting and, document by document, computing. */
export class Deadline {
  private steps = 0;

  /** Units: milliseconds of `performance.now()`; undefined means never. */
  constructor(public atMs: number | undefined) {}

  /** Milliseconds that are left. */
  get leftMs(): number {
    return this.atMs === undefined ? Number.POSITIVE_INFINITY : this.atMs - performance.now();
  }

  /** Counts one step of work. Throws: MaxTimeMSExpired. */
  step(): void {
    if (this.atMs === undefined) return;
    this.steps += 1;
    if (this.steps % stepsPerLook === 0 && this.leftMs <= 0) throw expired();
  }

  /** What a cursor goes on to compute for later batches does not count towards the command that opened it. */
  lift(): void {
    this.atMs = undefined;
  }
}

/** The error for an operation that has run out of time. */
export function expired(): Error {
  return serverError("MaxTimeMSExpired", "operation exceeded time limit");
}
