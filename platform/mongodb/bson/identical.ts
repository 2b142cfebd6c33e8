import { compare } from "./order";
import { typeNameOf } from "./types";
import type { Doc, Value } from "./values";

/** Tells whether two values are the same in type, worth and field order, so that writing one over the other changes nothing. */
export function isIdentical(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return Number.isNaN(a) && Number.isNaN(b);
  if (a instanceof Map) return b instanceof Map && isSameDoc(a, b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isIdentical(item, b[index]));
  }
  const type = typeNameOf(a);
  if (type !== typeNameOf(b)) return false;
  if (type === "decimal" || type === "double")
    return String(a) === String(b) && Object.is(Number(String(a)), Number(String(b)));
  return compare(a, b) === 0;
}

function isSameDoc(a: Doc, b: Doc): boolean {
  if (a.size !== b.size) return false;
  const right = b.entries();
  for (const [name, value] of a) {
    const next = right.next();
    if (next.done === true || next.value[0] !== name || !isIdentical(value, next.value[1])) return false;
  }
  return true;
}
