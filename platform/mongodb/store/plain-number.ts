import { Decimal128, Double, type Value } from "../bson/values";

/** Any BSON number as a JavaScript number, rounded where it must be; undefined for everything else. */
export function toNumber(value: Value | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Double) return value.value;
  if (value instanceof Decimal128) return Number(value.toString());
  return undefined;
}
