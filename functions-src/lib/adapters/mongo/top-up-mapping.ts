import type { AutoTopUp, TopUpCap, TopUpPack } from "../../domain/top-up";
import type { Database, StoredDocument } from "../../ports/collection";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbList,
  fromDbText,
  fromDbTextOrNull,
  toDbInstant,
  toDbInstantOrNull,
  toDbInteger,
} from "./mapping";

/** Writes an automatic top-up. */
export function toDbTopUp(database: Database, topUp: AutoTopUp): Record<string, unknown> {
  const integer = (value: number): unknown => toDbInteger(database, value);
  const cap = ({ count, amountMinor }: TopUpCap): unknown => ({ count, amountMinor: integer(amountMinor) });
  return {
    enabled: topUp.enabled,
    threshold: integer(topUp.threshold),
    pack: toDbTopUpPack(database, topUp.pack),
    capPerDay: cap(topUp.capPerDay),
    capPerMonth: cap(topUp.capPerMonth),
    attempts: topUp.attempts,
    open: topUp.open,
    declines: topUp.declines,
    pausedUntil: toDbInstantOrNull(topUp.pausedUntil),
    recent: topUp.recent.map(({ id, at, chargeMinor }) => ({
      id,
      at: toDbInstant(at),
      chargeMinor: integer(chargeMinor),
    })),
  };
}

/** Writes what a top-up buys. */
export function toDbTopUpPack(database: Database, pack: TopUpPack): Record<string, unknown> {
  const { packId, packVersion, units, chargeMinor, currency, lifeDays } = pack;
  const amounts = { units: toDbInteger(database, units), chargeMinor: toDbInteger(database, chargeMinor) };
  return { packId, packVersion, ...amounts, currency, lifeDays };
}

/** Reads an automatic top-up. */
export function fromDbTopUp(document: StoredDocument): AutoTopUp {
  return {
    enabled: document["enabled"] === true,
    threshold: fromDbAmount(document["threshold"], "threshold"),
    pack: fromDbTopUpPack(fromDbDocument(document["pack"], "pack")),
    capPerDay: fromDbCap(document["capPerDay"], "capPerDay"),
    capPerMonth: fromDbCap(document["capPerMonth"], "capPerMonth"),
    attempts: fromDbInteger(document["attempts"], "attempts"),
    open: fromDbTextOrNull(document["open"], "open"),
    declines: fromDbInteger(document["declines"], "declines"),
    pausedUntil: fromDbInstantOrNull(document["pausedUntil"], "pausedUntil"),
    recent: fromDbList(document["recent"], "recent", (element, path) => {
      const attempt = fromDbDocument(element, path);
      return {
        id: fromDbText(attempt["id"], `${path}.id`),
        at: fromDbInstant(attempt["at"], `${path}.at`),
        chargeMinor: fromDbAmount(attempt["chargeMinor"], `${path}.chargeMinor`),
      };
    }),
  };
}

/** Reads what a top-up buys. */
export function fromDbTopUpPack(pack: StoredDocument): TopUpPack {
  return {
    packId: fromDbText(pack["packId"], "packId"),
    packVersion: fromDbInteger(pack["packVersion"], "packVersion"),
    units: fromDbAmount(pack["units"], "units"),
    chargeMinor: fromDbAmount(pack["chargeMinor"], "chargeMinor"),
    currency: fromDbText(pack["currency"], "currency"),
    lifeDays: pack["lifeDays"] === null ? null : fromDbInteger(pack["lifeDays"], "lifeDays"),
  };
}

function fromDbCap(value: unknown, field: string): TopUpCap {
  const cap = fromDbDocument(value, field);
  return {
    count: fromDbInteger(cap["count"], `${field}.count`),
    amountMinor: fromDbAmount(cap["amountMinor"], `${field}.amountMinor`),
  };
}
