import type { Instant } from "./instant";

/**
 * How the slots of an allocation follow each other. `anniversary`: months from the start, in UTC, the day clamped to the
 * month's last. `calendar`: local months of a time zone, for free plans.
 */
export type SlotCalendar =
  | { readonly mode: "anniversary"; readonly startAt: Instant }
  | { readonly mode: "calendar"; readonly startAt: Instant; readonly timeZone: string };

/**
 * The start of slot k, and with k + 1 its end. Slot 0 begins at the start; every boundary is computed from the original
 * start, never from the boundary before it: 31 January is followed by 28 February and 31 March.
 */
export function slotBoundary(calendar: SlotCalendar, slot: number): Instant {
  if (slot === 0) return calendar.startAt;
  switch (calendar.mode) {
    case "anniversary":
      return addMonths(calendar.startAt, slot);
    case "calendar":
      return localMonthStart(calendar.startAt, slot, calendar.timeZone);
  }
}

/** Adds months in UTC, keeping the time of day and clamping the day to the month's last. */
export function addMonths(startAt: Instant, months: number): Instant {
  const start = new Date(startAt);
  const month = start.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(start.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const timeOfDay = startAt - Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
  return Date.UTC(start.getUTCFullYear(), month, Math.min(start.getUTCDate(), lastDay)) + timeOfDay;
}

/** Midnight of the first day of the k-th local month after an instant. */
function localMonthStart(startAt: Instant, months: number, timeZone: string): Instant {
  const zone = zoneOf(timeZone);
  const local = localFields(startAt, zone);
  return instantOfLocal({ year: local.year, month: local.month + months }, zone);
}

interface LocalFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What reads the local time of a zone; making one is dear, using it is cheap. */
function zoneOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

function localFields(instant: Instant, zone: Intl.DateTimeFormat): LocalFields {
  const parts = new Map(zone.formatToParts(new Date(instant)).map(({ type, value }) => [type, Number(value)]));
  const field = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return {
    year: field("year"),
    month: field("month") - 1,
    day: field("day"),
    hour: field("hour"),
    minute: field("minute"),
    second: field("second"),
  };
}

/**
 * The instant of local midnight on the first of a month. A midnight that does not exist moves forward to the first instant
 * of the day; one that occurs twice takes the first.
 */
function instantOfLocal(month: { readonly year: number; readonly month: number }, zone: Intl.DateTimeFormat): Instant {
  const wanted = Date.UTC(month.year, month.month, 1);
  const offsetAt = (instant: Instant): number => {
    const local = localFields(instant, zone);
    return Date.UTC(local.year, local.month, local.day, local.hour, local.minute, local.second) - instant;
  };
  // The offset in force is one of those a day before and a day after; the earlier instant of two valid ones is the first.
  const candidates = [offsetAt(wanted - DAY_MS), offsetAt(wanted + DAY_MS)].map((offset) => wanted - offset);
  const valid = candidates.filter((instant) => instant + offsetAt(instant) === wanted);
  return valid.length > 0 ? Math.min(...valid) : Math.max(...candidates);
}

const DAY_MS = 86_400_000;
