import { integer, text } from "./parameters";
import { isFound, parseSearchQuery, type SearchFields } from "./search-query";
import { invalidRequest } from "./stripe-error";

/** Parameters that every search takes. */
export const searchParameters = {
  query: text(),
  limit: integer(1, 100).default(10),
  page: text().optional(),
};

/** Holds the number of all that were found, which is shown only when `total_count` is expanded. */
export const TOTAL_COUNT = Symbol("total_count");

/** A page of what was found as Stripe answers it. */
export interface SearchResult<T> {
  readonly object: "search_result";
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_page: string | null;
  readonly url: string;
  readonly [TOTAL_COUNT]: number;
}

/** What is searched. */
export interface Searched<T> {
  readonly items: readonly T[];
  /** Name of the resource, as it stands in the path. */
  readonly resource: string;
  readonly fields: SearchFields;
}

/** Finds what a query asks for, newest first, page by page. Refuses: a bad query, and a `page` that no answer gave. */
export function searchPageOf<T extends { readonly id: string }>(
  { items, resource, fields }: Searched<T>,
  { query, limit, page }: { readonly query: string; readonly limit: number; readonly page?: string | undefined },
): SearchResult<T> {
  const sought = parseSearchQuery(query, resource, fields);
  const foundAmong = (some: readonly T[]): readonly T[] => some.filter((item) => isFound(sought, item));
  const found = foundAmong(items);
  // A cursor names the last object of its page, which may have changed and be found no more: it is looked for among all.
  const rest = page === undefined ? found : foundAmong(items.slice(indexAt(items, page) + 1));
  const data = rest.slice(0, limit);
  const last = data.at(-1);
  const hasMore = rest.length > limit;
  return {
    object: "search_result",
    data,
    has_more: hasMore,
    next_page: hasMore && last !== undefined ? Buffer.from(last.id).toString("base64url") : null,
    url: `/v1/${resource}/search`,
    [TOTAL_COUNT]: found.length,
  };
}

function indexAt(items: readonly { readonly id: string }[], page: string): number {
  const id = Buffer.from(page, "base64url").toString("utf8");
  const index = items.findIndex((item) => item.id === id);
  if (index < 0)
    throw invalidRequest(`Invalid page: expected next_page of an earlier answer, given ${page}`, { param: "page" });
  return index;
}
