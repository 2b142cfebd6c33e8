import { AppServicesError } from "../app-services-error";
import type { SettableClock } from "../clock";
import type { Log } from "../log";
import type { ClockFollower } from "../options";
import type { DueSlot, ScheduledSlots } from "../triggers/scheduled-slots";
import { instantOf, type AdvanceRequest } from "./parse-advance";

/** Moves the clock of a runtime whose time stands still, and runs what fell due. */
export interface TestClock {
  /**
   * Moves the clock, runs every scheduled trigger that fell due, one after the other, and answers where the clock stands when all ended.
   *
   * Holds: advances are done one after the other. A function that fails is logged by its trigger and does not stop the others.
   * Throws: 400 for an instant before now; 409 when another runtime holds a scheduled trigger, at the start before anything moves; 503
   * when the runtime stops on the way. What did not run then is still due, and runs at the next advance, also one by 0 seconds.
   */
  advance(request: AdvanceRequest): Promise<Date>;
  /** Starts no further slot, and waits for the one that runs. */
  close(graceMs: number): Promise<void>;
}

export interface TestClockDeps {
  readonly clock: SettableClock;
  readonly slots: ScheduledSlots;
  /** Keeps where the clock stands, so that a restart does not go back in time. */
  readonly save: (instant: Date) => Promise<void>;
  readonly follower: ClockFollower | null;
  readonly log: Log;
}

const MOST_WAITING = 100;

/** Creates the test clock over a clock that stands already. */
export function createTestClock(deps: TestClockDeps): TestClock {
  let isClosing = false;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const assertReady = (): void => {
    if (isClosing) throw new AppServicesError(503, "MaintenanceInProgress", "the runtime is stopping");
    const elsewhere = deps.slots.heldElsewhere();
    if (elsewhere.length > 0) throw heldElsewhere(elsewhere.join(", "));
  };
  return {
    advance(request) {
      if (waiting >= MOST_WAITING) {
        return Promise.reject(new AppServicesError(429, "TooManyRequests", "too many advances are waiting"));
      }
      waiting += 1;
      const done = last
        .then(() => advanceOnce(deps, request, assertReady))
        .finally(() => {
          waiting -= 1;
        });
      // The next advance does not care how this one ended; its own caller does.
      last = done.catch(() => {});
      return done;
    },
    async close(graceMs) {
      isClosing = true;
      let timer: NodeJS.Timeout | undefined;
      const overdue = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([last, overdue]);
      clearTimeout(timer);
    },
  };
}

async function advanceOnce(deps: TestClockDeps, request: AdvanceRequest, assertReady: () => void): Promise<Date> {
  const { clock, slots, log } = deps;
  const from = clock.now();
  const to = instantOf(request.target, from);
  assertReady();
  let runs = 0;
  const runSlot = async (due: DueSlot): Promise<void> => {
    const isDone = await due.run();
    assertReady();
    if (!isDone) throw heldElsewhere(due.name);
    runs += 1;
  };
  if (request.everySlot) {
    for (let due = slots.nextDue(to); due !== null; due = slots.nextDue(to)) {
      if (due.slot > clock.now()) await moveTo(deps, due.slot);
      await runSlot(due);
    }
    await moveTo(deps, to);
  } else {
    await moveTo(deps, to);
    for (const due of slots.lastDue(to)) await runSlot(due);
  }
  log.write("info", "clock.advanced", { from: from.toISOString(), to: to.toISOString(), runs });
  return to;
}

/** Stored before it is shown, so that nothing dated by the new time can outlive a crash that forgets it. */
async function moveTo({ clock, save, follower }: TestClockDeps, instant: Date): Promise<void> {
  await follower?.beforeMove();
  await save(instant);
  clock.standAt(instant);
  await follower?.afterMove(instant);
}

function heldElsewhere(names: string): AppServicesError {
  return new AppServicesError(
    409,
    "Conflict",
    `this runtime does not hold the scheduled triggers ${names}, expected it to be the only one beside its database`,
  );
}
