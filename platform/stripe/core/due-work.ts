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

/** Finds the work of one kind of object that is due by an instant; what falls due in the same second must not undo each other. */
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

/** Does due work every second until it is stopped: the earliest first, dated when it fell due, asking anew after each instant, since one may bring the next. */
export function runOnTime({ store, clock, sources, committed, log }: DueWork): Running {
  const earliest = (): readonly DueJob[] => {
    const now = clock.nowSeconds();
    return sources
      .map((source) => earliestOf(source(store, now)))
      .reduce((first, jobs) => {
        return (jobs[0]?.at ?? Infinity) < (first[0]?.at ?? Infinity) ? jobs : first;
      }, []);
  };
  const runDue = (): void => {
    let done = 0;
    try {
      for (let jobs = earliest(); jobs.length > 0; jobs = earliest()) {
        for (const { at, run } of jobs) {
          clock.during(at, () => store.atomically(null, run));
          done += 1;
        }
        if (done > MOST_JOBS) throw new Error("work stays due after it was done");
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

/** Finds those that fell due first, all of one instant: thousands may share a second, and asking after each would take minutes. */
function earliestOf(jobs: readonly DueJob[]): readonly DueJob[] {
  const first = jobs.reduce((at, job) => Math.min(at, job.at), Infinity);
  return jobs.filter(({ at }) => at === first);
}
