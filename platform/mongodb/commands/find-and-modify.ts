import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { compileFilter } from "../match/compile-filter";
import { compileProjection } from "../match/projection";
import { viewOf } from "../store/document";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import { createDelete, createUpdate } from "./modify";
import { filterContextOf, runOnce } from "./statements";
import { collectionName } from "./target";
import { whenSettled } from "./when-settled";

/** Runs the findAndModify command. */
export function findAndModify(context: CommandContext): Reply | Promise<Reply> {
  const { args, body } = context;
  const name = collectionName(context);
  const isRemove = args.boolean("remove", false);
  const given = body.get("update");
  if (isRemove === (given !== undefined)) {
    throw serverError(
      "FailedToParse",
      isRemove ? "Cannot specify both an update and remove=true" : "Either an update or remove=true must be specified",
    );
  }
  const wantsNew = args.boolean("new", false);
  if (isRemove && (wantsNew || args.boolean("upsert", false))) {
    throw serverError("FailedToParse", `Cannot specify both ${wantsNew ? "new" : "upsert"}=true and remove=true`);
  }
  const run = isRemove ? removeOne(context, name) : updateOne(context, name, given ?? null, wantsNew);
  return whenSettled(runOnce(context, run), (result) => ({ fields: new Map(result) }));
}

function removeOne(context: CommandContext, name: string): () => Doc {
  const run = createDelete(context, { ...commonOf(context, name), isMulti: false });
  const show = shownBy(context);
  return () => {
    const { removed, before } = run();
    return new Map<string, Value>([
      ["lastErrorObject", new Map([["n", removed]])],
      ["value", show(before)],
    ]);
  };
}

function updateOne(context: CommandContext, name: string, update: Value, wantsNew: boolean): () => Doc {
  const isUpsert = context.args.boolean("upsert", false);
  const run = createUpdate(context, { ...commonOf(context, name), update, isMulti: false, isUpsert });
  const show = shownBy(context);
  return () => {
    const { matched, upsertedId, before, after } = run();
    const last: Doc = new Map<string, Value>([
      ["n", upsertedId === undefined ? matched : 1],
      ["updatedExisting", matched > 0],
    ]);
    if (upsertedId !== undefined) last.set("upserted", upsertedId);
    return new Map<string, Value>([
      ["lastErrorObject", last],
      ["value", show(wantsNew ? after : before)],
    ]);
  };
}

function commonOf(
  context: CommandContext,
  name: string,
): Pick<Parameters<typeof createDelete>[1], "collectionName" | "filter" | "args" | "sort"> {
  const { args } = context;
  return { collectionName: name, filter: args.doc("query") ?? new Map(), args, sort: args.doc("sort") };
}

/** How the returned document is shown: with the `fields` projection, or as it is. */
function shownBy(context: CommandContext): (bytes: Buffer | undefined) => Value {
  const { args } = context;
  const fields = args.doc("fields");
  if (fields === undefined || fields.size === 0) return (bytes) => (bytes === undefined ? null : viewOf(bytes));
  const filter = compileFilter(args.doc("query") ?? new Map(), filterContextOf(context, args));
  const project = compileProjection(fields, filter);
  return (bytes) => (bytes === undefined ? null : project(viewOf(bytes)));
}
