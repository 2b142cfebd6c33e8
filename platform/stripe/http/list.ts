import { resourceMissing } from "./stripe-error";

/** What every list call takes; `created` is a range in unix seconds. */
export interface ListParameters {
  readonly limit: number;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created?:
    | { gt?: number | undefined; gte?: number | undefined; lt?: number | undefined; lte?: number | undefined }
    | undefined;
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
  const inRange = ({ created: at = 0 }: Listed): boolean =>
    at > (created?.gt ?? -Infinity) &&
    at >= (created?.gte ?? -Infinity) &&
    at < (created?.lt ?? Infinity) &&
    at <= (created?.lte ?? Infinity);
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
