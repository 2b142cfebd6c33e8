import { Cron } from "croner";

/** Slots of a schedule; all instants are UTC minutes. */
export interface CronSchedule {
  /** The first slot after the given instant, or null when there is none. */
  nextSlot(after: Date): Date | null;
  /** The latest slot at or before the given instant, or null when there is none. */
  lastSlot(atOrBefore: Date): Date | null;
}

const ATOM = String.raw`(\d{1,2}|[A-Z]{3})(-(\d{1,2}|[A-Z]{3}))?`;
const FIELD = new RegExp(String.raw`^(\*(/\d{1,2})?|${ATOM}(,${ATOM})*)$`);

/**
 * Parses the App Services cron dialect: five fields, UTC, and a day must match both its fields (unlike Vixie cron).
 *
 * Throws: an Error that says what is wrong with the pattern. croner knows more (seconds, `L`, `#`, macros); those are refused because
 * Atlas would refuse them.
 */
export function parseCronSchedule(pattern: string): CronSchedule {
  const fields = pattern.trim().split(/\s+/);
  if (fields.length !== 5) {
    throw new Error(`has ${fields.length} fields, expected 5 (minute hour day-of-month month weekday)`);
  }
  const odd = fields.find((field) => !FIELD.test(field));
  if (odd !== undefined) {
    throw new Error(`has the field "${odd}", expected *, */n, numbers, names (JAN, SUN), lists or ranges`);
  }
  if (/[7-9]/.test(fields[4] ?? "")) {
    throw new Error(`has the weekday "${fields[4] ?? ""}", expected 0 (Sunday) to 6`);
  }
  const cron = new Cron(fields.join(" "), { mode: "5-part", domAndDow: true, timezone: "UTC", paused: true });
  return {
    nextSlot: (after) => cron.nextRun(after),
    lastSlot(atOrBefore) {
      // previousRuns excludes its reference, so a slot that is exactly now would be missed without the added second.
      const [slot] = cron.previousRuns(1, new Date(Math.floor(atOrBefore.getTime() / 60_000) * 60_000 + 1_000));
      return slot ?? null;
    },
  };
}
