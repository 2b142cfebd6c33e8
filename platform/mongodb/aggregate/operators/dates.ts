import { numberedError, serverError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import { typeNameOf } from "../../bson/types";
import { ObjectId, Timestamp, type Value } from "../../bson/values";
import { type Builder, isNullish, named } from "./builder";
import { compileDateFormat } from "./date-format";
import { formatDate, parseDate } from "./date-text";
import { fromLocal, type Parts, partsOf } from "./time-zone";

/** Reads what date operators accept as a date: dates, timestamps and ObjectIds. */
export function requireDate(name: string, value: Value): Date {
  if (value instanceof Date) return value;
  if (value instanceof Timestamp) return new Date(value.t * 1000);
  if (value instanceof ObjectId) return value.getTimestamp();
  throw numberedError(16006, `can't convert from BSON type ${typeNameOf(value)} to Date in ${name}`);
}

/** Reads the `timezone` argument; undefined means null. */
export function readZone(name: string, given: boolean, value: Value | undefined): string | undefined {
  if (!given) return "UTC";
  if (isNullish(value)) return undefined;
  if (typeof value !== "string")
    throw numberedError(40517, `${name} requires timezone to be a string, but was ${typeNameOf(value)}`);
  return value;
}

function part(name: string, read: (parts: Parts) => Value): Builder {
  const full = named(name, ["date"], ["timezone"], ({ date, timezone }, has) => {
    const zone = readZone(name, has.has("timezone"), timezone);
    return isNullish(date) || zone === undefined ? null : read(partsOf(requireDate(name, date), zone));
  });
  return (operand, compile) => {
    if (operand instanceof Map && operand.has("date")) return full(operand, compile);
    const only = Array.isArray(operand) && operand.length === 1 ? (operand[0] ?? null) : operand;
    return full(new Map([["date", only]]), compile);
  };
}

const dateToString = named("$dateToString", ["date"], ["format", "timezone", "onNull"], (args, has) => {
  const { date, format, timezone, onNull } = args;
  const zone = readZone("$dateToString", has.has("timezone"), timezone);
  if (isNullish(date)) return has.has("onNull") ? onNull : null;
  if (zone === undefined || (has.has("format") && isNullish(format))) return null;
  if (format !== undefined && typeof format !== "string")
    throw numberedError(18533, "$dateToString requires that 'format' be a string");
  const usual = zone === "UTC" ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L";
  return formatDate(requireDate("$dateToString", date), format ?? usual, zone);
});

const dateFromString = named(
  "$dateFromString",
  ["dateString"],
  ["format", "timezone", "onError", "onNull"],
  (args, has) => {
    const { dateString, format, timezone, onError, onNull } = args;
    if (isNullish(dateString)) return has.has("onNull") ? onNull : null;
    const zone = readZone("$dateFromString", has.has("timezone"), timezone);
    if (zone === undefined || (has.has("format") && isNullish(format))) return null;
    if (format !== undefined && typeof format !== "string")
      throw numberedError(40684, "$dateFromString requires that 'format' be a string");
    const read = format === undefined ? parseDate : compileDateFormat(format);
    const date = typeof dateString === "string" ? read(dateString, zone) : undefined;
    if (date !== undefined) return date;
    if (has.has("onError")) return onError;
    throw serverError("ConversionFailure", `Error parsing date string '${String(dateString)}'`);
  },
);

const PART_NAMES = ["year", "month", "day", "hour", "minute", "second", "millisecond"] as const;

const dateFromParts = named("$dateFromParts", ["year"], [...PART_NAMES.slice(1), "timezone"], (args, has) => {
  const zone = readZone("$dateFromParts", has.has("timezone"), args["timezone"]);
  const numbers: number[] = [];
  for (const [index, name] of PART_NAMES.entries()) {
    if (!has.has(name)) {
      numbers.push(index === 1 || index === 2 ? 1 : 0);
      continue;
    }
    const value = args[name];
    if (isNullish(value)) return null;
    const whole = toWhole(value);
    if (whole === undefined)
      throw numberedError(40515, `'${name}' must evaluate to an integer, found ${typeNameOf(value)}`);
    numbers.push(Number(whole));
  }
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0] = numbers;
  if (zone === undefined) return null;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, millisecond);
  return fromLocal(local.getTime(), zone);
});

const dateToParts = named("$dateToParts", ["date"], ["timezone", "iso8601"], ({ date, timezone, iso8601 }, has) => {
  const zone = readZone("$dateToParts", has.has("timezone"), timezone);
  if (isNullish(date) || zone === undefined) return null;
  const parts = partsOf(requireDate("$dateToParts", date), zone);
  if (iso8601 !== true) return new Map<string, Value>(PART_NAMES.map((name) => [name, parts[name]]));
  return new Map<string, Value>([
    ["isoWeekYear", parts.isoWeekYear],
    ["isoWeek", parts.isoWeek],
    ["isoDayOfWeek", parts.isoDayOfWeek],
    ...PART_NAMES.slice(3).map((name): [string, Value] => [name, parts[name]]),
  ]);
});

/** Dates taken apart and put together. */
export const DATES: Readonly<Record<string, Builder>> = {
  $year: part("$year", (parts) => parts.year),
  $month: part("$month", (parts) => parts.month),
  $dayOfMonth: part("$dayOfMonth", (parts) => parts.day),
  $hour: part("$hour", (parts) => parts.hour),
  $minute: part("$minute", (parts) => parts.minute),
  $second: part("$second", (parts) => parts.second),
  $millisecond: part("$millisecond", (parts) => parts.millisecond),
  $dayOfYear: part("$dayOfYear", (parts) => parts.dayOfYear),
  $dayOfWeek: part("$dayOfWeek", (parts) => parts.dayOfWeek),
  $isoDayOfWeek: part("$isoDayOfWeek", (parts) => parts.isoDayOfWeek),
  $week: part("$week", (parts) => parts.week),
  $isoWeek: part("$isoWeek", (parts) => parts.isoWeek),
  $isoWeekYear: part("$isoWeekYear", (parts) => BigInt(parts.isoWeekYear)),
  $dateToString: dateToString,
  $dateFromString: dateFromString,
  $dateFromParts: dateFromParts,
  $dateToParts: dateToParts,
};
