import type { Doc, Value } from "../bson/values";
import { codeNameOf, serverError, ERROR_CODES } from "../errors";
import { Arguments } from "./arguments";

/** What a client asks of a write before it is answered. */
export interface WriteConcern {
  readonly waitsForFlush: boolean;
  /** Asked for something one node can never give; the write stands, and the reply says so. */
  readonly error?: Doc;
}

/** Reads the write concern; none given means majority, the default of a replica set since 5.0. Throws: FailedToParse, BadValue. */
export function parseWriteConcern(body: Doc, memberCount: number): WriteConcern {
  const given = new Arguments(body, "command").doc("writeConcern");
  if (given === undefined) return { waitsForFlush: true };
  const w = given.get("w");
  const isJournaled = given.get("j") === true;
  if (w === undefined || w === "majority") return { waitsForFlush: true };
  if (typeof w === "string") {
    return {
      waitsForFlush: true,
      error: errorOf(
        "UnknownReplWriteConcern",
        `No write concern mode named '${w}' found in replica set configuration`,
      ),
    };
  }
  const nodes = Number(w instanceof Map ? Number.NaN : w);
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > 50) {
    throw serverError("FailedToParse", "w has to be a number between 0 and 50, or a string");
  }
  if (nodes > memberCount)
    return { waitsForFlush: true, error: errorOf("UnsatisfiableWriteConcern", "Not enough data-bearing nodes") };
  return { waitsForFlush: isJournaled || nodes > 1 };
}

/** Builds the writeConcernError field of a reply. */
export function errorOf(name: keyof typeof ERROR_CODES, message: string): Doc {
  const code = ERROR_CODES[name];
  return new Map<string, Value>([
    ["code", code],
    ["codeName", codeNameOf(code)],
    ["errmsg", message],
  ]);
}
