import { encodeKey } from "../bson/keystring";
import type { Doc } from "../bson/values";
import { numberedError } from "../errors";
import type { IndexField } from "../store/secondary-index";
import { afterPrefix } from "../store/tree";
import type { KeyRange } from "./bounds";

/** The keys of the hinted index between which find's `min` (inside) and `max` (outside) keep a query. */
export interface IndexLimits {
  readonly min?: Doc | undefined;
  readonly max?: Doc | undefined;
}

/** Turns the limits into a stretch of index keys. Throws: 51174 when they do not name the index's fields, 51175 when min is not below max. */
export function rangeWithin({ min, max }: IndexLimits, fields: readonly IndexField[]): KeyRange {
  const low = min === undefined ? "" : keyOf(min, fields);
  const high = max === undefined ? afterPrefix : keyOf(max, fields);
  if (min !== undefined && max !== undefined && low >= high) {
    throw numberedError(51175, "The value for min() must be less than the value for max() in the order of the index");
  }
  return { low, high };
}

function keyOf(limit: Doc, fields: readonly IndexField[]): string {
  const names = [...limit.keys()];
  if (names.length !== fields.length || fields.some(({ path }, at) => names[at] !== path)) {
    throw numberedError(51174, `The fields of min() and max() (${names.join(", ")}) are not those of the hinted index`);
  }
  return encodeKey(
    [...limit.values()],
    fields.map((field) => field.isDescending),
  );
}
