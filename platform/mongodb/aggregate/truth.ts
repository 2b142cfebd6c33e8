import { isNaNumber, isZero } from "../bson/numeric";
import { isAbsent, isNumeric } from "../bson/types";
import type { Value } from "../bson/values";

/** Reads a value as the boolean an expression means: missing, null, false and zero are false; everything else, not-a-number too, is true. */
export function isTruthy(value: Value | undefined): boolean {
  if (value === true) return true;
  if (value === false || value === null || isAbsent(value)) return false;
  return !isNumeric(value) || isNaNumber(value) || !isZero(value);
}
