import { isEqual } from "../bson/order";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { assertNamespace } from "../store/catalogue";
import type { Collection, CollectionOptions } from "../store/collection";
import { definitionOf } from "../store/store";
import { reply, type Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { collectionForWrite, collectionName, createNow, findCollection, untilUnblocked } from "./target";

const refusedOptions = ["viewOn", "timeseries", "clusteredIndex", "expireAfterSeconds", "encryptedFields"];

/** Runs the create command. Throws: NamespaceExists, InvalidNamespace, NotImplemented for kinds of collections there are not. */
export function create(context: CommandContext): Reply | Promise<Reply> {
  const { body, database, server, args } = context;
  const name = collectionName(context);
  assertNamespace(database, name);
  for (const option of refusedOptions) {
    if (body.has(option)) throw serverError("NotImplemented", `create with '${option}' is not implemented`);
  }
  if (body.get("capped") === true) throw serverError("NotImplemented", "create with 'capped' is not implemented");
  const options = optionsOf(args, {});
  if (context.session?.transaction !== undefined) return createInTransaction(context, name, options);
  return untilUnblocked(context, () => {
    const { catalogue } = server.store;
    catalogue.assertUnclaimed(database, name);
    const known = catalogue.get(database, name);
    if (known !== undefined) {
      if (isSameOptions(known.options, options)) return reply();
      throw serverError("NamespaceExists", `namespace ${database}.${name} already exists, but with different options`);
    }
    createNow(context, catalogue.build(database, name, options));
    return reply();
  });
}

function createInTransaction(context: CommandContext, name: string, options: CollectionOptions): Reply {
  const { database } = context;
  const known = findCollection(context, name);
  if (known === undefined) collectionForWrite(context, name, options);
  else if (!isSameOptions(known.options, options)) {
    throw serverError("NamespaceExists", `namespace ${database}.${name} already exists, but with different options`);
  }
  return reply();
}

/** Runs the collMod command. Throws: NamespaceNotFound. */
export function collMod(context: CommandContext): Reply | Promise<Reply> {
  const { body, args, server, database } = context;
  const name = collectionName(context);
  for (const option of ["viewOn", "pipeline", "timeseries", "expireAfterSeconds", "index"]) {
    if (body.has(option)) throw serverError("NotImplemented", `collMod with '${option}' is not implemented`);
  }
  return untilUnblocked(context, () => {
    const collection = existing(context, name, database);
    const options = optionsOf(args, collection.options);
    const detail: Doc = new Map(
      [...body].filter(([field]) =>
        ["validator", "validationLevel", "validationAction", "changeStreamPreAndPostImages"].includes(field),
      ),
    );
    context.dependsOn = server.store.commitDefinition(definitionOf("modify", collection, detail), () => {
      collection.options = options;
      return [collection];
    });
    return reply();
  });
}

/** Throws: NamespaceNotFound. */
export function existing({ server }: CommandContext, name: string, database: string): Collection {
  const collection = server.store.catalogue.get(database, name);
  if (collection === undefined) throw serverError("NamespaceNotFound", `ns does not exist: ${database}.${name}`);
  return collection;
}

function optionsOf(args: Arguments, before: CollectionOptions): CollectionOptions {
  const validator = args.has("validator") ? args.doc("validator") : before.validator;
  const level = args.has("validationLevel") ? args.string("validationLevel") : before.validationLevel;
  const action = args.has("validationAction") ? args.string("validationAction") : before.validationAction;
  if (level !== undefined && level !== "strict" && level !== "moderate" && level !== "off") {
    throw serverError("BadValue", `Enumeration value '${level}' for field 'validationLevel' is not a valid value.`);
  }
  if (action !== undefined && action !== "error" && action !== "warn") {
    throw serverError("BadValue", `Enumeration value '${action}' for field 'validationAction' is not a valid value.`);
  }
  const images = args.doc("changeStreamPreAndPostImages");
  const hasPreImages = images === undefined ? before.hasPreImages : images.get("enabled") === true;
  return {
    ...(validator === undefined || validator.size === 0 ? {} : { validator }),
    ...(level === undefined ? {} : { validationLevel: level }),
    ...(action === undefined ? {} : { validationAction: action }),
    ...(hasPreImages === undefined ? {} : { hasPreImages }),
  };
}

/** The options as listCollections shows them. */
export function shownOptions(options: CollectionOptions): Doc {
  const shown: Doc = new Map<string, Value>();
  if (options.validator !== undefined) {
    shown.set("validator", options.validator);
    shown.set("validationLevel", options.validationLevel ?? "strict");
    shown.set("validationAction", options.validationAction ?? "error");
  }
  if (options.hasPreImages === true) shown.set("changeStreamPreAndPostImages", new Map([["enabled", true]]));
  return shown;
}

function isSameOptions(a: CollectionOptions, b: CollectionOptions): boolean {
  const left = shownOptions(a);
  const right = shownOptions(b);
  return isEqual(left, right);
}
