import { Timestamp, type Doc } from "../bson/values";
import { serverError, ServerError } from "../errors";
import { Arguments } from "../commands/arguments";
import { fromTimestamp, type Instant } from "../store/instant";
import { lastIndex, parseToken, type StreamPosition } from "./resume-token";

/** What a stream watches. A missing name means all of them. */
export interface StreamScope {
  readonly database: string | undefined;
  readonly collection: string | undefined;
}

/** The options of `$changeStream`. */
export interface StreamOptions {
  readonly scope: StreamScope;
  readonly fullDocument: "default" | "updateLookup" | "whenAvailable" | "required";
  readonly fullDocumentBeforeChange: "off" | "whenAvailable" | "required";
  readonly showsExpandedEvents: boolean;
  /** Where to begin; undefined means now. */
  readonly start: StreamPosition | undefined;
}

const known = new Set([
  "fullDocument",
  "fullDocumentBeforeChange",
  "resumeAfter",
  "startAfter",
  "startAtOperationTime",
  "allChangesForCluster",
  "showExpandedEvents",
]);

/** Reads the stage. Throws: BadValue, InvalidOptions, InvalidResumeToken, FailedToParse. */
export function parseStreamOptions(stage: Doc, scope: StreamScope): StreamOptions {
  const args = new Arguments(stage, "$changeStream");
  for (const name of stage.keys()) {
    if (!known.has(name)) throw serverError("FailedToParse", `BSON field '$changeStream.${name}' is an unknown field.`);
  }
  const fullDocument = args.has("fullDocument") ? args.string("fullDocument") : "default";
  if (!isOneOf(fullDocument, ["default", "updateLookup", "whenAvailable", "required"] as const)) {
    throw serverError(
      "BadValue",
      `Enumeration value '${fullDocument}' for field '$changeStream.fullDocument' is not a valid value.`,
    );
  }
  const before = args.has("fullDocumentBeforeChange") ? args.string("fullDocumentBeforeChange") : "off";
  if (!isOneOf(before, ["off", "whenAvailable", "required"] as const)) {
    throw serverError(
      "BadValue",
      `Enumeration value '${before}' for field '$changeStream.fullDocumentBeforeChange' is not a valid value.`,
    );
  }
  return {
    scope: args.boolean("allChangesForCluster", false) ? { database: undefined, collection: undefined } : scope,
    fullDocument,
    fullDocumentBeforeChange: before,
    showsExpandedEvents: args.boolean("showExpandedEvents", false),
    start: startOf(args),
  };
}

function startOf(args: Arguments): StreamPosition | undefined {
  const given = ["resumeAfter", "startAfter", "startAtOperationTime"].filter((name) => args.has(name));
  if (given.length > 1) {
    throw serverError(
      "InvalidOptions",
      `Only one type of resume option is allowed, but multiple were found: ${given.join(", ")}`,
    );
  }
  const time = args.body.get("startAtOperationTime");
  if (time instanceof Timestamp) return justBefore(fromTimestamp(time));
  const resumeAfter = args.doc("resumeAfter");
  const token = resumeAfter ?? args.doc("startAfter");
  if (token === undefined) return undefined;
  const position = parseToken(token);
  if (position.kind === "invalidate" && resumeAfter !== undefined) {
    throw new ServerError(
      260,
      "InvalidResumeToken",
      "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.",
    );
  }
  return position;
}

function justBefore(at: Instant): StreamPosition {
  return { at: at - 1, index: lastIndex };
}

function isOneOf<T extends string>(value: string, allowed: readonly T[]): value is T {
  return (allowed as readonly string[]).includes(value);
}
