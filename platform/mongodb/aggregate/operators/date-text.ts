import { numberedError } from "../../errors";
import { type Parts, partsOf, zoneOffset } from "./time-zone";

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Reads an ISO date; undefined when the text is none. `zone` counts where the text names no offset itself. */
export function parseDate(text: string, zone = "UTC"): Date | undefined {
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", offset] = match;
  const millis = Math.trunc(Number(`0.${fraction}`) * 1000);
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    millis,
  );
  const check = new Date(local);
  if (check.getUTCMonth() + 1 !== Number(month) || check.getUTCDate() !== Number(day) || Number(hour) > 23)
    return undefined;
  return new Date(local - zoneOffset(offset ?? zone, local));
}

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

const FIELDS: Readonly<Record<string, (parts: Parts) => string>> = {
  Y: (parts) => pad(parts.year, 4),
  m: (parts) => pad(parts.month, 2),
  d: (parts) => pad(parts.day, 2),
  H: (parts) => pad(parts.hour, 2),
  M: (parts) => pad(parts.minute, 2),
  S: (parts) => pad(parts.second, 2),
  L: (parts) => pad(parts.millisecond, 3),
  j: (parts) => pad(parts.dayOfYear, 3),
  u: (parts) => String(parts.isoDayOfWeek),
  w: (parts) => String(parts.dayOfWeek),
  U: (parts) => pad(parts.week, 2),
  V: (parts) => pad(parts.isoWeek, 2),
  G: (parts) => pad(parts.isoWeekYear, 4),
  z: ({ offsetMinutes }) => {
    const size = Math.abs(offsetMinutes);
    return `${offsetMinutes < 0 ? "-" : "+"}${pad(Math.trunc(size / 60), 2)}${pad(size % 60, 2)}`;
  },
  Z: ({ offsetMinutes }) => `${offsetMinutes < 0 ? "-" : "+"}${Math.abs(offsetMinutes)}`,
  "%": () => "%",
};

/** Writes a date by a format of the server's specifiers. */
export function formatDate(date: Date, format: string, zone: string): string {
  const parts = partsOf(date, zone);
  return format.replace(/%(.?)/gs, (_, letter: string) => {
    const write = Object.hasOwn(FIELDS, letter) ? FIELDS[letter] : undefined;
    if (write === undefined) throw numberedError(18536, `Invalid format character '%${letter}' in format string`);
    return write(parts);
  });
}
