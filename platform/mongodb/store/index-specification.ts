import { typeNameOf } from "../bson/types";
import { Double, type Doc, type Value } from "../bson/values";
import { serverError } from "../errors";
import { isTextKey, textOptions, textSpecification } from "./text-index";
import type { IndexDefinition, IndexField } from "./secondary-index";

/** An index that was asked for; `isIdIndex` for the one every collection has anyway. */
export interface PlannedIndex {
  readonly definition: IndexDefinition;
  readonly isIdIndex: boolean;
}

const refusedOptions = ["wildcardProjection", "storageEngine", "prepareUnique", "clustered"];
const knownOptions = new Set([
  "v",
  "key",
  "name",
  "unique",
  "sparse",
  "partialFilterExpression",
  "expireAfterSeconds",
  "background",
  "hidden",
  "collation",
  "ns",
]);

/** Reads one specification of createIndexes. Throws: CannotCreateIndex, InvalidIndexSpecificationOption, NotImplemented for kinds there are not. */
export function planIndex(specification: Doc): PlannedIndex {
  const key = specification.get("key");
  if (!(key instanceof Map) || key.size === 0) {
    throw serverError("CannotCreateIndex", "An index specification needs a 'key' that names at least one field");
  }
  const isText = isTextKey(key);
  assertOptions(specification, isText);
  const fields = [...key].map(([path, direction]) => fieldOf(path, direction));
  const name = specification.get("name");
  const isUnique = isTrue(specification.get("unique"));
  const isSparse = isTrue(specification.get("sparse"));
  const partialFilter = specification.get("partialFilterExpression");
  const isIdIndex = fields.length === 1 && fields[0]?.path === "_id" && !fields[0].isDescending;
  if (partialFilter !== undefined && !(partialFilter instanceof Map)) {
    throw serverError("TypeMismatch", "The field 'partialFilterExpression' must be an object");
  }
  if (partialFilter !== undefined && isSparse) {
    throw serverError("CannotCreateIndex", 'cannot mix "partialFilterExpression" and "sparse" options');
  }
  if (isUnique && [...key.values()].includes("hashed")) {
    throw serverError(
      "CannotCreateIndex",
      "Currently hashed indexes cannot guarantee uniqueness. Use a regular index.",
    );
  }
  const given = typeof name === "string" ? name : defaultName(key);
  const shown: Doc = new Map<string, Value>([
    ["v", 2],
    ["key", key],
    ["name", given],
  ]);
  if (isUnique) shown.set("unique", true);
  if (isSparse) shown.set("sparse", true);
  if (partialFilter !== undefined) shown.set("partialFilterExpression", partialFilter);
  const isHidden = isTrue(specification.get("hidden"));
  if (isHidden && isIdIndex) throw serverError("BadValue", "can't hide _id index");
  if (isHidden) shown.set("hidden", true);
  if (isText) return { isIdIndex, definition: textDefinition(specification, given, fields) };
  const expiry = expiryOf(specification, fields);
  if (expiry !== undefined) shown.set("expireAfterSeconds", expiry);
  return {
    isIdIndex,
    definition: {
      name: given,
      key,
      fields,
      isUnique,
      isSparse,
      isHidden,
      specification: shown,
      ...(partialFilter === undefined ? {} : { partialFilter }),
      ...(expiry === undefined ? {} : { expireAfterSeconds: expiry }),
    },
  };
}

function textDefinition(specification: Doc, name: string, fields: readonly IndexField[]): IndexDefinition {
  const shown = textSpecification(specification, name);
  const key = shown.get("key");
  return {
    name,
    key: key instanceof Map ? key : new Map(),
    fields,
    isUnique: false,
    isSparse: true,
    isHidden: true,
    isListedOnly: true,
    specification: shown,
  };
}

/** Throws: NotImplemented, InvalidIndexSpecificationOption. */
function assertOptions(specification: Doc, isText: boolean): void {
  for (const option of specification.keys()) {
    if (refusedOptions.includes(option))
      throw serverError("NotImplemented", `Index option '${option}' is not implemented`);
    if (!knownOptions.has(option) && !(isText && textOptions.includes(option))) {
      throw serverError(
        "InvalidIndexSpecificationOption",
        `The field '${option}' is not valid for an index specification. Specification: ${[...specification.keys()].join(", ")}`,
      );
    }
  }
  const collation = specification.get("collation");
  if (collation instanceof Map && collation.get("locale") !== "simple") {
    throw serverError("NotImplemented", "Indexes with a collation are not implemented");
  }
}

function fieldOf(path: string, direction: Value): IndexField {
  if (path === "$**" || path.endsWith(".$**"))
    throw serverError("NotImplemented", "Wildcard indexes are not implemented");
  if (path === "" || path.startsWith("$") || path.startsWith(".") || path.endsWith(".")) {
    throw serverError("CannotCreateIndex", `Index keys cannot have the field name '${path}'`);
  }
  if (direction === "hashed" || direction === "text") return { path, isDescending: false };
  if (typeof direction === "string") {
    throw serverError("NotImplemented", `Index type '${direction}' is not implemented`);
  }
  const number =
    direction instanceof Double ? direction.value : typeof direction === "bigint" ? Number(direction) : direction;
  if (typeof number !== "number" || number === 0 || Number.isNaN(number)) {
    throw serverError(
      "CannotCreateIndex",
      `Values in v:2 index key pattern cannot be of type ${typeNameOf(direction)}. Only numbers > 0, numbers < 0, and strings are allowed.`,
    );
  }
  return { path, isDescending: number < 0 };
}

function expiryOf(specification: Doc, fields: readonly IndexField[]): number | undefined {
  const given = specification.get("expireAfterSeconds");
  if (given === undefined) return undefined;
  const seconds = typeof given === "bigint" ? Number(given) : given instanceof Double ? given.value : given;
  if (typeof seconds !== "number" || seconds < 0) {
    throw serverError(
      "CannotCreateIndex",
      "TTL index 'expireAfterSeconds' option must be a number that is not negative",
    );
  }
  if (fields.length !== 1)
    throw serverError("CannotCreateIndex", "TTL indexes are single-field indexes, compound indexes do not support TTL");
  return seconds;
}

function defaultName(key: Doc): string {
  return [...key].map(([path, direction]) => `${path}_${String(direction)}`).join("_");
}

function isTrue(value: Value | undefined): boolean {
  return value === true || (typeof value === "number" && value !== 0) || (value instanceof Double && value.value !== 0);
}
