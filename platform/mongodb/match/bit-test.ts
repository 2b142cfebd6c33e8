import { serverError } from "../errors";
import { toWhole } from "../bson/numeric";
import { bytesOf } from "../bson/order";
import { isNumeric } from "../bson/types";
import { Binary, type Value } from "../bson/values";
import type { Predicate } from "./walk-path";

/** Builds the predicate of one of `$bitsAllSet`, `$bitsAllClear`, `$bitsAnySet` and `$bitsAnyClear`. */
export function bitPredicate(operator: string, operand: Value): Predicate {
  const positions = positionsOf(operator, operand);
  const wantsSet = operator.endsWith("Set");
  const wantsAll = operator.includes("All");
  return (value) => {
    const isSet = bitReader(value);
    if (isSet === undefined) return false;
    const holds = (position: number): boolean => isSet(position) === wantsSet;
    return wantsAll ? positions.every(holds) : positions.some(holds);
  };
}

function positionsOf(operator: string, operand: Value): number[] {
  if (Array.isArray(operand)) return operand.map((position) => Number(requireNatural(operator, position)));
  if (operand instanceof Binary) {
    const bytes = bytesOf(operand);
    return Array.from({ length: bytes.length * 8 }, (_, bit) => bit).filter((bit) => bitOfBytes(bytes, bit));
  }
  const mask = requireNatural(operator, operand);
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}

function requireNatural(operator: string, value: Value): bigint {
  const whole = toWhole(value);
  if (whole === undefined || whole < 0n) {
    throw serverError(
      "BadValue",
      `${operator} takes an Array, a number, or a BinData: bits must be whole and not negative`,
    );
  }
  return whole;
}

function bitReader(value: Value | undefined): ((position: number) => boolean) | undefined {
  if (value instanceof Binary) {
    const bytes = bytesOf(value);
    return (position) => bitOfBytes(bytes, position);
  }
  if (!isNumeric(value)) return undefined;
  const whole = toWhole(value);
  // Bits above the 64th repeat the sign, as in the two's complement form.
  return whole === undefined ? undefined : (position) => ((whole >> BigInt(position)) & 1n) === 1n;
}

function bitOfBytes(bytes: Uint8Array, position: number): boolean {
  return (((bytes[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
}
