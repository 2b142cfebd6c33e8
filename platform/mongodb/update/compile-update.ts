import { compileTransform } from "../aggregate/transform";
import { serverError } from "../errors";
import { isIdentical } from "../bson/identical";
import { isEqual } from "../bson/order";
import { show } from "../bson/show";
import { typeNameOf } from "../bson/types";
import { BSONRegExp, BSON_UNDEFINED, type Doc, ObjectId, Timestamp, type Value } from "../bson/values";
import { type Comparator, compileCollation } from "../match/collation";
import { applyTree, type TreeContext } from "./apply-tree";
import { compileArrayFilters } from "./array-filters";
import { ARRAY_MODIFIERS } from "./array-modifiers";
import { type ModifierBuilder, VALUE_MODIFIERS } from "./modifiers";
import { equalitiesOf, seedOf } from "./upsert";
import { buildUpdateTree, type Change } from "./update-tree";

/** What an update may refer to besides the document; `timestamp` is what `$currentDate` writes as a timestamp. */
export interface UpdateOptions {
  readonly arrayFilters?: readonly Doc[];
  readonly variables?: Doc;
  readonly collation?: Doc;
  readonly now: Date;
  readonly timestamp?: Timestamp;
}

/**
 * A compiled update. It never changes its input; when nothing changes the very same document comes back.
 * Throws (both functions): the server's error, with nothing changed.
 */
export interface Update {
  readonly kind: "operators" | "replacement" | "pipeline";
  /** Gives the document after the update; `arrayIndex` is where the positional `$` points. */
  apply(before: Doc, at?: { arrayIndex?: number | undefined }): Doc;
  /** Gives the document an upsert inserts when nothing matched the filter, `_id` first. */
  insert(filter: Doc): Doc;
}

const MODIFIERS: ReadonlyMap<string, ModifierBuilder> = new Map(
  Object.entries({ ...VALUE_MODIFIERS, ...ARRAY_MODIFIERS }),
);

/**
 * Compiles an update: a document of operators, a replacement, or a pipeline.
 * Throws: FailedToParse for unknown operators or stages, ConflictingUpdateOperators for paths that meet, and what malformed operands are refused with.
 */
export function compileUpdate(update: Doc | readonly Doc[], options: UpdateOptions): Update {
  if (!(update instanceof Map)) return compilePipeline(update, options);
  const first: string | undefined = update.keys().next().value;
  return first?.startsWith("$") === true ? compileOperators(update, options) : compileReplacement(update, options);
}

function timestampOf({ timestamp, now }: UpdateOptions): Timestamp {
  return timestamp ?? new Timestamp({ t: Math.floor(now.getTime() / 1000), i: 1 });
}

function compileOperators(update: Doc, options: UpdateOptions): Update {
  const order = compileCollation(options.collation);
  const changes: Change[] = [];
  const onInsert: Change[] = [];
  for (const [name, fields] of update) {
    const built = buildChanges(name, fields, order);
    onInsert.push(...built);
    if (name !== "$setOnInsert") changes.push(...built);
  }
  const insertTree = buildUpdateTree(onInsert);
  const tree = changes.length === onInsert.length ? insertTree : buildUpdateTree(changes);
  const arrayFilters = compileArrayFilters(
    options.arrayFilters ?? [],
    onInsert.map((change) => change.path),
    options.collation === undefined ? {} : { collation: options.collation },
  );
  const context = (root: Doc, arrayIndex?: number): TreeContext => {
    return { root, arrayIndex, arrayFilters, now: options.now, timestamp: timestampOf(options) };
  };
  return {
    kind: "operators",
    apply: (before, at) => withSameId(before, applyTree(tree, before, context(before, at?.arrayIndex)), "operators"),
    insert(filter) {
      const seed = seedOf(filter);
      return withId(withSameId(seed, applyTree(insertTree, seed, context(seed)), "operators"));
    },
  };
}

