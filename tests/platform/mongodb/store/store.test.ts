import { encode } from "../../../../platform/mongodb/bson/encode";
import type { Doc, Value } from "../../../../platform/mongodb/bson/values";
import { createMemoryPersistence } from "../../../../platform/mongodb/persist/persistence";
import { ChangeStream } from "../../../../platform/mongodb/streams/change-stream";
import { parseStreamOptions } from "../../../../platform/mongodb/streams/stream-options";
import { buildIndex } from "../../../../platform/mongodb/store/build-index";
import type { Collection } from "../../../../platform/mongodb/store/collection";
import { idKeyOf } from "../../../../platform/mongodb/store/document";
import { expireDocuments } from "../../../../platform/mongodb/store/expire-documents";
import { planIndex } from "../../../../platform/mongodb/store/index-specification";
import { nextInstant, fromTimestamp, toTimestamp } from "../../../../platform/mongodb/store/instant";
import { SnapshotPins, pinnedMs } from "../../../../platform/mongodb/store/snapshot-pins";
import { definitionOf, Store } from "../../../../platform/mongodb/store/store";

interface Given {
  readonly store: Store;
  readonly collection: Collection;
  put(id: number, value: Value): number;
}

function given(options: { oplogBytes?: number; indexes?: Doc[] } = {}): Given {
  const store = new Store(createMemoryPersistence(), options);
  const collection = store.catalogue.build("test", "docs", {});
  store.commitDefinition(definitionOf("create", collection), (at) => {
    store.catalogue.add(collection, at);
    return [collection];
  });
  for (const specification of options.indexes ?? []) {
    const { index, entries } = buildIndex(collection, planIndex(specification));
    collection.live.entries.set(index, entries);
  }
  return {
    store,
    collection,
    put: (id, value) => {
      const before = collection.live.documents.get(idKeyOf(id));
      const after = encode(
        new Map<string, Value>([
          ["_id", id],
          ["v", value],
        ]),
      );
      return store.writeNow({ collection, idKey: idKeyOf(id), before, after, isReplacement: false }, {});
    },
  };
}

function idsAt(collection: Collection, at: number): number {
  return collection.treesAt(at).documents.size;
}

test("keeps the contents of every open snapshot, and none once they are closed", () => {
  const { store, collection, put } = given();
  const releases: (() => void)[] = [];
  const instants: number[] = [];
  for (let n = 0; n < 50; n += 1) {
    instants.push(put(n, n));
    releases.push(store.snapshots.open(store.lastCommit));
  }
  put(99, 0);
  expect(instants.map((at) => idsAt(collection, at))).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  for (const release of releases) release();
  expect(collection.hasTreesAt(instants[0] ?? 0)).toBe(false);
  put(100, 0);
  expect(collection.live.documents.size).toBe(52);
});

test("holds few versions while one snapshot stays open and thousands come and go", () => {
  const { store, collection, put } = given();
  const at = put(1, 1);
  const release = store.snapshots.open(at);
  for (let n = 2; n < 2_000; n += 1) {
    const passing = store.snapshots.open(store.lastCommit);
    put(n, n);
    passing();
  }
  expect(collection.pastCount).toBeLessThan(20);
  expect(idsAt(collection, at)).toBe(1);
  release();
});

test("keeps a snapshot that was handed out readable for its time, and refuses it afterwards", () => {
  const { store, collection, put } = given();
  const at = put(1, 1);
  const pins = new SnapshotPins(store.snapshots);
  pins.pin(at, 0);
  put(2, 2);
  pins.assertReadable(collection, at);
  expect(idsAt(collection, at)).toBe(1);
  pins.expire(pinnedMs + 1);
  expect(() => pins.assertReadable(collection, at)).toThrow("older than the oldest available");
});

test("tells a change stream that its history is lost once the log has dropped it", () => {
  const { store, put } = given({ oplogBytes: 20_000 });
  const options = { ...parseStreamOptions(new Map(), { database: "test", collection: "docs" }), start: undefined };
  const stream = new ChangeStream(store, options, [], new Map());
  put(1, 1);
  expect(stream.next(10).documents).toHaveLength(1);
  for (let n = 0; n < 1_000; n += 1) put(n, n);
  expect(() => stream.next(10)).toThrow(expect.objectContaining({ code: 286, codeName: "ChangeStreamHistoryLost" }));
});

test("bounds the log by its bytes", () => {
  const { store, put } = given({ oplogBytes: 50_000 });
  for (let n = 0; n < 3_000; n += 1) put(1, "x".repeat(100));
  const held = [...store.oplog.between(0, store.lastCommit)].length;
  expect(held).toBeGreaterThan(10);
  expect(held).toBeLessThan(150);
});

test("deletes what a TTL index says is over, tells it in the log, and leaves what a transaction is writing", () => {
  const key = new Map([["v", 1]]);
  const { store, collection, put } = given({
    indexes: [
      new Map<string, Value>([
        ["key", key],
        ["expireAfterSeconds", 60],
      ]),
    ],
  });
  put(1, new Date(0));
  put(2, new Date(100_000));
  put(3, "no date");
  put(4, new Date(0));
  const transaction = store.beginTransaction();
  const held = collection.live.documents.get(idKeyOf(4));
  transaction.write({ collection, idKey: idKeyOf(4), before: held, after: undefined, isReplacement: false });
  expect(expireDocuments(store, 60_000)).toBe(1);
  store.abortTransaction(transaction);
  expect(expireDocuments(store, 60_000)).toBe(1);
  expect(collection.live.documents.size).toBe(2);
  const kinds = [...store.oplog.between(0, store.lastCommit)].map((entry) => entry.operations[0]?.kind);
  expect(kinds.filter((kind) => kind === "delete")).toHaveLength(2);
});

test("hands out commit times that rise, follow the clock and survive their BSON form", () => {
  let last = 0;
  for (const nowMs of [1_000, 1_000, 999, 5_000, 4_000]) {
    const next = nextInstant(last, nowMs);
    expect(next).toBeGreaterThan(last);
    expect(fromTimestamp(toTimestamp(next))).toBe(next);
    last = next;
  }
  expect(toTimestamp(last).t).toBe(5);
});
