import { badRequest } from "../app-services-error";
import type { BodyObject } from "../client-api/request-body";

/** Where the clock is asked to go. */
export type AdvanceTarget =
  | { readonly kind: "by"; readonly seconds: number }
  | { readonly kind: "to"; readonly instant: Date };

/** An advance as it was asked for. */
export interface AdvanceRequest {
  readonly target: AdvanceTarget;
  /** Every slot of every schedule runs, not only the last one that fell due. */
  readonly everySlot: boolean;
}

/** Four digits of year are what ISO text, BSON dates and tokens all agree on. */
const LAST_INSTANT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const FIELDS = ["seconds", "to", "everySlot"];

/** Reads the body of an advance. Throws: a 400 that names the path, the value and what was expected. */
export function parseAdvance(body: BodyObject): AdvanceRequest {
  const odd = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (odd !== undefined) throw refusal(odd, "no such field, only seconds, to and everySlot", body[odd]);
  const { seconds, to, everySlot } = body;
  if (everySlot !== undefined && typeof everySlot !== "boolean") throw refusal("everySlot", "true or false", everySlot);
  if ((seconds === undefined) === (to === undefined)) {
    throw badRequest(`seconds, to: expected exactly one of them, got ${seconds === undefined ? "none" : "both"}`);
  }
  const target: AdvanceTarget =
    to === undefined ? { kind: "by", seconds: parseSeconds(seconds) } : { kind: "to", instant: parseInstant(to) };
  return { target, everySlot: everySlot ?? false };
}

/** Finds the instant that an advance leads to. Throws: a 400 when that is before now, or too far for a date. */
export function instantOf(target: AdvanceTarget, now: Date): Date {
  if (target.kind === "by") {
    const ms = now.getTime() + target.seconds * 1000;
    if (ms <= LAST_INSTANT_MS) return new Date(ms);
    throw refusal("seconds", "to stay within the year 9999", target.seconds);
  }
  if (target.instant >= now) return target.instant;
  throw refusal("to", `an instant not before ${now.toISOString()}, where the clock stands`, target.instant);
}

function parseSeconds(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw refusal("seconds", "a whole number, 0 or more", value);
}

function parseInstant(value: unknown): Date {
  const parts = typeof value === "string" ? INSTANT.exec(value) : null;
  const instant = parts === null ? null : new Date(parts[0]);
  // The language takes 30 February for 2 March.
  const isDay = parts !== null && daysIn(Number(parts[1]), Number(parts[2])) >= Number(parts[3]);
  if (instant !== null && isDay && !Number.isNaN(instant.getTime())) return instant;
  throw refusal("to", 'an instant as ISO 8601 text with its zone, such as "2027-01-31T00:00:00Z"', value);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function refusal(path: string, expected: string, value: unknown): Error {
  return badRequest(`${path}: expected ${expected}, got ${JSON.stringify(value)}`);
}
