import { numberedError, serverError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import { typeNameOf } from "../../bson/types";
import type { Value } from "../../bson/values";
import { type Builder, isNullish, named } from "./builder";
import { readZone, requireDate } from "./dates";
import { fromLocal, toLocal } from "./time-zone";

/** The units of a fixed length, in milliseconds. */
export const MILLIS_OF_UNIT: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
const MONTHS: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 };
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The server counts fixed units from this instant, a Saturday. */
const EPOCH_2000 = Date.UTC(2000, 0, 1);

/** Reads the name of a unit of time. Throws: FailedToParse. */
export function readTimeUnit(name: string, value: Value | undefined): string {
  if (typeof value === "string" && (Object.hasOwn(MILLIS_OF_UNIT, value) || Object.hasOwn(MONTHS, value))) return value;
  throw serverError(
    "FailedToParse",
    `${name} requires a known time unit, found: ${typeof value === "string" ? value : typeNameOf(value)}`,
  );
}

function readAmount(name: string, value: Value | undefined): number {
  const whole = toWhole(value);
  if (whole === undefined) throw numberedError(5166405, `${name} expects integer amount of time units`);
  return Number(whole);
}

/** A month is added by the calendar: the 31st becomes the last day of a shorter month. */
function addMonths(local: number, months: number): number {
  const date = new Date(local);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(date.getTime());
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  date.setUTCDate(Math.min(day, last.getUTCDate()));
  return date.getTime();
}

/** Moves a date by so many units, by the calendar and the clocks of the zone. */
export function shiftDate(date: Date, unit: string, amount: number, zone: string): Date {
  const months = MONTHS[unit];
  if (months !== undefined) return fromLocal(addMonths(toLocal(date.getTime(), zone), months * amount), zone);
  const size = MILLIS_OF_UNIT[unit] ?? 1;
  // Days and weeks keep the time on the clock where the clocks change; shorter units are plain time.
  if (size >= 86_400_000) return fromLocal(toLocal(date.getTime(), zone) + size * amount, zone);
  return new Date(date.getTime() + size * amount);
}

function shifting(name: string, sign: 1 | -1): Builder {
  return named(name, ["startDate", "unit", "amount"], ["timezone"], ({ startDate, unit, amount, timezone }, has) => {
    const zone = readZone(name, has.has("timezone"), timezone);
    if (isNullish(startDate) || isNullish(unit) || isNullish(amount) || zone === undefined) return null;
    return shiftDate(requireDate(name, startDate), readTimeUnit(name, unit), sign * readAmount(name, amount), zone);
  });
}

function readWeekStart(name: string, value: Value | undefined): number {
  if (value === undefined) return 0;
  const text = typeof value === "string" ? value.toLowerCase() : "";
  const index = WEEKDAYS.findIndex((day) => day === text || day.slice(0, 3) === text);
  if (index < 0) throw serverError("FailedToParse", `${name} parameter 'startOfWeek' must be a day of the week`);
  return index;
}

function monthIndex(local: number): number {
  const date = new Date(local);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Counts the boundaries of a unit up to a local time; a difference of two counts is what `$dateDiff` asks for. */
function boundaries(local: number, unit: string, weekStart: number): number {
  const months = MONTHS[unit];
  if (months !== undefined) return Math.floor(monthIndex(local) / months);
  const size = MILLIS_OF_UNIT[unit] ?? 1;
  return unit === "week" ? Math.floor((local - weekOrigin(weekStart)) / size) : Math.floor(local / size);
}

/** The first such weekday from 2000 on: 2000-01-01 was a Saturday. */
function weekOrigin(weekStart: number): number {
  return EPOCH_2000 + ((weekStart + 1) % 7) * 86_400_000;
}

const dateDiff = named("$dateDiff", ["startDate", "endDate", "unit"], ["timezone", "startOfWeek"], (args, has) => {
  const { startDate, endDate, unit } = args;
  const zone = readZone("$dateDiff", has.has("timezone"), args["timezone"]);
  if (isNullish(startDate) || isNullish(endDate) || isNullish(unit) || zone === undefined) return null;
  const kind = readTimeUnit("$dateDiff", unit);
  const weekStart = readWeekStart("$dateDiff", args["startOfWeek"]);
  const count = (value: Value): number => {
    const instant = requireDate("$dateDiff", value).getTime();
    const isPlainTime = (MILLIS_OF_UNIT[kind] ?? Infinity) < 86_400_000;
    return boundaries(isPlainTime ? instant : toLocal(instant, zone), kind, weekStart);
  };
  return BigInt(count(endDate) - count(startDate));
});

const dateTrunc = named("$dateTrunc", ["date", "unit"], ["binSize", "timezone", "startOfWeek"], (args, has) => {
  const { date, unit, binSize } = args;
  const zone = readZone("$dateTrunc", has.has("timezone"), args["timezone"]);
  if (isNullish(date) || isNullish(unit) || zone === undefined || (has.has("binSize") && isNullish(binSize)))
    return null;
  const kind = readTimeUnit("$dateTrunc", unit);
  const size = has.has("binSize") ? readAmount("$dateTrunc", binSize) : 1;
  if (size < 1) throw numberedError(5439018, "$dateTrunc requires 'binSize' to be greater than 0");
  const local = toLocal(requireDate("$dateTrunc", date).getTime(), zone);
  return fromLocal(truncate(local, kind, size, readWeekStart("$dateTrunc", args["startOfWeek"])), zone);
});

function truncate(local: number, unit: string, size: number, weekStart: number): number {
  const months = MONTHS[unit];
  if (months !== undefined) {
    const step = months * size;
    const origin = 2000 * 12;
    const month = origin + Math.floor((monthIndex(local) - origin) / step) * step;
    const start = new Date(0);
    return start.setUTCFullYear(Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
  }
  const origin = unit === "week" ? weekOrigin(weekStart) : EPOCH_2000;
  const step = (MILLIS_OF_UNIT[unit] ?? 1) * size;
  return origin + Math.floor((local - origin) / step) * step;
}

/** Dates moved, compared and cut. */
export const DATE_MATH: Readonly<Record<string, Builder>> = {
  $dateAdd: shifting("$dateAdd", 1),
  $dateSubtract: shifting("$dateSubtract", -1),
  $dateDiff: dateDiff,
  $dateTrunc: dateTrunc,
};
