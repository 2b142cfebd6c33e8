import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import type { CommandContext } from "./context";
import type { Query } from "./query";
import { findAny } from "./target";

/** A view, followed down to the collection it stands on. */
export interface OpenedView {
  readonly base: string;
  /** What makes the view's documents from those of the base. */
  readonly pipeline: readonly Doc[];
}

const maxDepth = 20;

/** Follows a view to its collection; undefined when the name is no view. Throws: ViewDepthLimitExceeded. */
export function openView(context: CommandContext, name: string): OpenedView | undefined {
  let view = findAny(context, name)?.options.view;
  if (view === undefined) return undefined;
  let base = name;
  let pipeline: readonly Doc[] = [];
  for (let depth = 0; view !== undefined; depth += 1) {
    if (depth >= maxDepth)
      throw serverError("ViewDepthLimitExceeded", `View depth too deep or view cycle detected at ${base}`);
    base = view.on;
    pipeline = [...view.pipeline, ...pipeline];
    view = findAny(context, base)?.options.view;
  }
  return { base, pipeline };
}

/** A query as the stages that follow a view's pipeline. */
export function stagesOf({ filter, sort, skip = 0, limit = 0 }: Query): Doc[] {
  const stages: Doc[] = [];
  if (filter.size > 0) stages.push(new Map([["$match", filter]]));
  if (sort !== undefined && sort.size > 0) stages.push(new Map([["$sort", sort]]));
  if (skip > 0) stages.push(new Map([["$skip", skip]]));
  if (limit > 0) stages.push(new Map([["$limit", limit]]));
  return stages;
}
