import { numberedError, serverError } from "../../errors";
import { toDouble } from "../../bson/numeric";
import { Decimal128, fromDouble, type Value } from "../../bson/values";
import { requireNumber } from "./arithmetic";
import { type Arguments, type Builder, fixed, isNullish } from "./builder";

/** A decimal would need these functions to 34 digits; a double in its place would be a wrong answer that looks right. */
function requireDouble(name: string, value: Value): number {
  const number = requireNumber(name, value);
  if (number instanceof Decimal128) throw serverError("NotImplemented", `${name} of a decimal is not implemented`);
  return toDouble(number);
}

function real(
  name: string,
  run: (value: number) => number,
  isAllowed: (value: number) => boolean = () => true,
  complaint = "a number",
): Builder {
  return fixed(name, 1, 1, ([value]) => {
    if (isNullish(value)) return null;
    const number = requireDouble(name, value);
    if (!isAllowed(number)) throw numberedError(28714, `${name}'s argument must be ${complaint}`);
    return fromDouble(run(number));
  });
}

const isPositive = (value: number): boolean => !(value <= 0);
const isNotInfinite = (value: number): boolean => Math.abs(value) !== Infinity;
const within =
  (least: number, most: number) =>
  (value: number): boolean =>
    !(value < least || value > most);

function angle(name: string, run: (value: number) => number): Builder {
  return real(name, run, isNotInfinite, "finite");
}

function logarithm([value, base]: Arguments): Value {
  if (isNullish(value) || isNullish(base)) return null;
  const number = requireDouble("$log", value);
  const root = requireDouble("$log", base);
  if (!isPositive(number)) throw numberedError(28758, "$log's argument must be a positive number");
  if (!isPositive(root) || root === 1)
    throw numberedError(28759, "$log's base must be a positive number not equal to 1");
  return fromDouble(Math.log(number) / Math.log(root));
}

function angleOfPoint([y, x]: Arguments): Value {
  if (isNullish(y) || isNullish(x)) return null;
  return fromDouble(Math.atan2(requireDouble("$atan2", y), requireDouble("$atan2", x)));
}

/** Roots, logarithms and angles of doubles. */
export const REAL_FUNCTIONS: Readonly<Record<string, Builder>> = {
  $sqrt: real("$sqrt", Math.sqrt, (value) => !(value < 0), "greater than or equal to 0"),
  $exp: real("$exp", Math.exp),
  $ln: real("$ln", Math.log, isPositive, "a positive number"),
  $log: fixed("$log", 2, 2, logarithm),
  $log10: real("$log10", Math.log10, isPositive, "a positive number"),
  $sin: angle("$sin", Math.sin),
  $cos: angle("$cos", Math.cos),
  $tan: angle("$tan", Math.tan),
  $asin: real("$asin", Math.asin, within(-1, 1), "in [-1,1]"),
  $acos: real("$acos", Math.acos, within(-1, 1), "in [-1,1]"),
  $atan: real("$atan", Math.atan),
  $atan2: fixed("$atan2", 2, 2, angleOfPoint),
  $sinh: real("$sinh", Math.sinh),
  $cosh: real("$cosh", Math.cosh),
  $tanh: real("$tanh", Math.tanh),
  $asinh: real("$asinh", Math.asinh),
  $acosh: real("$acosh", Math.acosh, within(1, Infinity), "in [1,inf]"),
  $atanh: real("$atanh", Math.atanh, within(-1, 1), "in [-1,1]"),
  $degreesToRadians: real("$degreesToRadians", (value) => value * (Math.PI / 180)),
  $radiansToDegrees: real("$radiansToDegrees", (value) => value * (180 / Math.PI)),
};
