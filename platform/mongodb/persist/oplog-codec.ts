import { decode } from "../bson/decode";
import { encode } from "../bson/encode";
import { Binary, type Doc, type Value } from "../bson/values";
import { viewOf } from "../store/document";
import type { ChangeSummary, OplogEntry, OplogOperation } from "../store/oplog";
import { describeChange } from "../update/diff";

/** Encodes a log entry: a BSON header that holds the lengths, then the documents byte for byte. */
export function encodeEntry(entry: OplogEntry): Buffer {
  const documents: Buffer[] = [];
  const operations = entry.operations.map((operation) => encodeOperation(operation, documents));
  const header: Doc = new Map<string, Value>([
    ["at", BigInt(entry.at)],
    ["wall", BigInt(entry.wallMs)],
    ["ops", operations],
  ]);
  if (entry.lsid !== undefined) header.set("lsid", entry.lsid);
  if (entry.txnNumber !== undefined) header.set("txn", entry.txnNumber);
  return Buffer.concat([encode(header), ...documents]);
}

function encodeOperation(operation: OplogOperation, documents: Buffer[]): Doc {
  const { kind, database, collection, uuid, hasPreImage, detail } = operation;
  const header: Doc = new Map<string, Value>([
    ["kind", kind],
    ["db", database],
    ["coll", collection],
    ["pre", hasPreImage],
  ]);
  if (uuid !== undefined) header.set("uuid", uuid);
  if (detail !== undefined) header.set("detail", detail);
  const summary = summaryOf(operation);
  if (summary !== undefined) {
    header.set("id", summary.id);
    header.set("changed", summary.description);
    header.set("paths", summary.disambiguatedPaths);
    return header;
  }
  for (const [name, bytes] of [
    ["before", hasPreImage ? operation.before : undefined],
    ["after", operation.after],
  ] as const) {
    if (bytes === undefined) continue;
    header.set(name, bytes.length);
    documents.push(bytes);
  }
  return header;
}

/** An update or delete whose images nobody may ask for is stored as what changed, which is far smaller than two documents. */
function summaryOf({ kind, before, after, hasPreImage, summary }: OplogOperation): ChangeSummary | undefined {
  if (summary !== undefined || hasPreImage || before === undefined) return summary;
  const view = viewOf(before);
  const id = view.get("_id") ?? null;
  if (kind === "delete") return { id, description: new Map(), disambiguatedPaths: new Map() };
  if (kind !== "update" || after === undefined) return undefined;
  return { id, ...describeChange(view, viewOf(after)) };
}

/** Decodes a log entry. The documents share the given bytes. */
export function decodeEntry(bytes: Buffer): OplogEntry {
  const header = decode(bytes);
  let offset = bytes.readInt32LE(0);
  const take = (length: Value | undefined): Buffer | undefined => {
    if (typeof length !== "number") return undefined;
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const stored = header.get("ops");
  const operations = (Array.isArray(stored) ? stored : []).map((one): OplogOperation => {
    const operation = one instanceof Map ? one : new Map<string, Value>();
    const before = take(operation.get("before"));
    const after = take(operation.get("after"));
    const uuid = operation.get("uuid");
    const detail = operation.get("detail");
    const summary = decodeSummary(operation);
    return {
      kind: String(operation.get("kind")) as OplogOperation["kind"],
      database: String(operation.get("db")),
      collection: String(operation.get("coll")),
      hasPreImage: operation.get("pre") === true,
      ...(uuid instanceof Binary ? { uuid } : {}),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(detail instanceof Map ? { detail } : {}),
      ...(summary === undefined ? {} : { summary }),
    };
  });
  const lsid = header.get("lsid");
  const txnNumber = header.get("txn");
  return {
    at: Number(header.get("at")),
    wallMs: Number(header.get("wall")),
    operations,
    ...(lsid instanceof Map ? { lsid } : {}),
    ...(typeof txnNumber === "bigint" ? { txnNumber } : {}),
  };
}

function decodeSummary(operation: Doc): ChangeSummary | undefined {
  const description = operation.get("changed");
  const paths = operation.get("paths");
  if (!(description instanceof Map)) return undefined;
  return { id: operation.get("id") ?? null, description, disambiguatedPaths: paths instanceof Map ? paths : new Map() };
}
