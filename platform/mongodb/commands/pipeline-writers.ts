import type { Doc, Value } from "../bson/values";
import { numberedError, serverError } from "../errors";
import { showValue } from "../store/change";
import { idKeyOf, viewOf } from "../store/document";
import { runPipeline } from "../aggregate/run-pipeline";
import { encode } from "../bson/encode";
import { lookup } from "../bson/path";
import type { Collection } from "../store/collection";
import type { CommandContext } from "./context";
import { dropCollection } from "./drop";
import { assertValid, insertDocument, withLeadingId } from "./insert";
import { prepareQuery } from "./query";
import { renameOver } from "./rename-collection";
import { collectionForWrite, createNow, existing, untilUnblocked, writeDocument } from "./target";

/** The `$out` or `$merge` at the end of a pipeline. */
export interface PipelineWriter {
  readonly stage: "$out" | "$merge";
  readonly specification: Value;
}

/** Recognizes a stage that writes. */
export function writerOf(stage: Doc | undefined): PipelineWriter | undefined {
  for (const name of ["$out", "$merge"] as const) {
    const specification = stage?.get(name);
    if (specification !== undefined) return { stage: name, specification };
  }
  return undefined;
}

/** Writes the results of a pipeline into a collection. Throws: OperationNotSupportedInTransaction, and what the writes are refused for. */
export async function writeResults(
  context: CommandContext,
  writer: PipelineWriter,
  results: Iterable<Doc>,
): Promise<void> {
  if (context.session?.transaction !== undefined) {
    throw serverError("OperationNotSupportedInTransaction", `${writer.stage} cannot be used in a transaction`);
  }
  const concern = context.body.get("readConcern");
  if (concern instanceof Map && concern.get("level") === "linearizable") {
    throw serverError("InvalidOptions", `${writer.stage} cannot be used with a 'linearizable' read concern level`);
  }
  // The results are complete before the first write, which may change what they are made from.
  const documents = [...results];
  if (writer.stage === "$out") await replaceContents(context, writer.specification, documents);
  else await mergeInto(context, writer.specification, documents);
}

async function replaceContents(
  context: CommandContext,
  specification: Value,
  documents: readonly Doc[],
): Promise<void> {
  const { database, name } = targetOf(specification, context.database);
  const { store } = context.server;
  const before = store.catalogue.get(database, name);
  if (before !== undefined) assertReplaceable(existing(context, name, database));
  const fresh = store.catalogue.build(database, `tmp.agg_out.${store.nextCommit()}`, before?.options ?? {});
  createNow(context, fresh);
  try {
    for (const index of before?.indexes ?? []) fresh.live.entries.set(...index.emptyCopy());
    for (const document of documents) insertDocument(context, fresh, document);
  } catch (error) {
    dropCollection(context, fresh);
    throw error;
  }
  const swapped = untilUnblocked(context, () => {
    renameOver(context, fresh, name);
  });
  if (swapped instanceof Promise) await swapped;
}

/** Throws: 17152 for a collection that `$out` may not replace. */
function assertReplaceable({ namespace, keepsOrder }: Collection): void {
  if (keepsOrder) throw numberedError(17152, `namespace '${namespace}' is capped so it can't be used for $out`);
}

type WhenMatched = "replace" | "keepExisting" | "merge" | "fail" | readonly Doc[];

interface Merge {
  readonly on: readonly string[];
  readonly whenMatched: WhenMatched;
  readonly whenNotMatched: string;
  readonly variables: Doc;
}

async function mergeInto(context: CommandContext, specification: Value, documents: readonly Doc[]): Promise<void> {
  const options = specification instanceof Map ? specification : new Map<string, Value>([["into", specification]]);
  const { database, name } = targetOf(options.get("into") ?? "", context.database);
  const into: CommandContext = { ...context, database };
  const merge = parseMerge(options);
  for (const document of documents) {
    const merged = untilUnblocked(into, () => mergeOne(into, name, merge, document));
    if (merged instanceof Promise) await merged;
  }
  context.dependsOn = Math.max(context.dependsOn, into.dependsOn);
}

