import { resourceMissing } from "./stripe-error";

/** What every list call takes; `created` is a range in unix seconds. */
export interface ListParameters {
  readonly limit: number;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created?: InstantRange | undefined;
}

/** Bounds of an instant. Units: unix seconds. */
export interface InstantRange {
  readonly gt?: number | undefined;
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
  readonly lte?: number | undefined;
}

/** Tells whether an instant is within its bounds; no bounds take everything. */
export function isWithin(at: number, { gt, gte, lt, lte }: InstantRange = {}): boolean {
  return at > (gt ?? -Infinity) && at >= (gte ?? -Infinity) && at < (lt ?? Infinity) && at <= (lte ?? Infinity);
}

/** A page as Stripe answers it. */
export interface Page<T> {
  readonly object: "list";
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

interface Listed {
  readonly id: string;
  readonly created?: number;
}

/**
 * Cuts a page out of objects that are in order, newest first.
 * Throws: `resource_missing` when the cursor is not among them.
 */
export function pageOf<T extends Listed>(items: readonly T[], url: string, params: ListParameters): Page<T> {
  const { limit, starting_after, ending_before, created } = params;
  const inRange = ({ created: at = 0 }: Listed): boolean => isWithin(at, created);
  if (ending_before !== undefined) {
    const before = items.slice(0, indexOf(items, ending_before, "ending_before")).filter(inRange);
    return { object: "list", data: before.slice(-limit), has_more: before.length > limit, url };
  }
  const from = starting_after === undefined ? 0 : indexOf(items, starting_after, "starting_after") + 1;
  const after = items.slice(from).filter(inRange);
  return { object: "list", data: after.slice(0, limit), has_more: after.length > limit, url };
}

function indexOf(items: readonly Listed[], id: string, param: string): number {
  const index = items.findIndex((item) => item.id === id);
  if (index < 0) throw resourceMissing("object", id, param);
  return index;
}
