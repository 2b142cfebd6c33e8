/**
 * Tells the runtime what time it is.
 *
 * Holds: everything that a user can see a time in (token lives, schedules, the `Date` of functions) asks this object, so that a test
 * clock can take its place. Timers of sockets, leases and the database driver stay real.
 */
export interface Clock {
  now(): Date;
  /** The memory that function workers read the same time from. */
  readonly cell: SharedArrayBuffer;
}

/** A clock that can be made to stand at an instant, in every thread at once. */
export interface SettableClock extends Clock {
  standAt(instant: Date): void;
}

/** What the cell holds while the machine's own clock counts. */
const MACHINE_TIME = 0n;

/** Creates a clock that follows the machine until its cell is set to an instant, in milliseconds since 1970. */
export function createClock(): SettableClock {
  const cell = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const nowMs = readClock(cell);
  return {
    now: () => new Date(nowMs()),
    cell,
    standAt: (instant) => void Atomics.store(new BigInt64Array(cell), 0, BigInt(instant.getTime())),
  };
}

/** Answers a function that reads the time from a cell, in whichever thread it is called. */
export function readClock(cell: SharedArrayBuffer): () => number {
  const instants = new BigInt64Array(cell);
  return () => {
    const instant = Atomics.load(instants, 0);
    return instant === MACHINE_TIME ? Date.now() : Number(instant);
  };
}
