import type { Clock } from "../clock";
import type { ScheduledTrigger } from "../tree/app-tree";
import { parseCronSchedule } from "../tree/cron-schedule";
import { pause } from "./pause";
import { callTrigger, type TriggerCallDeps } from "./trigger-call";
import type { TriggerState } from "./trigger-state";

/** Looked at again at least this often, since the clock of a machine can jump. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Runs a schedule until the signal.
 *
 * Holds: a slot is marked done after its function ended, so a crash repeats it; of several slots missed only the latest runs; two runs of
 * one trigger never overlap. The first start waits for the next slot.
 */
export async function runScheduledTrigger(
  deps: TriggerCallDeps & { readonly clock: Clock; readonly state: TriggerState },
  trigger: ScheduledTrigger,
  until: AbortSignal,
): Promise<void> {
  const { clock, state } = deps;
  const schedule = parseCronSchedule(trigger.schedule);
  let last = (await state.load())?.lastSlot ?? null;
  if (last === null) {
    last = clock.now();
    await state.save({ lastSlot: last });
  }
  while (!until.aborted) {
    const now = clock.now();
    const due = schedule.lastSlot(now);
    if (due !== null && due > last) {
      const isConsumed = await callTrigger(deps, { trigger, args: [], since: due, signal: until });
      if (!isConsumed) return;
      await state.save({ lastSlot: due });
      last = due;
      continue;
    }
    const next = schedule.nextSlot(now);
    const waitMs = next === null ? LONGEST_WAIT_MS : next.getTime() - now.getTime();
    await pause(Math.min(waitMs, LONGEST_WAIT_MS), until);
  }
}
