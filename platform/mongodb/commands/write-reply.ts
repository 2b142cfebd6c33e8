import type { Doc, Value } from "../bson/values";
import type { Reply } from "../wire/reply";
import type { StatementOutcomes } from "./statements";

/** Builds the reply of a write command from its counts and what went wrong. */
export function writeReply(outcomes: StatementOutcomes, counts: readonly (readonly [string, Value])[]): Reply {
  const fields: Doc = new Map(counts);
  if (outcomes.writeErrors.length > 0) fields.set("writeErrors", [...outcomes.writeErrors]);
  if (outcomes.retriedStatements.length > 0) fields.set("retriedStmtIds", [...outcomes.retriedStatements]);
  return { fields };
}
