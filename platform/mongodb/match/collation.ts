import { serverError } from "../errors";
import { compare } from "../bson/order";
import { toDouble } from "../bson/numeric";
import { isNumeric } from "../bson/types";
import type { Doc, Value } from "../bson/values";

/** Orders two values; a collation changes only how strings inside them compare. */
export type Comparator = (a: Value | undefined, b: Value | undefined) => number;

const SENSITIVITY: Readonly<Record<number, "base" | "accent" | "variant">> = { 1: "base", 2: "accent", 3: "variant" };
const IGNORED = new Set(["caseFirst", "alternate", "maxVariable", "normalization", "backwards", "version"]);
const DEFAULTS: Readonly<Record<string, Value>> = {
  caseFirst: "off",
  alternate: "non-ignorable",
  maxVariable: "punct",
  normalization: false,
  backwards: false,
};

/**
 * Builds the comparator of a collation, the plain BSON order without one.
 * Throws: NotImplemented for a locale or an option beyond English with strength 1 to 3, caseLevel and numericOrdering.
 */
export function compileCollation(collation: Doc | undefined): Comparator {
  if (collation === undefined || collation.size === 0 || collation.get("locale") === "simple") return compare;
  const collator = collatorOf(collation);
  const compareCollated: Comparator = (a, b) => {
    if (typeof a === "string" && typeof b === "string") return collator.compare(a, b);
    if (a instanceof Map && b instanceof Map) return compareDocs(a, b, compareCollated);
    if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b, compareCollated);
    return compare(a, b);
  };
  return compareCollated;
}

function collatorOf(collation: Doc): Intl.Collator {
  const locale = collation.get("locale");
  if (typeof locale !== "string") throw serverError("BadValue", "Collation needs a string 'locale'");
  if (!/^en(?:[_-]US)?$/.test(locale))
    throw serverError("NotImplemented", `Collation locale '${locale}' is not implemented`);
  for (const [name, value] of collation) {
    if (IGNORED.has(name) && name !== "version" && value !== DEFAULTS[name]) {
      throw serverError("NotImplemented", `Collation option '${name}' is not implemented`);
    }
    if (!IGNORED.has(name) && !["locale", "strength", "caseLevel", "numericOrdering"].includes(name)) {
      throw serverError("BadValue", `Unknown collation option '${name}'`);
    }
  }
  const given = collation.get("strength");
  const strength = isNumeric(given) ? toDouble(given) : 3;
  const sensitivity = SENSITIVITY[strength];
  if (sensitivity === undefined)
    throw serverError("NotImplemented", `Collation strength ${strength} is not implemented`);
  return new Intl.Collator(locale.replace("_", "-"), {
    sensitivity: collation.get("caseLevel") === true && strength === 1 ? "case" : sensitivity,
    numeric: collation.get("numericOrdering") === true,
  });
}

function compareDocs(a: Doc, b: Doc, compareValues: Comparator): number {
  const left = [...a];
  const right = [...b];
  for (const [index, [name, value]] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order =
      compare(typeKey(value), typeKey(other[1])) || compare(name, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Strings stand for their type only, since fields compare by type and name before their values do. */
function typeKey(value: Value): Value {
  if (typeof value === "string") return "";
  if (value instanceof Map) return new Map();
  if (Array.isArray(value)) return [];
  return isNumeric(value) ? 0 : value;
}

function compareLists(a: readonly Value[], b: readonly Value[], compareValues: Comparator): number {
  for (const [index, value] of a.entries()) {
    if (index >= b.length) return 1;
    const order = compareValues(value, b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
