import { encode } from "../bson/encode";
import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import { compileFilter } from "../match/compile-filter";
import { compileProjection } from "../match/projection";
import { viewOf } from "../store/document";
import { toTimestamp } from "../store/instant";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { IteratorSource, type CursorSource } from "./cursor-table";
import { runDetached, type Query } from "./query";
import { filterContextOf } from "./statements";
import { collectionName, findCollection, treesFor } from "./target";

const firstBatchDocuments = 101;

/** Options that change the answer and are not built; leaving them out silently would be a wrong answer. */
const refusedOptions = ["tailable", "min", "max", "returnKey", "showRecordId"];

/** Runs the find command. */
export function find(context: CommandContext): Reply {
  const { args, body } = context;
  const name = collectionName(context);
  const refused = refusedOptions.find((option) => body.has(option) && body.get(option) !== false);
  if (refused !== undefined) throw serverError("NotImplemented", `find with '${refused}' is not implemented`);
  const query = queryOf(context);
  const projection = projectionOf(context, query);
  const collection = findCollection(context, name);
  const found =
    collection === undefined ? [][Symbol.iterator]() : runDetached(collection, treesFor(context, collection), query);
  const documents = projection === undefined ? found : mapped(found, projection);
  return openCursor(context, {
    name,
    source: new IteratorSource(documents),
    batchSize: args.count("batchSize"),
    isSingleBatch: args.boolean("singleBatch", false),
  });
}

/** Reads the query fields of a find command. */
export function queryOf(context: CommandContext): Query {
  const { args, body } = context;
  return {
    filter: args.doc("filter") ?? new Map(),
    sort: args.doc("sort"),
    hint: body.get("hint"),
    skip: args.count("skip"),
    limit: args.count("limit"),
    ...filterContextOf(context, args),
  };
}

function projectionOf(
  { args }: CommandContext,
  { filter, variables, collation, now }: Query,
): ((doc: Doc) => Doc) | undefined {
  const specification = args.doc("projection");
  if (specification === undefined || specification.size === 0) return undefined;
  const context = {
    ...(variables === undefined ? {} : { variables }),
    ...(collation === undefined ? {} : { collation }),
    ...(now === undefined ? {} : { now }),
  };
  return compileProjection(specification, compileFilter(filter, context));
}

function* mapped(documents: Iterator<Buffer>, map: (doc: Doc) => Doc): Generator<Buffer> {
  for (let step = documents.next(); step.done !== true; step = documents.next()) yield encode(map(viewOf(step.value)));
}

/** A read from a snapshot says which, so that later reads can name it. */
function snapshotTime({ readAt }: CommandContext): Doc | undefined {
  return readAt === undefined ? undefined : new Map([["atClusterTime", toTimestamp(readAt)]]);
}

/** Answers the first batch of a cursor and keeps the cursor where more remains. */
export function openCursor(
  context: CommandContext,
  options: { name: string; source: CursorSource; batchSize: number | undefined; isSingleBatch?: boolean },
): Reply {
  const { server, session, database, args } = context;
  const { source, batchSize } = options;
  const namespace = `${database}.${options.name}`;
  const { documents, isDone } = source.next(batchSize ?? firstBatchDocuments);
  let id = 0n;
  const isOver = isDone || options.isSingleBatch === true;
  if (isOver) source.close?.();
  else {
    id = server.cursors.open({
      namespace,
      source,
      batchSize: undefined,
      sessionKey: session?.key,
      transaction: session?.transaction,
      neverTimesOut: args.boolean("noCursorTimeout", false),
    }).id;
  }
  const extra = source.extra?.() ?? snapshotTime(context);
  return {
    fields: new Map(),
    cursor: { field: "firstBatch", documents, id, namespace, ...(extra === undefined ? {} : { extra }) },
  };
}
