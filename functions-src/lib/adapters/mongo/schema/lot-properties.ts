import { LOT_CLASSES } from "../../../domain/lot";
import {
  type JsonSchema,
  amount,
  instant,
  instantOrNull,
  list,
  closed,
  flag,
  smallNumber,
  text,
  textOrNull,
  word,
} from "./define-collection";

/** The fields that a grant fixes for a lot. */
export const lotTermProperties: Readonly<Record<string, JsonSchema>> = {
  class: word(LOT_CLASSES),
  priority: smallNumber(100),
  scope: { bsonType: ["array", "null"], maxItems: 100, items: text(100) },
  effectiveAt: instant,
  expiresAt: instantOrNull,
  costMinor: amount,
  currency: textOrNull(3),
  grantedAt: instant,
  rootCause: text(),
};

/** The fields of an open lot, wherever it lives. */
export const openLotProperties: Readonly<Record<string, JsonSchema>> = {
  ...lotTermProperties,
  granted: amount,
  remaining: amount,
  pending: flag,
  frozenBy: list(text(128), 20),
};

/** A list of receipt lines. */
export const receiptProperty: JsonSchema = list(closed({ lotId: text(), class: word(LOT_CLASSES), amount }), 1000);
