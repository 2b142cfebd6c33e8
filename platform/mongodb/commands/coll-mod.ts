import { isEqual } from "../bson/order";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Collection } from "../store/collection";
import type { CollectionOptions } from "../store/collection-options";
import { planIndex } from "../store/index-specification";
import { toNumber } from "../store/plain-number";
import type { Index, IndexDefinition } from "../store/secondary-index";
import { definitionOf } from "../store/store";
import { reply, type Reply } from "../wire/reply";
import { Arguments } from "./arguments";
import { parseOptions, parseView } from "./collection-options";
import type { CommandContext } from "./context";
import { assertPipeline } from "./create-collection";
import { collectionName, existingAny, untilUnblocked } from "./target";

/** What collMod does once it is allowed to. */
interface Modification {
  readonly answer: readonly (readonly [string, Value])[];
  apply(collection: Collection): void;
}

/** Fields of the command that are no modification. */
const general = new Set([
  "collMod",
  "$db",
  "lsid",
  "$clusterTime",
  "$readPreference",
  "writeConcern",
  "comment",
  "txnNumber",
  "apiVersion",
  "apiStrict",
  "maxTimeMS",
]);
const known = new Set([
  "validator",
  "validationLevel",
  "validationAction",
  "changeStreamPreAndPostImages",
  "viewOn",
  "pipeline",
  "index",
  "expireAfterSeconds",
  "cappedSize",
  "cappedMax",
]);

/** Runs the collMod command: validation, pre-images, a view's definition, an index's expiry and visibility, expiry of clustered collections and time series, limits of capped ones. */
export function collMod(context: CommandContext): Reply | Promise<Reply> {
  const { body, server, database } = context;
  const name = collectionName(context);
  const fields = [...body].filter(([field]) => !general.has(field));
  const unknown = fields.find(([field]) => !known.has(field));
  if (unknown !== undefined) throw serverError("NotImplemented", `collMod with '${unknown[0]}' is not implemented`);
  return untilUnblocked(context, () => {
    const collection = existingAny(context, name, database);
    const { answer, apply } = planModification(context, collection);
    context.dependsOn = server.store.commitDefinition(definitionOf("modify", collection, new Map(fields)), () => {
      apply(collection);
      return [collection];
    });
    return reply(...answer);
  });
}

function planModification({ args }: CommandContext, collection: Collection): Modification {
  const before = collection.options;
  if (before.view !== undefined || args.has("viewOn") || args.has("pipeline")) return planView(args, before);
  const options = withCapped(args, withExpiry(args, parseOptions(args, before)));
  const index = args.doc("index");
  const change = index === undefined ? undefined : planIndexChange(collection, new Arguments(index, "collMod.index"));
  return {
    answer: change?.answer ?? [],
    apply: (target) => {
      change?.apply(target);
      target.options = options;
    },
  };
}

function planView(args: Arguments, before: CollectionOptions): Modification {
  if (before.view === undefined)
    throw serverError("InvalidOptions", "option 'viewOn' and 'pipeline' only valid on a view");
  if (!args.has("viewOn") || !args.has("pipeline")) {
    throw serverError("InvalidOptions", "Must specify both 'viewOn' and 'pipeline' when modifying a view");
  }
  const view = parseView(args);
  assertPipeline(view);
  return { answer: [], apply: (target) => (target.options = { view }) };
}

function withExpiry(args: Arguments, options: CollectionOptions): CollectionOptions {
  if (!args.has("expireAfterSeconds")) return options;
  if (options.timeSeries === undefined && options.clusteredName === undefined) {
    throw serverError(
      "InvalidOptions",
      "'expireAfterSeconds' is only supported on time-series collections and clustered collections",
    );
  }
  const { expireAfterSeconds: _, ...rest } = options;
  if (args.body.get("expireAfterSeconds") === "off") return rest;
  const seconds = args.count("expireAfterSeconds");
  return seconds === undefined ? rest : { ...rest, expireAfterSeconds: seconds };
}

function withCapped(args: Arguments, options: CollectionOptions): CollectionOptions {
  if (!args.has("cappedSize") && !args.has("cappedMax")) return options;
  if (options.capped === undefined) throw serverError("InvalidOptions", "Collection must be capped.");
  const { sizeBytes, maxDocuments } = options.capped;
  const max = args.has("cappedMax") ? args.count("cappedMax") : maxDocuments;
  return {
    ...options,
    capped: {
      sizeBytes: args.count("cappedSize") ?? sizeBytes,
      ...(max === undefined || max === 0 ? {} : { maxDocuments: max }),
    },
  };
}

function planIndexChange(collection: Collection, args: Arguments): Modification {
  const unknown = [...args.body.keys()].find(
    (field) => !["name", "keyPattern", "expireAfterSeconds", "hidden"].includes(field),
  );
  if (unknown !== undefined) throw serverError("NotImplemented", `collMod with 'index.${unknown}' is not implemented`);
  if (!args.has("expireAfterSeconds") && !args.has("hidden")) {
    throw serverError("InvalidOptions", "no expireAfterSeconds or hidden field");
  }
  const index = indexOf(collection, args);
  const { definition } = index;
  const specification: Doc = new Map(definition.specification);
  const answer: [string, Value][] = [];
  if (args.has("expireAfterSeconds")) {
    const seconds = args.count("expireAfterSeconds") ?? 0;
    if (definition.expireAfterSeconds !== undefined) {
      answer.push(["expireAfterSeconds_old", BigInt(definition.expireAfterSeconds)]);
    }
    answer.push(["expireAfterSeconds_new", BigInt(seconds)]);
    specification.set("expireAfterSeconds", seconds);
  }
  if (args.has("hidden")) {
    const isHidden = args.boolean("hidden", false);
    answer.push(["hidden_old", definition.isHidden], ["hidden_new", isHidden]);
    if (isHidden) specification.set("hidden", true);
    else specification.delete("hidden");
  }
  const next: IndexDefinition = planIndex(specification).definition;
  return { answer, apply: () => (index.definition = next) };
}

function indexOf(collection: Collection, args: Arguments): Index {
  const name = args.has("name") ? args.string("name") : undefined;
  const pattern = args.doc("keyPattern");
  if ((name === undefined) === (pattern === undefined)) {
    throw serverError("InvalidOptions", "must specify either index name or key pattern");
  }
  const isOnId = name === "_id_" || (pattern?.size === 1 && toNumber(pattern.get("_id")) === 1);
  if (isOnId) throw serverError("BadValue", "can't hide or expire by the _id index");
  const found = collection.indexes.find(({ definition }) =>
    name === undefined ? isEqual(definition.key, pattern) : definition.name === name,
  );
  if (found === undefined) {
    throw serverError(
      "IndexNotFound",
      `cannot find index ${name ?? "with this key pattern"} for ns ${collection.namespace}`,
    );
  }
  return found;
}
