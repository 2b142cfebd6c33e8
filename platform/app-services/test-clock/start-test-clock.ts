import type { SettableClock } from "../clock";
import type { Log } from "../log";
import type { TestClockOptions } from "../options";
import { saveTestClock, type AppSettings } from "../store/settings";
import type { Store } from "../store/store";
import type { AppTree } from "../tree/app-tree";
import { createScheduledSlots, type ScheduledSlots } from "../triggers/scheduled-slots";
import { createTestClock, type TestClock } from "./test-clock";

/** The earliest and the latest start: the cell of the clock takes 0 for the machine's time, and dates have four digits of year. */
const EARLIEST_MS = 86_400_000;
const LATEST_MS = Date.UTC(9999, 0, 1);

/** A test clock, and where scheduled triggers wait for it; null when time passes by itself. */
export interface StartedTestClock {
  readonly testClock: TestClock | null;
  readonly slots: ScheduledSlots | null;
}

/**
 * Makes the clock stand where it stood last, else where the options say, else now; without options it is left to run.
 * Throws: an Error when `startAt` is out of range.
 */
export async function startTestClock(input: {
  readonly options: TestClockOptions | undefined;
  readonly tree: AppTree;
  readonly store: Store;
  readonly settings: AppSettings;
  readonly clock: SettableClock;
  readonly log: Log;
}): Promise<StartedTestClock> {
  const { options, tree, store, settings, clock, log } = input;
  if (options === undefined) {
    warnOfTheFuture(settings, clock, log);
    return { testClock: null, slots: null };
  }
  const { startAt = new Date(), follower = null } = options;
  if (!(startAt.getTime() >= EARLIEST_MS && startAt.getTime() <= LATEST_MS)) {
    throw new Error(`testClock.startAt is ${String(startAt)}, expected a date from 1970-01-02 to the year 9999`);
  }
  const standsAt = settings.testClockAt ?? startAt;
  const save = (instant: Date): Promise<void> => saveTestClock(store, tree.appId, instant);
  await save(standsAt);
  clock.standAt(standsAt);
  log.write("info", "clock.stands", { at: standsAt.toISOString(), moves: "POST /_dev/clock/advance" });
  const scheduled = tree.triggers.filter(({ kind, disabled }) => kind === "scheduled" && !disabled);
  const slots = createScheduledSlots(scheduled.map(({ name }) => name));
  return { slots, testClock: createTestClock({ clock, slots, save, follower, log }) };
}

/** Whoever lets time run again after a test clock went ahead has data from days that are still to come. */
function warnOfTheFuture({ testClockAt }: AppSettings, clock: SettableClock, log: Log): void {
  if (testClockAt === null || testClockAt <= clock.now()) return;
  log.write("warn", "clock.went_back", {
    from: testClockAt.toISOString(),
    reason: "a test clock stood there, and this start has none",
  });
}
