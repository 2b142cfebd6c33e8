import { decode } from "../bson/decode";
import { encode } from "../bson/encode";
import { Binary, type Doc, type Value } from "../bson/values";
import { toNumber } from "../store/plain-number";
import type { CappedLimits, CollectionOptions, TimeSeries, ViewDefinition } from "../store/collection-options";
import type { CollectionRecord, StoredSession } from "./persistence";

export function encodeCollection(record: CollectionRecord): Buffer {
  const { options } = record;
  const stored: Doc = new Map<string, Value>();
  if (options.validator !== undefined) stored.set("validator", options.validator);
  if (options.validationLevel !== undefined) stored.set("level", options.validationLevel);
  if (options.validationAction !== undefined) stored.set("action", options.validationAction);
  if (options.hasPreImages !== undefined) stored.set("preImages", options.hasPreImages);
  const { view, capped, timeSeries } = options;
  if (view !== undefined) stored.set("view", docOf({ on: view.on, pipeline: [...view.pipeline] }));
  if (capped !== undefined) stored.set("capped", docOf({ ...capped }));
  if (timeSeries !== undefined) stored.set("timeSeries", docOf({ ...timeSeries }));
  if (options.clusteredName !== undefined) stored.set("clustered", options.clusteredName);
  if (options.expireAfterSeconds !== undefined) stored.set("expireAfterSeconds", options.expireAfterSeconds);
  return encode(
    new Map<string, Value>([
      ["id", record.id],
      ["uuid", record.uuid],
      ["db", record.database],
      ["name", record.name],
      ["options", stored],
      ["indexes", [...record.indexes]],
    ]),
  );
}

function docOf(fields: Readonly<Record<string, Value>>): Doc {
  return new Map(Object.entries(fields));
}

export function decodeCollection(bytes: Buffer): CollectionRecord {
  const doc = decode(bytes);
  const uuid = doc.get("uuid");
  const options = doc.get("options");
  const indexes = doc.get("indexes");
  if (!(uuid instanceof Binary)) throw new Error("The stored catalogue is damaged: a collection has no uuid");
  return {
    id: toNumber(doc.get("id")) ?? 0,
    uuid,
    database: String(doc.get("db")),
    name: String(doc.get("name")),
    options: decodeOptions(options instanceof Map ? options : new Map()),
    indexes: (Array.isArray(indexes) ? indexes : []).filter((index) => index instanceof Map),
  };
}

function decodeOptions(stored: Doc): CollectionOptions {
  const validator = stored.get("validator");
  const level = stored.get("level");
  const action = stored.get("action");
  const hasPreImages = stored.get("preImages");
  return {
    ...(validator instanceof Map ? { validator } : {}),
    ...(level === "strict" || level === "moderate" || level === "off" ? { validationLevel: level } : {}),
    ...(action === "error" || action === "warn" ? { validationAction: action } : {}),
    ...(typeof hasPreImages === "boolean" ? { hasPreImages } : {}),
    ...decodeKind(stored),
  };
}

/** What makes a collection a view, capped, clustered or a time series. */
function decodeKind(stored: Doc): CollectionOptions {
  const view = stored.get("view");
  const capped = stored.get("capped");
  const timeSeries = stored.get("timeSeries");
  const clustered = stored.get("clustered");
  const expireAfterSeconds = toNumber(stored.get("expireAfterSeconds"));
  return {
    ...(view instanceof Map ? { view: decodeView(view) } : {}),
    ...(capped instanceof Map ? { capped: decodeCapped(capped) } : {}),
    ...(timeSeries instanceof Map ? { timeSeries: decodeTimeSeries(timeSeries) } : {}),
    ...(typeof clustered === "string" ? { clusteredName: clustered } : {}),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
  };
}

function decodeView(stored: Doc): ViewDefinition {
  const pipeline = stored.get("pipeline");
  return {
    on: String(stored.get("on")),
    pipeline: (Array.isArray(pipeline) ? pipeline : []).filter((stage) => stage instanceof Map),
  };
}

function decodeCapped(stored: Doc): CappedLimits {
  const maxDocuments = toNumber(stored.get("maxDocuments"));
  return {
    sizeBytes: toNumber(stored.get("sizeBytes")) ?? 0,
    ...(maxDocuments === undefined ? {} : { maxDocuments }),
  };
}

function decodeTimeSeries(stored: Doc): TimeSeries {
  const metaField = stored.get("metaField");
  const granularity = stored.get("granularity");
  const bucketMaxSpanSeconds = toNumber(stored.get("bucketMaxSpanSeconds"));
  const bucketRoundingSeconds = toNumber(stored.get("bucketRoundingSeconds"));
  return {
    timeField: String(stored.get("timeField")),
    ...(typeof metaField === "string" ? { metaField } : {}),
    ...(typeof granularity === "string" ? { granularity } : {}),
    ...(bucketMaxSpanSeconds === undefined ? {} : { bucketMaxSpanSeconds }),
    ...(bucketRoundingSeconds === undefined ? {} : { bucketRoundingSeconds }),
  };
}

export function encodeSession(record: StoredSession): Buffer {
  const statements = [...record.statements].map(
    ([id, result]): Doc =>
      new Map<string, Value>([
        ["id", id],
        ["result", result],
      ]),
  );
  return encode(
    new Map<string, Value>([
      ["lsid", record.lsid],
      ["txnNumber", record.txnNumber],
      ["kind", record.kind],
      ["outcome", record.outcome],
      ["committedAt", BigInt(record.committedAt)],
      ["lastUsed", BigInt(record.lastUsedMs)],
      ["statements", statements],
    ]),
  );
}

export function decodeSession(key: string, bytes: Buffer): StoredSession {
  const doc = decode(bytes);
  const lsid = doc.get("lsid");
  const outcome = doc.get("outcome");
  const stored = doc.get("statements");
  const statements = new Map<number, Doc>();
  for (const one of Array.isArray(stored) ? stored : []) {
    const result = one instanceof Map ? one.get("result") : undefined;
    const id = one instanceof Map ? toNumber(one.get("id")) : undefined;
    if (id !== undefined && result instanceof Map) statements.set(id, result);
  }
  return {
    key,
    lsid: lsid instanceof Map ? lsid : new Map(),
    txnNumber: BigInt(toNumber(doc.get("txnNumber")) ?? -1),
    kind: doc.get("kind") === "transaction" ? "transaction" : "retryable",
    outcome: outcome === "committed" || outcome === "aborted" ? outcome : "none",
    committedAt: toNumber(doc.get("committedAt")) ?? 0,
    lastUsedMs: toNumber(doc.get("lastUsed")) ?? 0,
    statements,
  };
}
