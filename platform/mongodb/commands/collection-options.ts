import { Decimal128, Double, type Doc, type Value } from "../bson/values";
import { serverError } from "../errors";
import { compileCollation } from "../match/collation";
import type { CappedLimits, CollectionOptions, TimeSeries, ViewDefinition } from "../store/collection-options";
import { Arguments } from "./arguments";

const longestSpanSeconds = 31_536_000;
const defaultSpansSeconds = new Map([
  ["seconds", 3_600],
  ["minutes", 86_400],
  ["hours", 2_592_000],
]);

/** Reads validation and pre-image options over those there were. Throws: BadValue, TypeMismatch. */
export function parseOptions(args: Arguments, before: CollectionOptions): CollectionOptions {
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
  const { validator: _, ...kept } = before;
  return {
    ...kept,
    ...(validator === undefined || validator.size === 0 ? {} : { validator }),
    ...(level === undefined ? {} : { validationLevel: level }),
    ...(action === undefined ? {} : { validationAction: action }),
    ...(hasPreImages === undefined ? {} : { hasPreImages }),
  };
}

/** Reads what kind of collection create asks for: a view, capped, clustered, a time series, or none of them. Throws: InvalidOptions, BadValue. */
export function parseKind(args: Arguments): CollectionOptions {
  assertSimpleCollation(args);
  const kinds = [
    args.has("viewOn") ? { view: parseView(args) } : undefined,
    args.boolean("capped", false) ? { capped: parseCapped(args) } : undefined,
    args.has("timeseries") ? { timeSeries: parseTimeSeries(args.requiredDoc("timeseries")) } : undefined,
    args.has("clusteredIndex") ? { clusteredName: parseClustered(args) } : undefined,
  ].filter((kind) => kind !== undefined);
  if (kinds.length > 1) {
    throw serverError("InvalidOptions", "A collection is one of: view, capped, clustered, time series");
  }
  const kind: CollectionOptions = kinds[0] ?? {};
  if (kind.capped === undefined && (args.has("size") || args.has("max"))) {
    throw serverError(
      "InvalidOptions",
      "the 'capped' field needs to be true when either the 'size' or 'max' fields are present",
    );
  }
  if (args.has("pipeline") && kind.view === undefined) {
    throw serverError("InvalidOptions", "'pipeline' requires 'viewOn' to also be specified");
  }
  if (!args.has("expireAfterSeconds")) return kind;
  if (kind.timeSeries === undefined && kind.clusteredName === undefined) {
    throw serverError(
      "InvalidOptions",
      "'expireAfterSeconds' is only supported on time-series collections and clustered collections",
    );
  }
  const expireAfterSeconds = args.count("expireAfterSeconds");
  return expireAfterSeconds === undefined ? kind : { ...kind, expireAfterSeconds };
}

/** Throws: NotImplemented for a collection that would compare by a collation of its own. */
function assertSimpleCollation(args: Arguments): void {
  const collation = args.doc("collation");
  if (collation === undefined || collation.get("locale") === "simple") return;
  compileCollation(collation);
  throw serverError("NotImplemented", "A default collation for a collection is not implemented");
}

/** Reads viewOn and pipeline. Throws: OptionNotSupportedOnView for stages that write. */
export function parseView(args: Arguments): ViewDefinition {
  const on = args.string("viewOn");
  if (on === "") throw serverError("BadValue", "'viewOn' cannot be empty");
  const pipeline = args.docs("pipeline") ?? [];
  for (const stage of pipeline) {
    if (stage.has("$out") || stage.has("$merge") || stage.has("$changeStream")) {
      throw serverError("OptionNotSupportedOnView", "A view's pipeline may not hold $out, $merge or $changeStream");
    }
  }
  return { on, pipeline };
}

function parseCapped(args: Arguments): CappedLimits {
  const size = args.count("size");
  if (size === undefined || size === 0)
    throw serverError("InvalidOptions", "the 'size' field is required when 'capped' is true");
  const max = args.count("max");
  // A server rounds up to multiples of 256 bytes.
  const sizeBytes = Math.ceil(size / 256) * 256;
  return { sizeBytes, ...(max === undefined || max === 0 ? {} : { maxDocuments: max }) };
}

function parseTimeSeries(given: Doc): TimeSeries {
  const args = new Arguments(given, "create.timeseries");
  const timeField = fieldName(args.string("timeField"), "timeField");
  const metaField = args.has("metaField") ? fieldName(args.string("metaField"), "metaField") : undefined;
  if (metaField === timeField || metaField === "_id") {
    throw serverError("InvalidOptions", "The field 'metaField' cannot be '_id' or the same as 'timeField'");
  }
  const granularity = args.has("granularity") ? args.string("granularity") : undefined;
  if (granularity !== undefined && !defaultSpansSeconds.has(granularity)) {
    throw serverError(
      "BadValue",
      `Enumeration value '${granularity}' for field 'create.timeseries.granularity' is not a valid value.`,
    );
  }
  return {
    timeField,
    ...(metaField === undefined ? {} : { metaField }),
    ...(granularity === undefined ? {} : { granularity }),
    ...parseBuckets(args),
  };
}

