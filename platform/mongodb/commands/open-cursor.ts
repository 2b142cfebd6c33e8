import type { Doc } from "../bson/values";
import { toTimestamp } from "../store/instant";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";
import type { CursorSource } from "./cursor-table";

const firstBatchDocuments = 101;

/** A read from a snapshot says which, so that later reads can name it. */
function snapshotTime({ readAt }: CommandContext): Doc | undefined {
  return readAt === undefined ? undefined : new Map([["atClusterTime", toTimestamp(readAt)]]);
}

/** Answers the first batch of a cursor and keeps the cursor where more remains. */
export function openCursor(
  context: CommandContext,
  options: { name: string; source: CursorSource; batchSize: number | undefined; isSingleBatch?: boolean },
): Reply {
  const { server, session, database, args } = context;
  const { source, batchSize } = options;
  const namespace = `${database}.${options.name}`;
  const { documents, isDone } = source.next(batchSize ?? firstBatchDocuments);
  let id = 0n;
  const isOver = isDone || options.isSingleBatch === true;
  if (isOver) source.close?.();
  else {
    context.deadline.lift();
    id = server.cursors.open({
      namespace,
      source,
      batchSize: undefined,
      sessionKey: session?.key,
      transaction: session?.transaction,
      neverTimesOut: args.boolean("noCursorTimeout", false),
    }).id;
  }
  const extra = source.extra?.() ?? snapshotTime(context);
  return {
    fields: new Map(),
    cursor: { field: "firstBatch", documents, id, namespace, ...(extra === undefined ? {} : { extra }) },
  };
}
