import { numberedError } from "../../errors";

/** A date taken apart in some zone. */
export interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly dayOfYear: number;
  /** 1 is Sunday. */
  readonly dayOfWeek: number;
  /** 1 is Monday. */
  readonly isoDayOfWeek: number;
  readonly week: number;
  readonly isoWeek: number;
  readonly isoWeekYear: number;
  readonly offsetMinutes: number;
}

const DAY = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = makeFormatter(zone);
  formatters.set(zone, made);
  return made;
}

function makeFormatter(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      era: "short",
    });
  } catch (cause) {
    throw Object.assign(numberedError(40485, `unrecognized time zone identifier: "${zone}"`), { cause });
  }
}

function fixedOffset(zone: string): number | undefined {
  if (zone === "UTC" || zone === "GMT" || zone === "Z") return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === "-" ? -minutes : minutes) * 60_000;
}

function offsetAt(zone: string, instant: number): number {
  const fields = new Map(
    formatterOf(zone)
      .formatToParts(instant)
      .map((part) => [part.type, part.value]),
  );
  const read = (name: Intl.DateTimeFormatPartTypes): number => Number(fields.get(name) ?? 0);
  const year = fields.get("era") === "BC" ? 1 - read("year") : read("year");
  const local = new Date(0);
  local.setUTCFullYear(year, read("month") - 1, read("day"));
  local.setUTCHours(read("hour"), read("minute"), read("second"));
  return local.getTime() - Math.floor(instant / 1000) * 1000;
}

/** Gives a zone's offset in milliseconds at a local time (milliseconds as if the local time were UTC). */
export function zoneOffset(zone: string, local: number): number {
  const known = fixedOffset(zone);
  if (known !== undefined) return known;
  // The offset depends on the instant, which depends on the offset: one correction settles all but the hour that clocks skip.
  const first = offsetAt(zone, local);
  return offsetAt(zone, local - first);
}

/** Gives the local time of an instant, in milliseconds as if it were UTC. */
export function toLocal(instant: number, zone: string): number {
  return instant + (fixedOffset(zone) ?? offsetAt(zone, instant));
}

/** Gives the instant of a local time. */
export function fromLocal(local: number, zone: string): Date {
  return new Date(local - zoneOffset(zone, local));
}

/** Takes a date apart in a zone. */
export function partsOf(date: Date, zone: string): Parts {
  const millis = toLocal(date.getTime(), zone);
  const local = new Date(millis);
  const year = local.getUTCFullYear();
  const dayOfYear = Math.floor((millis - yearStart(year)) / DAY) + 1;
  const weekday = local.getUTCDay();
  const isoDay = weekday === 0 ? 7 : weekday;
  const thursday = new Date(millis + (4 - isoDay) * DAY);
  const isoWeekYear = thursday.getUTCFullYear();
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    dayOfYear,
    dayOfWeek: weekday + 1,
    isoDayOfWeek: isoDay,
    week: Math.floor((dayOfYear + 6 - weekday) / 7),
    isoWeek: Math.floor((thursday.getTime() - yearStart(isoWeekYear)) / DAY / 7) + 1,
    isoWeekYear,
    offsetMinutes: Math.round((millis - date.getTime()) / 60_000),
  };
}

function yearStart(year: number): number {
  const start = new Date(0);
  return start.setUTCFullYear(year, 0, 1);
}
