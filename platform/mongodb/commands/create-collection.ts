import { runPipeline } from "../aggregate/run-pipeline";
import { isEqual } from "../bson/order";
import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import { assertNamespace } from "../store/catalogue";
import type { CollectionOptions, ViewDefinition } from "../store/collection-options";
import { reply, type Reply } from "../wire/reply";
import { parseKind, parseOptions, shownOptions } from "./collection-options";
import type { CommandContext } from "./context";
import { collectionForWrite, collectionName, createNow, findAny, untilUnblocked } from "./target";

/** Runs the create command. Throws: NamespaceExists, InvalidNamespace, InvalidOptions, NotImplemented for kinds of collections there are not. */
export function create(context: CommandContext): Reply | Promise<Reply> {
  const { body, database, server, args } = context;
  const name = collectionName(context);
  assertNamespace(database, name);
  if (body.has("encryptedFields")) {
    throw serverError("NotImplemented", "create with 'encryptedFields' is not implemented");
  }
  const kind = parseKind(args);
  if (kind.view !== undefined) assertPipeline(kind.view);
  const options = { ...parseOptions(args, {}), ...kind };
  if (context.session?.transaction !== undefined) return createInTransaction(context, name, options);
  return untilUnblocked(context, () => {
    const { catalogue } = server.store;
    catalogue.assertUnclaimed(database, name);
    const known = catalogue.get(database, name);
    if (known !== undefined) {
      if (isSameOptions(known.options, options)) return reply();
      throw alreadyExists(`${database}.${name}`);
    }
    const { view } = options;
    const detail: Doc | undefined =
      view === undefined
        ? undefined
        : new Map<string, Doc | Doc[] | string>([
            ["viewOn", view.on],
            ["pipeline", [...view.pipeline]],
          ]);
    createNow(context, catalogue.build(database, name, options), detail);
    return reply();
  });
}

function createInTransaction(context: CommandContext, name: string, options: CollectionOptions): Reply {
  const { database } = context;
  if (options.view !== undefined || options.timeSeries !== undefined || options.capped !== undefined) {
    throw serverError(
      "OperationNotSupportedInTransaction",
      "Views, capped collections and time series cannot be created in a multi-document transaction.",
    );
  }
  const known = findAny(context, name);
  if (known === undefined) collectionForWrite(context, name, options);
  else if (!isSameOptions(known.options, options)) throw alreadyExists(`${database}.${name}`);
  return reply();
}

function alreadyExists(namespace: string): Error {
  return serverError("NamespaceExists", `namespace ${namespace} already exists, but with different options`);
}

/** Compiles a view's pipeline, so that a faulty one is refused when the view is made and not when it is read. */
export function assertPipeline({ pipeline }: ViewDefinition): void {
  runPipeline(pipeline, [], { collection: () => [], now: new Date() });
}

function isSameOptions(a: CollectionOptions, b: CollectionOptions): boolean {
  return isEqual(shownOptions(a), shownOptions(b));
}
