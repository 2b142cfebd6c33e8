import { type Amount, toAmount } from "../../domain/amount";
import { ACTOR_KINDS, type Actor, type JsonValue } from "../../domain/entry";
import type { Instant } from "../../domain/instant";
import type { Database, StoredDocument } from "../../ports/collection";

/**
 * Reads a 64-bit integer of the database as a safe integer.
 * Throws: an Error when the stored value is no whole number in the safe range; a wrong number is never passed on.
 */
export function fromDbInteger(value: unknown, field: string): number {
  // A driver that does not promote 64-bit integers gives objects that know their number.
  const number = hasToNumber(value) ? value.toNumber() : value;
  if (typeof number === "number" && Number.isSafeInteger(number)) return number;
  throw new Error(`${field}: expected a stored whole number in the safe range, found ${String(value)}`);
}

/** Tells whether a stored value is a number. */
function isDbInteger(value: unknown): boolean {
  return typeof value === "number" || hasToNumber(value);
}

function hasToNumber(value: unknown): value is { toNumber(): number } {
  return typeof value === "object" && value !== null && "toNumber" in value && typeof value.toNumber === "function";
}

/** Reads an amount. Throws: an Error when the stored value is no whole number in 0..2^53-1. */
export function fromDbAmount(value: unknown, field: string): Amount {
  return toAmount(fromDbInteger(value, field));
}

/** Writes an integer as the database's 64-bit integer; a plain number above 2^31 would be stored as a double. */
export function toDbInteger(database: Database, value: number): unknown {
  if (!Number.isSafeInteger(value)) throw new Error(`Expected a whole number in the safe range, got ${value}`);
  return database.int64(value);
}

/** Reads an instant. Throws: an Error when the stored value is no date. */
export function fromDbInstant(value: unknown, field: string): Instant {
  if (value instanceof Date || Object.prototype.toString.call(value) === "[object Date]") return Number(value);
  throw new Error(`${field}: expected a stored date, found ${String(value)}`);
}

/** Reads an instant that may be missing or null. */
export function fromDbInstantOrNull(value: unknown, field: string): Instant | null {
  return value === null || value === undefined ? null : fromDbInstant(value, field);
}

/** Writes an instant. */
export function toDbInstant(instant: Instant): Date {
  return new Date(instant);
}

/** Writes an instant that may be null. */
export function toDbInstantOrNull(instant: Instant | null): Date | null {
  return instant === null ? null : new Date(instant);
}

/** Reads a text. Throws: an Error when the stored value is something else. */
export function fromDbText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new Error(`${field}: expected a stored text, found ${String(value)}`);
}

/** Reads a text that may be null. */
export function fromDbTextOrNull(value: unknown, field: string): string | null {
  return value === null || value === undefined ? null : fromDbText(value, field);
}

/** Reads one of a closed list of words. Throws: an Error when the stored word is not in the list. */
export function fromDbWord<Word extends string>(value: unknown, words: readonly Word[], field: string): Word {
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw new Error(`${field}: expected one of ${words.join(", ")}, found ${String(value)}`);
}

/** Reads an embedded document. */
export function fromDbDocument(value: unknown, field: string): StoredDocument {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as StoredDocument;
  throw new Error(`${field}: expected a stored document, found ${String(value)}`);
}

/** Reads a list and maps its elements. */
export function fromDbList<T>(
  value: unknown,
  field: string,
  read: (element: unknown, field: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw new Error(`${field}: expected a stored list, found ${String(value)}`);
  return value.map((element, index) => read(element, `${field}.${index}`));
}

/** Reads who did something. */
export function fromDbActor(value: unknown, field: string): Actor {
  const actor = fromDbDocument(value, field);
  return { kind: fromDbWord(actor["kind"], ACTOR_KINDS, `${field}.kind`), id: fromDbText(actor["id"], `${field}.id`) };
}

/** Writes plain JSON; its numbers are whole and become 64-bit integers. */
export function toDbJson(database: Database, value: JsonValue): unknown {
  if (typeof value === "number") return toDbInteger(database, value);
  if (Array.isArray(value)) return value.map((element: JsonValue) => toDbJson(database, element));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, content]) => [field, toDbJson(database, content)]));
}

/** Reads plain JSON. Throws: an Error when a stored number is not whole. */
export function fromDbJson(value: unknown, field: string): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((element, index) => fromDbJson(element, `${field}.${index}`));
  if (isDbInteger(value)) return fromDbInteger(value, field);
  return Object.fromEntries(
    Object.entries(fromDbDocument(value, field)).map(([name, content]) => [
      name,
      fromDbJson(content, `${field}.${name}`),
    ]),
  );
}