function parseMerge(options: Doc): Merge {
  const on = options.get("on") ?? "_id";
  const whenMatched = options.get("whenMatched") ?? "merge";
  const whenNotMatched = options.get("whenNotMatched") ?? "insert";
  const isPipeline = Array.isArray(whenMatched) && whenMatched.every((stage) => stage instanceof Map);
  const isKnown =
    whenMatched === "replace" || whenMatched === "keepExisting" || whenMatched === "merge" || whenMatched === "fail";
  if (!isPipeline && !isKnown)
    throw serverError("BadValue", "Enumeration value for field 'whenMatched' is not a valid value.");
  if (whenNotMatched !== "insert" && whenNotMatched !== "discard" && whenNotMatched !== "fail") {
    throw serverError("BadValue", "Enumeration value for field 'whenNotMatched' is not a valid value.");
  }
  const given = options.get("let");
  return {
    on: (Array.isArray(on) ? on : [on]).map(String),
    whenMatched,
    whenNotMatched,
    variables: given instanceof Map ? given : new Map(),
  };
}

function mergeOne(context: CommandContext, name: string, merge: Merge, given: Doc): void {
  const collection = collectionForWrite(context, name);
  if (collection.options.timeSeries !== undefined)
    throw serverError("CommandNotSupportedOnView", "$merge into a time-series collection is not supported");
  const { view: document } = withLeadingId(given);
  const filter: Doc = new Map(merge.on.map((path) => [path, lookup(document, path) ?? null]));
  const [found] = prepareQuery(collection, collection.live, { filter, limit: 1 }).entries();
  if (found === undefined) {
    if (merge.whenNotMatched === "discard") return;
    if (merge.whenNotMatched === "fail") {
      throw numberedError(
        13113,
        "$merge could not find a matching document in the target collection for at least one document in the source collection",
      );
    }
    insertDocument(context, collection, document);
    return;
  }
  const [idKey, bytes] = found;
  const before = viewOf(bytes);
  const id = before.get("_id") ?? null;
  const changed = mergedDocument(merge, before, document);
  if (changed === before) return;
  const view: Doc = new Map([["_id", changed.get("_id") ?? id], ...[...changed].filter(([field]) => field !== "_id")]);
  if (idKeyOf(view.get("_id") ?? null) !== idKeyOf(id))
    throw serverError(
      "ImmutableField",
      "$merge failed to update the matching document, did you attempt to modify the _id or the shard key?",
    );
  assertValid(context, collection, view, before);
  const after = encode(view);
  if (!after.equals(bytes)) writeDocument(context, { collection, idKey, before: bytes, after, isReplacement: true });
}

function mergedDocument({ whenMatched, variables }: Merge, before: Doc, document: Doc): Doc {
  if (whenMatched === "keepExisting") return before;
  if (whenMatched === "replace") return document;
  if (whenMatched === "merge") return new Map([...before, ...document]);
  if (whenMatched === "fail") throw matchedError(before);
  const [result] = runPipeline(whenMatched, [before], {
    collection: () => [],
    variables: new Map<string, Value>([...variables, ["new", document]]),
    now: new Date(),
  });
  return result ?? before;
}

function matchedError(before: Doc): Error {
  const id = before.get("_id") ?? null;
  return serverError(
    "DuplicateKey",
    `E11000 duplicate key error: $merge found a document and whenMatched is 'fail' dup key: { _id: ${showValue(id)} }`,
    {
      extra: new Map<string, Value>([
        ["keyPattern", new Map([["_id", 1]])],
        ["keyValue", new Map([["_id", id]])],
      ]),
    },
  );
}

function targetOf(specification: Value, database: string): { database: string; name: string } {
  if (typeof specification === "string") return { database, name: specification };
  if (specification instanceof Map) {
    const name = specification.get("coll");
    const given = specification.get("db");
    if (typeof name === "string") return { database: typeof given === "string" ? given : database, name };
  }
  throw serverError(
    "FailedToParse",
    "The target of $out and $merge is a collection name, or a document with db and coll",
  );
}
