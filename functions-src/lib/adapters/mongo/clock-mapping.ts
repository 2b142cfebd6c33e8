import type { AllocationClock, AllocationTerms } from "../../domain/allocation";
import type { SlotCalendar } from "../../domain/calendar";
import type { Database, StoredDocument } from "../../ports/collection";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInstantOrNull,
  toDbInteger,
} from "./mapping";

/** Writes an allocation clock. */
export function toDbClock(database: Database, clock: AllocationClock): Record<string, unknown> {
  const integer = (value: number): unknown => toDbInteger(database, value);
  const { units, rollover, costMinor, currency } = clock.terms;
  return {
    subscriptionId: clock.subscriptionId,
    phase: integer(clock.phase),
    slot: integer(clock.slot),
    calendar: {
      mode: clock.calendar.mode,
      startAt: toDbInstant(clock.calendar.startAt),
      timeZone: clock.calendar.mode === "calendar" ? clock.calendar.timeZone : null,
    },
    nextAt: toDbInstant(clock.nextAt),
    paidUntil: toDbInstantOrNull(clock.paidUntil),
    terms: {
      units: integer(units),
      rollover:
        rollover === null
          ? null
          : {
              percent: integer(rollover.percent),
              cap: rollover.cap === null ? null : integer(rollover.cap),
              periods: integer(rollover.periods),
              totalCap: rollover.totalCap === null ? null : integer(rollover.totalCap),
            },
      costMinor: integer(costMinor),
      currency,
    },
  };
}

/** Reads an allocation clock. */
export function fromDbClock(document: StoredDocument): AllocationClock {
  return {
    subscriptionId: fromDbText(document["subscriptionId"], "subscriptionId"),
    phase: fromDbInteger(document["phase"], "phase"),
    slot: fromDbInteger(document["slot"], "slot"),
    calendar: fromDbCalendar(fromDbDocument(document["calendar"], "calendar")),
    nextAt: fromDbInstant(document["nextAt"], "nextAt"),
    paidUntil: fromDbInstantOrNull(document["paidUntil"], "paidUntil"),
    terms: fromDbTerms(fromDbDocument(document["terms"], "terms")),
  };
}

function fromDbCalendar(calendar: StoredDocument): SlotCalendar {
  const mode = fromDbWord(calendar["mode"], ["anniversary", "calendar"] as const, "mode");
  const startAt = fromDbInstant(calendar["startAt"], "startAt");
  return mode === "anniversary"
    ? { mode, startAt }
    : { mode, startAt, timeZone: fromDbText(calendar["timeZone"], "timeZone") };
}

function fromDbTerms(terms: StoredDocument): AllocationTerms {
  const rollover = terms["rollover"] === null ? null : fromDbDocument(terms["rollover"], "rollover");
  return {
    units: fromDbAmount(terms["units"], "units"),
    rollover:
      rollover === null
        ? null
        : {
            percent: fromDbInteger(rollover["percent"], "rollover.percent"),
            cap: rollover["cap"] === null ? null : fromDbAmount(rollover["cap"], "rollover.cap"),
            periods: fromDbInteger(rollover["periods"], "rollover.periods"),
            totalCap: rollover["totalCap"] === null ? null : fromDbAmount(rollover["totalCap"], "rollover.totalCap"),
          },
    costMinor: fromDbAmount(terms["costMinor"], "costMinor"),
    currency: fromDbTextOrNull(terms["currency"], "currency"),
  };
}
