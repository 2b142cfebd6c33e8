import { numberedError, serverError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import { typeNameOf } from "../../bson/types";
import type { Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";
import { distinctBy } from "../../match/value-map";
import { isTruthy } from "../truth";
import { type Arguments, type Builder, comparing, fixed, isNullish, named, variadic } from "./builder";

/** Asks for an array. */
export function requireArray(name: string, value: Value | undefined, code = 17124): readonly Value[] {
  if (!Array.isArray(value))
    throw numberedError(code, `The argument to ${name} must be an array, but was of type: ${typeNameOf(value)}`);
  return value;
}

/** Asks for a whole number that fits an array index. */
export function requireIndex(name: string, value: Value | undefined): number {
  const whole = toWhole(value);
  if (whole === undefined || whole > 2147483647n || whole < -2147483648n) {
    throw numberedError(
      28691,
      `${name}'s argument must be representable as a 32-bit integer, but was of type: ${typeNameOf(value)}`,
    );
  }
  return Number(whole);
}

function elementAt([array, index]: Arguments): Value | undefined {
  if (isNullish(array) || isNullish(index)) return null;
  return requireArray("$arrayElemAt", array, 28689).at(requireIndex("$arrayElemAt", index));
}

function concatArrays(args: Arguments): Value {
  const result: Value[] = [];
  for (const value of args) {
    if (isNullish(value)) return null;
    if (!Array.isArray(value))
      throw numberedError(28664, `$concatArrays only supports arrays, not ${typeNameOf(value)}`);
    result.push(...value);
  }
  return result;
}

function slice([array, a, b]: Arguments): Value {
  if (isNullish(array) || isNullish(a) || (b !== undefined && isNullish(b))) return null;
  const items = requireArray("$slice", array, 28724);
  const first = requireIndex("$slice", a);
  if (b === undefined) return first >= 0 ? items.slice(0, first) : items.slice(first);
  const count = requireIndex("$slice", b);
  if (count <= 0) throw numberedError(28729, `Third argument to $slice must be positive: ${count}`);
  const start = first >= 0 ? first : Math.max(items.length + first, 0);
  return items.slice(start, start + count);
}

function indexOfArray([array, wanted, from, to]: Arguments, order: Comparator): Value {
  if (isNullish(array)) return null;
  const items = requireArray("$indexOfArray", array, 40090);
  const start = from === undefined ? 0 : requireIndex("$indexOfArray", from);
  const end = to === undefined ? items.length : Math.min(requireIndex("$indexOfArray", to), items.length);
  for (let index = start; index < end; index++) if (order(items[index], wanted) === 0) return index;
  return -1;
}

const MAX_RANGE = 1_000_000;

function range([from, to, by]: Arguments): Value {
  const start = requireIndex("$range", from);
  const end = requireIndex("$range", to);
  const step = by === undefined ? 1 : requireIndex("$range", by);
  if (step === 0) throw numberedError(34449, "$range requires a non-zero step value");
  const length = Math.max(Math.ceil((end - start) / step), 0);
  if (length > MAX_RANGE)
    throw serverError("InvalidLength", `$range would make ${length} elements, more than ${MAX_RANGE}`);
  return Array.from({ length }, (_, index) => start + index * step);
}

function zip(args: Readonly<Record<string, Value | undefined>>): Value {
  if (isNullish(args["inputs"])) return null;
  const inputs = requireArray("$zip", args["inputs"], 34461);
  if (inputs.some((input) => isNullish(input))) return null;
  const lists = inputs.map((input) => requireArray("$zip", input, 34468));
  const lengths = lists.map((one) => one.length);
  const length = isTruthy(args["useLongestLength"]) ? Math.max(...lengths) : Math.min(...lengths);
  const defaults = Array.isArray(args["defaults"]) ? args["defaults"] : [];
  return Array.from({ length }, (_, index) => lists.map((one, which) => one[index] ?? defaults[which] ?? null));
}

function setIntersection(args: Arguments, order: Comparator): Value {
  if (args.some(isNullish)) return null;
  const [first = [], ...others] = args.map((value) => requireArray("$setIntersection", value, 17047));
  const sets = others.map((values) => distinctBy(values, order));
  return distinctBy(first, order)
    .values()
    .filter((value) => sets.every((set) => set.has(value)))
    .sort(order);
}

function setUnion(args: Arguments, order: Comparator): Value {
  if (args.some(isNullish)) return null;
  const all = args.flatMap((value) => requireArray("$setUnion", value, 17043));
  return distinctBy(all, order).values().sort(order);
}

function setDifference([a, b]: Arguments, order: Comparator): Value {
  if (isNullish(a) || isNullish(b)) return null;
  const without = distinctBy(requireArray("$setDifference", b, 17049), order);
  const values = distinctBy(requireArray("$setDifference", a, 17048), order).values();
  return values.filter((value) => !without.has(value));
}

function setEquals(args: Arguments, order: Comparator): Value {
  const [first, ...others] = args.map((value) => distinctBy(requireArray("$setEquals", value), order));
  return others.every((other) => other.size === first?.size && other.values().every((value) => first.has(value)));
}

function setIsSubset([a, b]: Arguments, order: Comparator): Value {
  const whole = distinctBy(requireArray("$setIsSubset", b, 17042), order);
  return requireArray("$setIsSubset", a, 17046).every((value) => whole.has(value));
}

function isMember([value, array]: Arguments, order: Comparator): Value {
  if (!Array.isArray(array))
    throw numberedError(40081, `$in requires an array as a second argument, found: ${typeNameOf(array)}`);
  return array.some((item) => order(item, value) === 0);
}

function atEnd(name: string, index: 0 | -1): Builder {
  return fixed(name, 1, 1, ([array]) => (isNullish(array) ? null : requireArray(name, array, 28689).at(index)));
}

function takeSome(name: string, take: (items: readonly Value[], count: number) => Value[]): Builder {
  return named(name, ["n", "input"], [], ({ n, input }) => {
    const count = requireIndex(name, n);
    if (count < 1) throw numberedError(5787908, `'n' must be greater than 0, found ${count}`);
    return take(requireArray(name, input, 5788200), count);
  });
}

function extreme(items: readonly Value[], count: number, order: Comparator): Value[] {
  return items
    .filter((item) => !isNullish(item))
    .sort(order)
    .slice(0, count);
}

/** Arrays and sets. */
export const ARRAYS: Readonly<Record<string, Builder>> = {
  $size: fixed("$size", 1, 1, ([value]) => requireArray("$size", value).length),
  $isArray: fixed("$isArray", 1, 1, ([value]) => Array.isArray(value)),
  $arrayElemAt: fixed("$arrayElemAt", 2, 2, elementAt),
  $first: atEnd("$first", 0),
  $last: atEnd("$last", -1),
  $concatArrays: variadic(concatArrays),
  $slice: fixed("$slice", 2, 3, slice),
  $in: comparing((order) => fixed("$in", 2, 2, (args) => isMember(args, order))),
  $indexOfArray: comparing((order) => fixed("$indexOfArray", 2, 4, (args) => indexOfArray(args, order))),
  $range: fixed("$range", 2, 3, range),
  $reverseArray: fixed("$reverseArray", 1, 1, ([value]) =>
    isNullish(value) ? null : requireArray("$reverseArray", value, 34435).toReversed(),
  ),
  $zip: named("$zip", ["inputs"], ["useLongestLength", "defaults"], zip),
  $firstN: takeSome("$firstN", (items, count) => items.slice(0, count)),
  $lastN: takeSome("$lastN", (items, count) => items.slice(-count)),
  $minN: comparing((order) => takeSome("$minN", (items, count) => extreme(items, count, order))),
  $maxN: comparing((order) => takeSome("$maxN", (items, count) => extreme(items, count, (a, b) => order(b, a)))),
  $setUnion: comparing((order) => variadic((args) => setUnion(args, order))),
  $setIntersection: comparing((order) => variadic((args) => setIntersection(args, order))),
  $setDifference: comparing((order) => fixed("$setDifference", 2, 2, (args) => setDifference(args, order))),
  $setEquals: comparing((order) => variadic((args) => setEquals(args, order))),
  $setIsSubset: comparing((order) => fixed("$setIsSubset", 2, 2, (args) => setIsSubset(args, order))),
  $anyElementTrue: fixed("$anyElementTrue", 1, 1, ([value]) =>
    requireArray("$anyElementTrue", value, 17041).some(isTruthy),
  ),
  $allElementsTrue: fixed("$allElementsTrue", 1, 1, ([value]) =>
    requireArray("$allElementsTrue", value, 17040).every(isTruthy),
  ),
};
