import { encode } from "../bson/encode";
import { lookup } from "../bson/path";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Collection } from "../store/collection";
import { viewOf } from "../store/document";
import { recordNumberOf } from "../store/record-key";
import type { CommandContext } from "./context";
import type { PreparedQuery, Query } from "./query";

/** Throws: InvalidPipelineOperator when a find on a view has an option that only stored documents have. */
export function assertPlain({ args }: CommandContext): void {
  for (const option of ["tailable", "min", "max", "returnKey", "showRecordId", "hint"]) {
    const isOn = args.has(option) && args.body.get(option) !== false;
    if (isOn) throw serverError("InvalidPipelineOperator", `Option '${option}' not supported in aggregation on a view`);
  }
}

/**
 * Gives the index keys a query went by, for `returnKey`: nothing where it went by no index.
 * Throws: NotImplemented for an index with several keys per document, of which each would have to be told apart.
 */
export function* keyOnly(prepared: PreparedQuery, query: Query): Generator<Buffer> {
  const { index, kind } = prepared.plan;
  if (index?.isMultikey === true) {
    throw serverError("NotImplemented", "find with 'returnKey' by a multikey index is not implemented");
  }
  const isById = kind === "id" || (kind === "collection" && query.sort?.keys().next().value === "_id");
  const paths = index?.definition.fields.map((field) => field.path) ?? (isById ? ["_id"] : []);
  for (const bytes of prepared.run()) {
    const view = viewOf(bytes);
    yield encode(new Map(paths.map((path): [string, Value] => [path, lookup(view, path) ?? null])));
  }
}

/** Adds `$recordId`, the place in the order of insertion. Throws: NotImplemented for collections that do not keep that order. */
export function* withRecordId(
  collection: Collection,
  prepared: PreparedQuery,
  projection: ((doc: Doc) => Doc) | undefined,
): Generator<Buffer> {
  if (!collection.keepsOrder) {
    throw serverError(
      "NotImplemented",
      "find with 'showRecordId' is implemented for capped and time-series collections only",
    );
  }
  for (const [key, bytes] of prepared.entries()) {
    const view = projection === undefined ? viewOf(bytes) : projection(viewOf(bytes));
    yield encode(new Map<string, Value>([...view, ["$recordId", BigInt(recordNumberOf(key))]]));
  }
}
