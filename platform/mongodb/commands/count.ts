import { encodeKey } from "../bson/keystring";
import { lookup } from "../bson/path";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { compileCollation } from "../match/collation";
import { viewOf } from "../store/document";
import { toTimestamp } from "../store/instant";
import { reply, type Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { runStages } from "./pipeline-source";
import { prepareQuery, type Query } from "./query";
import { filterContextOf } from "./statements";
import { collectionName, findCollection, treesFor } from "./target";
import { openView, stagesOf } from "./views";

/** Runs the count command. */
export function count(context: CommandContext): Reply {
  const { args, body, deadline } = context;
  const name = collectionName(context);
  const filter = args.doc("query") ?? new Map();
  const skip = args.count("skip") ?? 0;
  const limit = args.count("limit") ?? 0;
  if (openView(context, name) !== undefined) {
    let found = 0;
    for (const _ of runStages(context, name, stagesOf({ filter, skip, limit }))) found += 1;
    return reply(["n", found]);
  }
  const collection = findCollection(context, name);
  if (collection === undefined) return reply(["n", 0]);
  const trees = treesFor(context, collection);
  let n = 0;
  if (filter.size === 0) {
    const left = Math.max(0, trees.documents.size - skip);
    n = limit > 0 ? Math.min(limit, left) : left;
  } else {
    const query = { filter, skip, limit, hint: body.get("hint"), deadline, ...filterContextOf(context, args) };
    for (const _ of prepareQuery(collection, trees, query).run()) n += 1;
  }
  return reply(["n", n]);
}

/** Runs the distinct command. */
export function distinct(context: CommandContext): Reply {
  const { args, body, deadline } = context;
  const path = args.string("key");
  if (path === "") throw serverError("BadValue", "The key of distinct must not be empty");
  const options = filterContextOf(context, args);
  const query = { filter: args.doc("query") ?? new Map(), hint: body.get("hint"), deadline, ...options };
  const order = compileCollation(options.collation);
  const values = new Map<string, Value>();
  for (const doc of documentsFor(context, query)) {
    for (const value of valuesAt(doc, path)) {
      const key = encodeKey([value], [false]);
      if (!values.has(key)) values.set(key, value);
    }
  }
  const ascending = [...values.values()].toSorted(order);
  // A collation may hold different texts for equal; the first one stands for all.
  const sorted = ascending.filter((value, at) => at === 0 || order(ascending[at - 1], value) !== 0);
  const { readAt } = context;
  return readAt === undefined
    ? reply(["values", sorted])
    : reply(["values", sorted], ["atClusterTime", toTimestamp(readAt)]);
}

function* documentsFor(context: CommandContext, query: Query): Generator<Doc> {
  const name = collectionName(context);
  if (openView(context, name) !== undefined) {
    yield* runStages(context, name, stagesOf(query));
    return;
  }
  const collection = findCollection(context, name);
  if (collection === undefined) return;
  for (const bytes of prepareQuery(collection, treesFor(context, collection), query).run()) yield viewOf(bytes);
}

/** All values at a path: arrays give their elements, and the path goes through arrays of documents. */
function valuesAt(doc: Doc, path: string): Value[] {
  const direct = lookup(doc, path);
  if (direct !== undefined) return Array.isArray(direct) ? direct : [direct];
  const dot = path.indexOf(".");
  if (dot < 0) return [];
  const inner = doc.get(path.slice(0, dot));
  const rest = path.slice(dot + 1);
  if (inner instanceof Map) return valuesAt(inner, rest);
  if (!Array.isArray(inner)) return [];
  return inner.flatMap((item) => (item instanceof Map ? valuesAt(item, rest) : []));
}
