import { numberedError } from "../../errors";
import { fromLocal, zoneOffset } from "./time-zone";

const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const DAY = 86_400_000;

const PATTERNS: Readonly<Record<string, string>> = {
  Y: "(\\d{4})",
  m: "(\\d{1,2})",
  d: "(\\d{1,2})",
  H: "(\\d{1,2})",
  M: "(\\d{1,2})",
  S: "(\\d{1,2})",
  L: "(\\d{1,3})",
  j: "(\\d{1,3})",
  u: "([1-7])",
  V: "(\\d{1,2})",
  G: "(\\d{4})",
  b: "([A-Za-z]{3})",
  B: "([A-Za-z]+)",
  z: "([+-]\\d{2}:?\\d{2}|Z)",
  Z: "([+-]\\d{1,4})",
};

/** Reads dates by a format of the server's specifiers; undefined when the text does not follow it. */
export type DateReader = (text: string, zone: string) => Date | undefined;

/** Compiles a format. Throws: 18536 for a specifier that is not known. */
export function compileDateFormat(format: string): DateReader {
  const letters: string[] = [];
  const source = format.replace(/%(.?)|([\\^$.*+?()[\]{}|])/gs, (_, letter: string | undefined, special: string) => {
    if (letter === undefined) return `\\${special}`;
    if (letter === "%") return "%";
    const pattern = Object.hasOwn(PATTERNS, letter) ? PATTERNS[letter] : undefined;
    if (pattern === undefined) throw numberedError(18536, `Invalid format character '%${letter}' in format string`);
    letters.push(letter);
    return pattern;
  });
  const regex = new RegExp(`^${source}$`);
  return (text, zone) => {
    const match = regex.exec(text);
    if (match === null) return undefined;
    return dateOf(new Map(letters.map((letter, index) => [letter, match[index + 1] ?? ""])), zone);
  };
}

function dateOf(fields: ReadonlyMap<string, string>, zone: string): Date | undefined {
  const day = dayOf(fields);
  if (day === undefined) return undefined;
  const read = (letter: string): number => Number(fields.get(letter) ?? 0);
  const [hour, minute, second] = [read("H"), read("M"), read("S")];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const millis = Math.trunc(Number(`0.${fields.get("L") ?? "0"}`) * 1000);
  const local = day + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis;
  const offset = fields.get("z");
  if (offset !== undefined) return new Date(local - zoneOffset(offset, local));
  const minutes = fields.get("Z");
  return minutes === undefined ? fromLocal(local, zone) : new Date(local - Number(minutes) * 60_000);
}

/** The day in milliseconds, from a year and a month and day, from a year and its day, or from a year of weeks. */
function dayOf(fields: ReadonlyMap<string, string>): number | undefined {
  const year = Number(fields.get("Y"));
  if (fields.has("G"))
    return isoDay(Number(fields.get("G")), Number(fields.get("V") ?? 1), Number(fields.get("u") ?? 1));
  if (Number.isNaN(year)) return undefined;
  const dayOfYear = fields.get("j");
  if (dayOfYear !== undefined) return startOf(year, 0, Number(dayOfYear));
  const month = monthOf(fields);
  const day = Number(fields.get("d") ?? 1);
  if (month === undefined) return undefined;
  const start = startOf(year, month, day);
  return new Date(start).getUTCMonth() === month && day > 0 ? start : undefined;
}

function monthOf(fields: ReadonlyMap<string, string>): number | undefined {
  const name = (fields.get("b") ?? fields.get("B"))?.toLowerCase();
  if (name === undefined) return Number(fields.get("m") ?? 1) - 1;
  const index = MONTHS.findIndex((month) => (fields.has("b") ? month.slice(0, 3) : month) === name);
  return index < 0 ? undefined : index;
}

function startOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

/** The fourth of January is always in the first week, which begins on a Monday. */
function isoDay(year: number, week: number, day: number): number {
  const fourth = new Date(startOf(year, 0, 4));
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY;
  return monday + ((week - 1) * 7 + day - 1) * DAY;
}
