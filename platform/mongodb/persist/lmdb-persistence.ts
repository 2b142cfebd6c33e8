import { createHash } from "node:crypto";
import { open, type Database, type RootDatabase } from "lmdb";
import type { Instant } from "../store/instant";
import { decodeEntry, encodeEntry } from "./oplog-codec";
import type { Batch, Persistence, Recovered } from "./persistence";
import { decodeCollection, decodeSession, encodeCollection, encodeSession } from "./record-codec";

type Table = Database<Buffer, Buffer>;

/** The sub-databases. Indexes are not stored: they are rebuilt on opening. */
interface Tables {
  readonly collections: Table;
  readonly documents: Table;
  readonly oplog: Table;
  readonly sessions: Table;
  readonly facts: Table;
}

const binary = { encoding: "binary", keyEncoding: "binary" } as const;
const truncatedKey = Buffer.from("truncatedThrough");
const mapBytes = 64 * 1024 ** 3;

/** Keeps everything in one LMDB file in the folder; a batch is one LMDB transaction. */
export function createLmdbPersistence(folder: string): Persistence {
  const root = open<Buffer, Buffer>({
    path: `${folder}/data.mdb`,
    // With overlapping sync a put would resolve before it is on disk.
    overlappingSync: false,
    mapSize: mapBytes,
    maxDbs: 8,
    ...binary,
  });
  const tables: Tables = {
    collections: root.openDB<Buffer, Buffer>({ name: "collections", ...binary }),
    documents: root.openDB<Buffer, Buffer>({ name: "documents", ...binary }),
    oplog: root.openDB<Buffer, Buffer>({ name: "oplog", ...binary }),
    sessions: root.openDB<Buffer, Buffer>({ name: "sessions", ...binary }),
    facts: root.openDB<Buffer, Buffer>({ name: "facts", ...binary }),
  };
  return {
    isDurable: true,
    load: () => load(tables),
    write: (batch) => write(root, tables, batch),
    close: () => root.close(),
  };
}

async function write(root: RootDatabase<Buffer, Buffer>, tables: Tables, batch: Batch): Promise<void> {
  // Everything is encoded before the first wait: session records go on changing.
  const work = [
    ...documentWork(tables, batch),
    ...[...batch.sessions].map(([key, record]) => {
      const bytes = record === undefined ? undefined : encodeSession(record);
      return () => put(tables.sessions, Buffer.from(key, "latin1"), bytes);
    }),
    ...oplogWork(tables, batch),
  ];
  await root.transaction(() => {
    for (const step of work) step();
  });
  await root.flushed;
}

function documentWork({ collections, documents }: Tables, batch: Batch): (() => void)[] {
  const work: (() => void)[] = [];
  for (const [id, record] of batch.collections) {
    const bytes = record === undefined ? undefined : encodeCollection(record);
    work.push(() => put(collections, idKey(id), bytes));
    if (record === undefined) work.push(() => removeRange(documents, idKey(id), idKey(id + 1)));
  }
  for (const [id, changed] of batch.documents) {
    for (const [key, bytes] of changed) work.push(() => put(documents, documentKey(id, key), bytes));
  }
  return work;
}

function oplogWork({ oplog, facts }: Tables, batch: Batch): (() => void)[] {
  const work = batch.oplog.map((entry) => {
    const bytes = encodeEntry(entry);
    return () => put(oplog, instantKey(entry.at), bytes);
  });
  if (batch.truncateThrough > 0) {
    work.push(() => {
      put(facts, truncatedKey, instantKey(batch.truncateThrough));
      removeRange(oplog, instantKey(0), instantKey(batch.truncateThrough + 1));
    });
  }
  return work;
}

function put(table: Table, key: Buffer, value: Buffer | undefined): void {
  // Inside a transaction callback these are done when they return; their promises only repeat the transaction's outcome.
  if (value === undefined) table.removeSync(key);
  else table.putSync(key, value);
}

function removeRange(table: Table, start: Buffer, end: Buffer): void {
  for (const key of Array.from(table.getKeys({ start, end }), (found) => Buffer.from(found))) table.removeSync(key);
}

function load(tables: Tables): Recovered {
  const truncated = tables.facts.get(truncatedKey);
  return {
    truncatedThrough: truncated === undefined ? 0 : readInstant(truncated),
    collections: Array.from(tables.collections.getRange({}), ({ value }) => decodeCollection(Buffer.from(value))),
    documentsOf: (id) => documentsOf(tables.documents, id),
    oplog: Array.from(tables.oplog.getRange({}), ({ value }) => decodeEntry(Buffer.from(value))),
    sessions: Array.from(tables.sessions.getRange({}), ({ key, value }) =>
      decodeSession(Buffer.from(key).toString("latin1"), Buffer.from(value)),
    ),
  };
}

function* documentsOf(table: Table, id: number): Generator<{ key: string; bytes: Buffer }> {
  for (const { key, value } of table.getRange({ start: idKey(id), end: idKey(id + 1) })) {
    yield { key: Buffer.from(key).toString("latin1", idKey(id).length), bytes: Buffer.from(value) };
  }
}

function idKey(id: number): Buffer {
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(id, 0);
  return key;
}

const longestKey = 1_900;

/** LMDB keys end at 1,978 bytes; a longer one is cut and told apart by its digest, which is enough since the document holds its `_id`. */
function documentKey(collectionId: number, key: string): Buffer {
  const bytes = Buffer.from(key, "latin1");
  if (bytes.length <= longestKey) return Buffer.concat([idKey(collectionId), bytes]);
  const digest = createHash("sha256").update(bytes).digest();
  return Buffer.concat([idKey(collectionId), bytes.subarray(0, longestKey - digest.length), digest]);
}

function instantKey(at: Instant): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeBigUInt64BE(BigInt(at), 0);
  return key;
}

function readInstant(key: Buffer): Instant {
  return Number(key.readBigUInt64BE(0));
}
