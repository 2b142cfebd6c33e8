import type { ChangeStream, ChangeStreamOptions, Document, MongoClient } from "mongodb";
import type { DatabaseTrigger } from "../tree/app-tree";

const AWAIT_MS = 1_000;
/** ChangeStreamHistoryLost, ChangeStreamFatalError, and InvalidResumeToken: none of them is cured by trying again. */
const LOST_CODES: readonly unknown[] = [286, 280, 260];

/** A change event, as far as the runtime reads it. */
export interface ChangeEvent extends Document {
  readonly _id: unknown;
  readonly operationType: string;
}

/** Opens the change stream of a trigger after the given token, or from now. */
export function openChangeStream(client: MongoClient, trigger: DatabaseTrigger, resumeToken: unknown): ChangeStream {
  const options: ChangeStreamOptions = {
    maxAwaitTimeMS: AWAIT_MS,
    ...(trigger.fullDocument ? { fullDocument: "updateLookup" } : {}),
    ...(trigger.fullDocumentBeforeChange ? { fullDocumentBeforeChange: "whenAvailable" } : {}),
    ...(resumeToken === undefined || resumeToken === null ? {} : { startAfter: resumeToken }),
  };
  return client.db(trigger.database).collection(trigger.collection).watch(toPipeline(trigger), options);
}

/** Builds the pipeline. An invalidate event always passes: it is how the end of a collection is learned. */
export function toPipeline(trigger: DatabaseTrigger): Document[] {
  const wanted: Document = { operationType: { $in: [...trigger.operationTypes] } };
  const hasMatch = Object.keys(trigger.match).length > 0;
  const pipeline: Document[] = [
    {
      $match: { $or: [{ operationType: "invalidate" }, hasMatch ? { $and: [wanted, { ...trigger.match }] } : wanted] },
    },
  ];
  if (Object.keys(trigger.project).length > 0) pipeline.push({ $project: { ...trigger.project } });
  return pipeline;
}

/** Tells whether the events since a token are gone for good. */
export function isHistoryLost(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && LOST_CODES.includes(error.code);
}

/** When a change happened, as the server recorded it. */
export function eventTime(event: ChangeEvent): Date | null {
  const { wallTime } = event;
  return wallTime instanceof Date ? wallTime : null;
}
