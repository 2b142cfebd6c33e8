import { decode } from "../bson/decode";
import { encode } from "../bson/encode";
import { Binary, type Doc, type Value } from "../bson/values";
import type { OplogEntry, OplogOperation } from "../store/oplog";

/** Encodes a log entry: a BSON header that holds the lengths, then the documents byte for byte. */
export function encodeEntry(entry: OplogEntry): Buffer {
  const documents: Buffer[] = [];
  const operations = entry.operations.map((operation): Doc => {
    const { kind, database, collection, uuid, before, after, hasPreImage, detail } = operation;
    const header: Doc = new Map<string, Value>([
      ["kind", kind],
      ["db", database],
      ["coll", collection],
      ["pre", hasPreImage],
    ]);
    if (uuid !== undefined) header.set("uuid", uuid);
    if (detail !== undefined) header.set("detail", detail);
    for (const [name, bytes] of [
      ["before", before],
      ["after", after],
    ] as const) {
      if (bytes === undefined) continue;
      header.set(name, bytes.length);
      documents.push(bytes);
    }
    return header;
  });
  const header: Doc = new Map<string, Value>([
    ["at", BigInt(entry.at)],
    ["wall", BigInt(entry.wallMs)],
    ["ops", operations],
  ]);
  if (entry.lsid !== undefined) header.set("lsid", entry.lsid);
  if (entry.txnNumber !== undefined) header.set("txn", entry.txnNumber);
  return Buffer.concat([encode(header), ...documents]);
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
    return {
      kind: String(operation.get("kind")) as OplogOperation["kind"],
      database: String(operation.get("db")),
      collection: String(operation.get("coll")),
      hasPreImage: operation.get("pre") === true,
      ...(uuid instanceof Binary ? { uuid } : {}),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(detail instanceof Map ? { detail } : {}),
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
