import type { CronSchedule } from "../tree/cron-schedule";

/** A scheduled trigger that this runtime holds, while time stands still. */
export interface WaitingTrigger {
  readonly name: string;
  readonly schedule: CronSchedule;
  /** The last slot that was run. */
  lastSlot(): Date;
  /** Runs one slot. Answers false when it did not, because the runtime stops or another one holds the trigger by now. */
  run(slot: Date): Promise<boolean>;
}

/** A slot that fell due. */
export interface DueSlot {
  readonly name: string;
  readonly slot: Date;
  run(): Promise<boolean>;
}

/** The scheduled triggers of a runtime with a test clock: they run when the clock is moved, and only then. */
export interface ScheduledSlots {
  /** Adds a trigger until the answered function is called. */
  join(trigger: WaitingTrigger): () => void;
  /** The enabled scheduled triggers that this runtime does not hold. */
  heldElsewhere(): readonly string[];
  /** The last due slot of each trigger that has one, in order of due time, then of name. */
  lastDue(to: Date): readonly DueSlot[];
  /** The first due slot of all that have not run, or null. */
  nextDue(to: Date): DueSlot | null;
}

/** Creates the slots for the enabled scheduled triggers of a tree. */
export function createScheduledSlots(enabled: readonly string[]): ScheduledSlots {
  const waiting = new Map<string, WaitingTrigger>();
  return {
    join(trigger) {
      waiting.set(trigger.name, trigger);
      return () => {
        if (waiting.get(trigger.name) === trigger) waiting.delete(trigger.name);
      };
    },
    heldElsewhere: () => enabled.filter((name) => !waiting.has(name)),
    lastDue: (to) => dueSlots(waiting.values(), to, ({ schedule }) => schedule.lastSlot(to)),
    nextDue: (to) =>
      dueSlots(waiting.values(), to, (trigger) => trigger.schedule.nextSlot(trigger.lastSlot()))[0] ?? null,
  };
}

function dueSlots(
  triggers: Iterable<WaitingTrigger>,
  to: Date,
  pick: (trigger: WaitingTrigger) => Date | null,
): readonly DueSlot[] {
  return [...triggers]
    .flatMap((trigger) => {
      const slot = pick(trigger);
      if (slot === null || slot <= trigger.lastSlot() || slot > to) return [];
      return [{ name: trigger.name, slot, run: () => trigger.run(slot) }];
    })
    .toSorted((a, b) => a.slot.getTime() - b.slot.getTime() || (a.name < b.name ? -1 : 1));
}
