import type { Clock } from "../clock";
import type { ScheduledTrigger } from "../tree/app-tree";
import { parseCronSchedule } from "../tree/cron-schedule";
import { pause, untilAborted } from "./pause";
import type { ScheduledSlots } from "./scheduled-slots";
import { callTrigger, type TriggerCallDeps } from "./trigger-call";
import { FencedOffError, type TriggerState } from "./trigger-state";

/** Looked at again at least this often, since the clock of a machine can jump. */
const LONGEST_WAIT_MS = 30_000;

export interface ScheduledTriggerDeps extends TriggerCallDeps {
  readonly clock: Clock;
  readonly state: TriggerState;
}

/**
 * Runs a schedule until the signal.
 *
 * Holds: a slot is marked done after its function ended, so a crash repeats it; of several slots missed only the latest runs; two runs of
 * one trigger never overlap. The first start waits for the next slot.
 */
export async function runScheduledTrigger(
  deps: ScheduledTriggerDeps,
  trigger: ScheduledTrigger,
  until: AbortSignal,
): Promise<void> {
  const { clock } = deps;
  const schedule = parseCronSchedule(trigger.schedule);
  let last = await loadLastSlot(deps);
  while (!until.aborted) {
    const now = clock.now();
    const due = schedule.lastSlot(now);
    if (due !== null && due > last) {
      if (!(await runSlot(deps, trigger, due, until))) return;
      last = due;
      continue;
    }
    const next = schedule.nextSlot(now);
    const waitMs = next === null ? LONGEST_WAIT_MS : next.getTime() - now.getTime();
    await pause(Math.min(waitMs, LONGEST_WAIT_MS), until);
  }
}

/**
 * Offers the slots of a schedule to the test clock until the signal; they run when the clock is moved.
 *
 * Holds: as for `runScheduledTrigger`, but for what the clock decides: which slots run, and when.
 */
export async function offerScheduledTrigger(
  deps: ScheduledTriggerDeps & { readonly slots: ScheduledSlots },
  trigger: ScheduledTrigger,
  until: AbortSignal,
  onWatching: () => void,
): Promise<void> {
  const schedule = parseCronSchedule(trigger.schedule);
  const stored = await loadLastSlot(deps);
  // A clock that was set to the past would else run nothing until it has caught up.
  let last = stored > deps.clock.now() ? deps.clock.now() : stored;
  let running: Promise<unknown> = Promise.resolve();
  const run = async (slot: Date): Promise<boolean> => {
    if (until.aborted) return false;
    try {
      if (!(await runSlot(deps, trigger, slot, until))) return false;
    } catch (error) {
      if (error instanceof FencedOffError) return false;
      throw error;
    }
    last = slot;
    return true;
  };
  const leave = deps.slots.join({
    name: trigger.name,
    schedule,
    lastSlot: () => last,
    run(slot) {
      const done = run(slot);
      running = done.catch(() => {});
      return done;
    },
  });
  onWatching();
  await untilAborted(until);
  leave();
  // The lease is given back when this returns, so the function must have ended.
  await running;
}

async function loadLastSlot({ clock, state }: ScheduledTriggerDeps): Promise<Date> {
  const last = (await state.load())?.lastSlot;
  if (last !== undefined) return last;
  const now = clock.now();
  await state.save({ lastSlot: now });
  return now;
}

/** Answers false when the slot was not consumed, because the runtime stops. */
async function runSlot(
  deps: ScheduledTriggerDeps,
  trigger: ScheduledTrigger,
  slot: Date,
  signal: AbortSignal,
): Promise<boolean> {
  const lagMs = deps.clock.now().getTime() - slot.getTime();
  if (!(await callTrigger(deps, { trigger, args: [], lagMs, signal }))) return false;
  await deps.state.save({ lastSlot: slot });
  return true;
}
