import { encode } from "../bson/encode";
import type { Doc } from "../bson/values";
import { compileFilter } from "../match/compile-filter";
import { compileProjection } from "../match/projection";
import { viewOf } from "../store/document";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { IteratorSource, type CursorSource } from "./cursor-table";
import { assertPlain, keyOnly, withRecordId } from "./find-options";
import { openCursor } from "./open-cursor";
import { encoded, runStages } from "./pipeline-source";
import { prepareQuery, runDetached, type Query } from "./query";
import { filterContextOf } from "./statements";
import { openTail } from "./tailable";
import { collectionName, findCollection, treesFor } from "./target";
import { openView, stagesOf } from "./views";

/** Runs the find command. */
export function find(context: CommandContext): Reply {
  const { args } = context;
  const name = collectionName(context);
  const query = queryOf(context);
  const source = sourceOf(context, name, query);
  return openCursor(context, {
    name,
    source,
    batchSize: args.count("batchSize"),
    isSingleBatch: args.boolean("singleBatch", false),
  });
}

function sourceOf(context: CommandContext, name: string, query: Query): CursorSource {
  const { args } = context;
  const projection = projectionOf(context, query);
  if (openView(context, name) !== undefined) {
    assertPlain(context);
    const found = runStages(context, name, stagesOf(query));
    return new IteratorSource(encoded(projection === undefined ? found : shaped(found, projection), context.deadline));
  }
  const collection = findCollection(context, name);
  if (collection === undefined) return new IteratorSource([][Symbol.iterator]());
  if (args.boolean("tailable", false)) return openTail(context, collection, { query, projection });
  const trees = treesFor(context, collection);
  if (args.boolean("returnKey", false)) {
    return new IteratorSource(keyOnly(prepareQuery(collection, trees, query), query));
  }
  if (args.boolean("showRecordId", false)) {
    return new IteratorSource(withRecordId(collection, prepareQuery(collection, trees, query), projection));
  }
  const found = runDetached(collection, trees, query);
  return new IteratorSource(projection === undefined ? found : mapped(found, projection));
}

/** Reads the query fields of a find command. */
export function queryOf(context: CommandContext): Query {
  const { args, body, deadline } = context;
  const min = args.doc("min");
  const max = args.doc("max");
  return {
    filter: args.doc("filter") ?? new Map(),
    sort: args.doc("sort"),
    hint: body.get("hint"),
    skip: args.count("skip"),
    limit: args.count("limit"),
    limits: min === undefined && max === undefined ? undefined : { min, max },
    deadline,
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

function* shaped(documents: Iterable<Doc>, map: (doc: Doc) => Doc): Generator<Doc> {
  for (const doc of documents) yield map(doc);
}