function parseBuckets(args: Arguments): Pick<TimeSeries, "bucketMaxSpanSeconds" | "bucketRoundingSeconds"> {
  const span = args.count("bucketMaxSpanSeconds");
  const rounding = args.count("bucketRoundingSeconds");
  if (span === undefined && rounding === undefined) return {};
  if (args.has("granularity")) {
    const isDefault = span === defaultSpansSeconds.get(args.string("granularity")) && rounding === undefined;
    if (!isDefault) throw serverError("InvalidOptions", "Bucket options cannot be given together with 'granularity'");
  } else if (span !== rounding) {
    throw serverError("InvalidOptions", "bucketMaxSpanSeconds and bucketRoundingSeconds must be given, and be equal");
  }
  if (span === undefined || span < 1 || span > longestSpanSeconds) {
    throw serverError("BadValue", `bucketMaxSpanSeconds must be between 1 and ${longestSpanSeconds}`);
  }
  return { bucketMaxSpanSeconds: span, ...(rounding === undefined ? {} : { bucketRoundingSeconds: rounding }) };
}

function fieldName(name: string, option: string): string {
  if (name === "" || name.includes(".") || name.startsWith("$") || name.includes("\0")) {
    throw serverError("InvalidOptions", `The field '${option}' must name a top-level field`);
  }
  return name;
}

function parseClustered(args: Arguments): string {
  const given = args.requiredDoc("clusteredIndex");
  const key = given.get("key");
  const isOnId = key instanceof Map && key.size === 1 && isOne(key.get("_id"));
  if (!isOnId)
    throw serverError(
      "InvalidIndexSpecificationOption",
      "The clusteredIndex option is only supported for key: {_id: 1}",
    );
  if (given.get("unique") !== true)
    throw serverError("BadValue", "The clusteredIndex option requires unique: true to be specified");
  const name = given.get("name");
  return typeof name === "string" ? name : "_id_";
}

function isOne(value: Value | undefined): boolean {
  return (
    value === 1 ||
    value === 1n ||
    (value instanceof Double && value.value === 1) ||
    (value instanceof Decimal128 && value.toString() === "1")
  );
}

/** The options as listCollections shows them. */
export function shownOptions(options: CollectionOptions): Doc {
  const { view, capped, timeSeries, clusteredName, expireAfterSeconds } = options;
  const shown: Doc = new Map<string, Value>();
  if (view !== undefined) return shown.set("viewOn", view.on).set("pipeline", [...view.pipeline]);
  if (capped !== undefined) {
    shown.set("capped", true).set("size", BigInt(capped.sizeBytes));
    if (capped.maxDocuments !== undefined) shown.set("max", capped.maxDocuments);
  }
  if (expireAfterSeconds !== undefined) shown.set("expireAfterSeconds", BigInt(expireAfterSeconds));
  if (clusteredName !== undefined) shown.set("clusteredIndex", clusteredIndex(clusteredName));
  if (timeSeries !== undefined) shown.set("timeseries", shownTimeSeries(timeSeries));
  if (options.validator !== undefined) {
    shown.set("validator", options.validator);
    shown.set("validationLevel", options.validationLevel ?? "strict");
    shown.set("validationAction", options.validationAction ?? "error");
  }
  if (options.hasPreImages === true) shown.set("changeStreamPreAndPostImages", new Map([["enabled", true]]));
  return shown;
}

/** The index on `_id` of a clustered collection. */
export function clusteredIndex(name: string): Doc {
  return new Map<string, Value>([
    ["v", 2],
    ["key", new Map([["_id", 1]])],
    ["name", name],
    ["unique", true],
  ]);
}

function shownTimeSeries(series: TimeSeries): Doc {
  const { timeField, metaField, bucketRoundingSeconds } = series;
  const isCustom = bucketRoundingSeconds !== undefined;
  const granularity = isCustom ? undefined : (series.granularity ?? "seconds");
  const shown: Doc = new Map<string, Value>([["timeField", timeField]]);
  if (metaField !== undefined) shown.set("metaField", metaField);
  if (granularity !== undefined) shown.set("granularity", granularity);
  shown.set("bucketMaxSpanSeconds", series.bucketMaxSpanSeconds ?? defaultSpansSeconds.get(granularity ?? "") ?? 3_600);
  if (isCustom) shown.set("bucketRoundingSeconds", bucketRoundingSeconds);
  return shown;
}
