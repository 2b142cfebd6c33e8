import type { AccountClock } from "../core/clock";
import type { DueJob, JobProvider } from "../core/due-jobs";
import type { Store } from "../core/store";
import { advancingClocks, arrive, stepTo } from "./test-clocks";

const EVERY_MS = 1000;
/** No real history has so many instants between two looks; more means that a job never ends. */
const MOST_ROUNDS = 100_000;

/** What the work of time needs. */
export interface Timekeeping {
  readonly store: Store;
  readonly clock: AccountClock;
  readonly providers: readonly JobProvider[];
  readonly committed: () => void;
  readonly log: (line: string) => void;
}

/** Does what falls due. */
export interface Timekeeper {
  /** Does what fell due, one instant after the other, and brings test clocks that advance to their target. */
  runDue(): void;
  /** Does so in a later turn of the loop when a test clock advances. */
  wake(): void;
  /** Tells when the account's next work falls due after now. Units: unix seconds. */
  nextDueAt(): number | null;
  stop(): void;
}

/** Does what falls due as time passes, until it is stopped. */
export function keepTime(parts: Timekeeping): Timekeeper {
  const { store, clock, committed, log } = parts;
  const runDue = (): void => {
    try {
      const worked = runAccount(parts);
      const moved = advancingClocks(store).map((id) => runClock(parts, id));
      if (worked || moved.length > 0) committed();
    } catch (error) {
      // A full disk must not end the simulator; the next second tries again.
      log(`What fell due could not be done: ${String(error)}`);
    }
  };
  runDue();
  const timer = setInterval(runDue, EVERY_MS);
  timer.unref();
  let stopped = false;
  return {
    runDue,
    wake: () => {
      if (advancingClocks(store).length > 0) setImmediate(() => void (stopped || runDue()));
    },
    nextDueAt: () => {
      const now = clock.nowSeconds();
      const later = jobsOf(parts, null).filter(({ dueAt }) => dueAt > now);
      return later.length === 0 ? null : Math.min(...later.map(({ dueAt }) => dueAt));
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** Answers whether there was anything to do. */
function runAccount(parts: Timekeeping): boolean {
  const { store, clock } = parts;
  return eachInstant(parts, { clock: null, until: clock.nowSeconds() }, (job, at) => {
    clock.during(at, () => store.atomically(null, (tx) => job.run(tx, at)));
  });
}

function runClock(parts: Timekeeping, id: string): void {
  const { store } = parts;
  const until = store.atomically(null, (tx) => stepTo(tx, id, null));
  eachInstant(parts, { clock: id, until }, (job, at) => {
    store.atomically(null, (tx) => {
      stepTo(tx, id, at);
      job.run(tx, at);
    });
  });
  store.atomically(null, (tx) => arrive(tx, id));
}

/** Runs the jobs of one instant after the other and looks anew after each, since a job may add jobs. */
function eachInstant(
  parts: Timekeeping,
  { clock, until }: { readonly clock: string | null; readonly until: number },
  work: (job: DueJob, at: number) => void,
): boolean {
  let failedAt = -Infinity;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const due = jobsOf(parts, clock).filter(({ dueAt }) => dueAt <= until && dueAt > failedAt);
    if (due.length === 0) return round > 0;
    const at = Math.min(...due.map(({ dueAt }) => dueAt));
    for (const job of due.filter(({ dueAt }) => dueAt === at)) {
      try {
        work(job, at);
      } catch (error) {
        // One job that fails must not keep the others from their time; the next look tries it again.
        parts.log(`Work that fell due at ${at} could not be done: ${String(error)}`);
        failedAt = at;
      }
    }
  }
  throw new Error(`Work fell due at more than ${MOST_ROUNDS} instants: a job does not change what made it due`);
}

function jobsOf({ store, providers }: Timekeeping, clock: string | null): readonly DueJob[] {
  return providers.flatMap((provide) => [...provide(store)].filter((job) => job.clock === clock));
}
