import { numberedError, serverError } from "../errors";
import { toDouble } from "../bson/numeric";
import { isNumeric } from "../bson/types";
import { type Doc, fromDouble, type Value } from "../bson/values";
import { checkNames } from "./operators/builder";

/** What `$percentile` or `$median` asks for. */
export interface PercentileSpec {
  readonly input: Value;
  create(): Percentile;
}

/** Gathers numbers; each percentile is one of them, as a double: the least that this share of them does not exceed. */
export class Percentile {
  private readonly numbers: number[] = [];

  constructor(
    private readonly shares: readonly number[],
    private readonly isSingle: boolean,
  ) {}

  add(value: Value | undefined): void {
    if (isNumeric(value)) this.numbers.push(toDouble(value));
  }

  result(): Value {
    const sorted = this.numbers.toSorted((a, b) => a - b);
    const found = this.shares.map((share): Value => {
      const number = sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)];
      return number === undefined ? null : fromDouble(number);
    });
    return this.isSingle ? (found[0] ?? null) : found;
  }
}

/** Reads the operand of `$percentile` or `$median`. Throws: FailedToParse, 7750301 to 7750303. */
export function readPercentile(name: string, operand: Value): PercentileSpec {
  if (!(operand instanceof Map)) throw numberedError(7436201, `specification must be an object; found ${name}`);
  const isMedian = name === "$median";
  checkNames(name, operand, ["input", "method", ...(isMedian ? [] : ["p"])], []);
  if (operand.get("method") !== "approximate")
    throw serverError("BadValue", "Currently only 'approximate' can be used as percentile 'method'.");
  const shares = isMedian ? [0.5] : readShares(operand);
  return { input: operand.get("input") ?? null, create: () => new Percentile(shares, isMedian) };
}

function readShares(operand: Doc): readonly number[] {
  const given = operand.get("p");
  if (!Array.isArray(given) || given.length === 0)
    throw numberedError(7750301, "The $percentile 'p' field must be an array of constant numeric values");
  return given.map((share) => {
    const number = isNumeric(share) ? toDouble(share) : Number.NaN;
    if (!(number >= 0 && number <= 1))
      throw numberedError(7750303, "The $percentile 'p' field must hold numbers from the range [0.0, 1.0]");
    return number;
  });
}
