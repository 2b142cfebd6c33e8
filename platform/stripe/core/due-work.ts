import type { AccountClock } from "./clock";
import type { Store, Transaction } from "./store";

const EVERY_MS = 1000;
/** No advance of a clock brings this much; more is a job that does not end what it is due for. */
const MOST_JOBS = 1_000_000;

/** Work that time brings: it must leave its object so that it is not due again. Units of `at`: unix seconds. */
export interface DueJob {
  readonly at: number;
  readonly run: (tx: Transaction) => unknown;
}

/** Finds the work of one kind of object that is due by an instant. */
export type DueSource = (store: Pick<Store, "values" | "get">, now: number) => readonly DueJob[];

/** What the work of time needs. */
export interface DueWork {
  readonly store: Store;
  readonly clock: AccountClock;
  readonly sources: readonly DueSource[];
  readonly committed: () => void;
  readonly log: (line: string) => void;
}

/** Work that is done as time passes. */
export interface Running {
  /** Does what fell due, in order of time. */
  runDue(): void;
  stop(): void;
}

/** Does due work every second until it is stopped: the earliest first, each dated when it fell due, asking anew after each, since one may bring the next. */
export function runOnTime({ store, clock, sources, committed, log }: DueWork): Running {
  const earliest = (): DueJob | undefined => {
    const now = clock.nowSeconds();
    const due = sources.flatMap((source) => source(store, now));
    return due.reduce<DueJob | undefined>(
      (first, job) => (first === undefined || job.at < first.at ? job : first),
      undefined,
    );
  };
  const runDue = (): void => {
    let done = 0;
    try {
      for (let job = earliest(); job !== undefined; job = earliest()) {
        const { at, run } = job;
        clock.during(at, () => store.atomically(null, run));
        done += 1;
        if (done === MOST_JOBS) throw new Error("work stays due after it was done");
      }
    } catch (error) {
      // A full disk must not end the simulator; the next second tries again.
      log(`Work that is due could not be done: ${String(error)}`);
    }
    if (done > 0) committed();
  };
  runDue();
  const timer = setInterval(runDue, EVERY_MS);
  timer.unref();
  return { runDue, stop: () => clearInterval(timer) };
}
