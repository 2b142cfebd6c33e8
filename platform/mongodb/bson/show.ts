import { EJSON } from "bson";
import { plainValueOf, type Value } from "./values";

/** Writes a value the way it reads in an error message. */
export function show(value: Value | undefined): string {
  if (value === undefined) return "missing";
  if (typeof value === "bigint") return value.toString();
  return EJSON.stringify(plainValueOf(value), { relaxed: true });
}
