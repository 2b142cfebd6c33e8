import { LOT_CLASSES, type LotTerms, type OpenLot, type ReceiptLine } from "../../domain/lot";
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
  fromDbWord,
  toDbInstant,
  toDbInstantOrNull,
  toDbInteger,
} from "./mapping";

/** Writes what a grant fixed for a lot. */
export function toDbLotTerms(database: Database, lot: LotTerms): Record<string, unknown> {
  return {
    class: lot.class,
    priority: lot.priority,
    scope: lot.scope === null ? null : [...lot.scope],
    effectiveAt: toDbInstant(lot.effectiveAt),
    expiresAt: toDbInstantOrNull(lot.expiresAt),
    costMinor: toDbInteger(database, lot.costMinor),
    currency: lot.currency,
    grantedAt: toDbInstant(lot.grantedAt),
    rootCause: lot.rootCause,
  };
}

/** Writes an open lot, without its id. */
export function toDbOpenLot(database: Database, lot: OpenLot): Record<string, unknown> {
  return {
    ...toDbLotTerms(database, lot),
    granted: toDbInteger(database, lot.granted),
    remaining: toDbInteger(database, lot.remaining),
    pending: lot.pending,
    frozenBy: [...lot.frozenBy],
  };
}

/** Reads what a grant fixed for a lot. */
export function fromDbLotTerms(document: StoredDocument): LotTerms {
  return {
    class: fromDbWord(document["class"], LOT_CLASSES, "class"),
    priority: fromDbInteger(document["priority"], "priority"),
    scope: document["scope"] === null ? null : fromDbList(document["scope"], "scope", fromDbText),
    effectiveAt: fromDbInstant(document["effectiveAt"], "effectiveAt"),
    expiresAt: fromDbInstantOrNull(document["expiresAt"], "expiresAt"),
    costMinor: fromDbAmount(document["costMinor"], "costMinor"),
    currency: fromDbTextOrNull(document["currency"], "currency"),
    grantedAt: fromDbInstant(document["grantedAt"], "grantedAt"),
    rootCause: fromDbText(document["rootCause"], "rootCause"),
  };
}

/** Reads an open lot from the field that holds its id. */
export function fromDbOpenLot(document: StoredDocument, idField: "id" | "_id"): OpenLot {
  return {
    ...fromDbLotTerms(document),
    id: fromDbText(document[idField], idField),
    granted: fromDbAmount(document["granted"], "granted"),
    remaining: fromDbAmount(document["remaining"], "remaining"),
    pending: document["pending"] === true,
    frozenBy: fromDbList(document["frozenBy"], "frozenBy", fromDbText),
  };
}

/** Writes a receipt. */
export function toDbReceipt(database: Database, receipt: readonly ReceiptLine[]): readonly Record<string, unknown>[] {
  return receipt.map((line) => ({
    lotId: line.lotId,
    class: line.class,
    amount: toDbInteger(database, line.amount),
  }));
}

/** Reads a receipt. */
export function fromDbReceipt(value: unknown, field: string): readonly ReceiptLine[] {
  return fromDbList(value, field, (element, path) => {
    const line = fromDbDocument(element, path);
    return {
      lotId: fromDbText(line["lotId"], `${path}.lotId`),
      class: fromDbWord(line["class"], LOT_CLASSES, `${path}.class`),
      amount: fromDbAmount(line["amount"], `${path}.amount`),
    };
  });
}