function buildChanges(name: string, fields: Value, order: Comparator): Change[] {
  const build = MODIFIERS.get(name);
  if (build === undefined) {
    throw serverError(
      "FailedToParse",
      `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (!(fields instanceof Map)) {
    throw serverError(
      "FailedToParse",
      `Modifiers operate on fields but we found type ${typeNameOf(fields)} instead. For example: {$mod: {<field>: ...}} not {${name}: ${show(fields)}}`,
    );
  }
  return [...fields].flatMap(([path, operand]) => build(path, operand, order));
}

function compileReplacement(update: Doc, options: UpdateOptions): Update {
  if ((options.arrayFilters ?? []).length > 0) {
    throw serverError("FailedToParse", "Cannot specify arrayFilters and a non-update-modifier object");
  }
  for (const name of update.keys()) {
    if (name.startsWith("$")) {
      throw serverError(
        "DollarPrefixedFieldName",
        `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      );
    }
  }
  const replacement = stamped(update, timestampOf(options));
  return {
    kind: "replacement",
    apply: (before) => withSameId(before, withOldId(before, replacement), "replacement"),
    insert(filter) {
      const id = equalitiesOf(filter).get("_id");
      const seed: Doc = id === undefined ? new Map() : new Map([["_id", id]]);
      return withId(withSameId(seed, withOldId(seed, replacement), "replacement"));
    },
  };
}

/** An empty timestamp at the top of a replacement asks for the current one. */
function stamped(doc: Doc, timestamp: Timestamp): Doc {
  const isEmpty = (name: string, value: Value): boolean =>
    name !== "_id" && value instanceof Timestamp && value.isZero();
  return new Map([...doc].map(([name, value]) => [name, isEmpty(name, value) ? timestamp : value]));
}

const PIPELINE_STAGES = new Set(["$set", "$addFields", "$unset", "$project", "$replaceRoot", "$replaceWith"]);

function compilePipeline(stages: readonly Doc[], options: UpdateOptions): Update {
  if ((options.arrayFilters ?? []).length > 0) {
    throw serverError("FailedToParse", "arrayFilters may not be specified for pipeline-syle updates");
  }
  const order = compileCollation(options.collation);
  const transforms = stages.map((stage) => {
    const [name = "", spec = null] = stage.entries().next().value ?? [];
    const transform = stage.size === 1 && PIPELINE_STAGES.has(name) ? compileTransform(name, spec, order) : undefined;
    if (transform === undefined)
      throw serverError("InvalidOptions", `${name} is not allowed to be used within an update`);
    return transform;
  });
  const variables = new Map<string, Value>([...(options.variables ?? []), ["NOW", options.now]]);
  const run = (before: Doc): Doc => {
    const after = transforms.reduce((doc, transform) => transform(doc, variables), before);
    return withSameId(before, withOldId(before, after), "pipeline");
  };
  return { kind: "pipeline", apply: run, insert: (filter) => withId(run(seedOf(filter))) };
}

/** A document that names no `_id` keeps the old one, in front. */
function withOldId(before: Doc, after: Doc): Doc {
  const id = before.get("_id");
  if (id === undefined || after.has("_id")) return after;
  return new Map([["_id", id], ...after]);
}

function withSameId(before: Doc, after: Doc, kind: Update["kind"]): Doc {
  if (after === before) return before;
  const id = before.get("_id");
  const newId = after.get("_id");
  if (id !== undefined && !(newId !== undefined && isEqual(id, newId))) {
    const message =
      kind === "operators"
        ? "Performing an update on the path '_id' would modify the immutable field '_id'"
        : `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(newId)}`;
    throw serverError("ImmutableField", message);
  }
  // An equal number of another type would still be another key in the stored bytes.
  const same = id === undefined || isIdentical(id, newId) ? after : new Map(after).set("_id", id);
  return isIdentical(before, same) ? before : idFirst(same);
}

function idFirst(doc: Doc): Doc {
  const first: string | undefined = doc.keys().next().value;
  const id = doc.get("_id");
  return id === undefined || first === "_id" ? doc : new Map([["_id", id], ...doc]);
}

function withId(doc: Doc): Doc {
  const id = doc.get("_id");
  if (id === undefined) return new Map<string, Value>([["_id", new ObjectId()], ...doc]);
  if (Array.isArray(id) || id instanceof BSONRegExp || id === BSON_UNDEFINED) {
    throw serverError("InvalidIdField", `The '_id' value cannot be of type ${typeNameOf(id)}`);
  }
  return idFirst(doc);
}
