import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Collection } from "../store/collection";

/** Throws: BadValue when a document of a time series has no date in its time field. */
export function assertMeasurement(collection: Collection, document: Doc): void {
  const { timeSeries } = collection.options;
  if (timeSeries === undefined || document.get(timeSeries.timeField) instanceof Date) return;
  throw serverError(
    "BadValue",
    `'${timeSeries.timeField}' must be present and contain a valid BSON UTC datetime value`,
  );
}

/** An update, as far as time series care. */
interface SeriesUpdate {
  readonly filter: Doc;
  readonly update: Value;
  readonly isMulti: boolean;
  readonly isUpsert: boolean;
}

/** Measurements are not rewritten: an update has to be multi, may look at the meta field only and may change nothing else. Throws: InvalidOptions. */
export function assertSeriesUpdate(collection: Collection, { filter, update, isMulti, isUpsert }: SeriesUpdate): void {
  const { timeSeries } = collection.options;
  if (timeSeries === undefined) return;
  const { metaField } = timeSeries;
  if (metaField === undefined) {
    throw serverError(
      "InvalidOptions",
      "Cannot perform an update on a time-series collection that does not have a metaField",
    );
  }
  if (isUpsert) throw serverError("InvalidOptions", "Cannot perform an upsert on a time-series collection");
  if (!isMulti) throw serverError("InvalidOptions", "Cannot perform a non-multi update on a time-series collection");
  if (!(update instanceof Map) || ![...update.keys()].every((name) => name.startsWith("$"))) {
    throw serverError("InvalidOptions", "Cannot perform a replacement or pipeline update on a time-series collection");
  }
  const changed = [...update.values()].flatMap((fields) => (fields instanceof Map ? [...fields.keys()] : []));
  if (![...pathsOf(filter), ...changed].every((path) => path === metaField || path.startsWith(`${metaField}.`))) {
    throw serverError(
      "InvalidOptions",
      `Cannot perform an update on a time-series collection when querying on or modifying a field that is not the metaField '${metaField}'`,
    );
  }
}

function pathsOf(filter: Doc): string[] {
  return [...filter].flatMap(([name, operand]) => {
    const isJoin = (name === "$and" || name === "$or" || name === "$nor") && Array.isArray(operand);
    return isJoin ? operand.flatMap((part) => (part instanceof Map ? pathsOf(part) : [])) : [name];
  });
}
