import { deserialize, serialize, Long, UUID, type Document } from "bson";
import { CursorTable } from "../../../../platform/mongodb/commands/cursor-table";
import type { ServerState } from "../../../../platform/mongodb/commands/context";
import { createDispatcher } from "../../../../platform/mongodb/commands/dispatch";
import { FailPoints } from "../../../../platform/mongodb/commands/fail-points";
import { OperationTable } from "../../../../platform/mongodb/commands/operation-table";
import { SnapshotPins } from "../../../../platform/mongodb/store/snapshot-pins";
import { Store } from "../../../../platform/mongodb/store/store";
import type { Connection } from "../../../../platform/mongodb/wire/connection";
import { slowDisk, turn, type SlowDisk } from "../slow-disk";

const connection: Connection = {
  id: 1,
  remote: "test",
  appName: undefined,
  isClosed: false,
  onClose: () => () => undefined,
};

/** A server on a slow disk, without sockets. */
function start(): { disk: SlowDisk; send(command: Document): { reply: Document | undefined; settled: Promise<void> } } {
  const disk = slowDisk();
  const store = new Store(disk.persistence);
  const server: ServerState = {
    store,
    cursors: new CursorTable(),
    failPoints: new FailPoints(),
    operations: new OperationTable(),
    pins: new SnapshotPins(store.snapshots),
    address: "127.0.0.1:1",
    members: ["127.0.0.1:1"],
    startedMs: 0,
    storageName: "slow",
    connectionCount: () => 0,
    closing: new AbortController().signal,
  };
  const dispatch = createDispatcher(server);
  return {
    disk,
    send: (command) => {
      const body = Buffer.from(serialize({ ...command, $db: "test" }));
      const sent: { reply: Document | undefined; settled: Promise<void> } = {
        reply: undefined,
        settled: Promise.resolve(),
      };
      const answer = dispatch(
        { kind: "message", requestId: 1, isUnanswered: false, body, sequences: new Map() },
        connection,
      );
      sent.settled = Promise.resolve(answer).then((pieces) => {
        sent.reply = pieces === "close" ? { closed: true } : deserialize(Buffer.concat(pieces));
      });
      return sent;
    },
  };
}

async function isAnsweredBeforeFlush(command: Document): Promise<boolean> {
  const { disk, send } = start();
  const sent = send(command);
  await turn();
  await turn();
  const wasAnswered = sent.reply !== undefined;
  disk.finish();
  await sent.settled;
  expect(sent.reply).toMatchObject({ ok: 1 });
  return wasAnswered;
}

const insert = { insert: "docs", documents: [{ _id: 1 }] };

test("answers a write after the flush by default, with majority and with a journal, before it only with w: 1", async () => {
  expect(await isAnsweredBeforeFlush(insert)).toBe(false);
  expect(await isAnsweredBeforeFlush({ ...insert, writeConcern: { w: "majority" } })).toBe(false);
  expect(await isAnsweredBeforeFlush({ ...insert, writeConcern: { w: 1, j: true } })).toBe(false);
  expect(await isAnsweredBeforeFlush({ ...insert, writeConcern: { w: 1 } })).toBe(true);
});

const inTransaction = { lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1), autocommit: false };

test("answers a commit, and its repetition, only after the flush", async () => {
  const { disk, send } = start();
  await send({ ...insert, ...inTransaction, startTransaction: true }).settled;
  const commit = send({ commitTransaction: 1, ...inTransaction });
  const again = send({ commitTransaction: 1, ...inTransaction });
  await turn();
  await turn();
  expect([commit.reply, again.reply]).toEqual([undefined, undefined]);
  disk.finish();
  await Promise.all([commit.settled, again.settled]);
  expect([commit.reply, again.reply]).toMatchObject([{ ok: 1 }, { ok: 1 }]);
});

test("answers a repeated retryable write only after the flush of the first", async () => {
  const { disk, send } = start();
  const write = { ...insert, lsid: inTransaction.lsid, txnNumber: Long.fromNumber(1) };
  const first = send(write);
  await turn();
  const second = send(write);
  await turn();
  expect([first.reply, second.reply]).toEqual([undefined, undefined]);
  disk.finish();
  await Promise.all([first.settled, second.settled]);
  expect(second.reply).toMatchObject({ ok: 1, n: 1, retriedStmtIds: [0] });
});

test("shows majority reads and change streams only what is on disk", async () => {
  const { disk, send } = start();
  const opened = send({ aggregate: "docs", pipeline: [{ $changeStream: {} }], cursor: {} });
  await opened.settled;
  await send({ ...insert, writeConcern: { w: 1 } }).settled;
  const local = send({ find: "docs" });
  const majority = send({ find: "docs", readConcern: { level: "majority" } });
  const more = send({ getMore: opened.reply?.["cursor"].id, collection: "docs", maxTimeMS: 30_000 });
  await turn();
  await turn();
  expect(local.reply?.["cursor"].firstBatch).toEqual([{ _id: 1 }]);
  expect([majority.reply, more.reply]).toEqual([undefined, undefined]);
  disk.finish();
  await Promise.all([majority.settled, more.settled]);
  expect(majority.reply?.["cursor"].firstBatch).toEqual([{ _id: 1 }]);
  expect(more.reply?.["cursor"].nextBatch).toMatchObject([{ operationType: "insert" }]);
});

test("fails the write that the disk refused, and every write after it", async () => {
  const { disk, send } = start();
  const failed = send(insert);
  await turn();
  disk.finish(new Error("no space left on device"));
  await failed.settled;
  expect(failed.reply).toMatchObject({ ok: 0, errmsg: expect.stringContaining("no space left") });
  const next = send({ ...insert, documents: [{ _id: 2 }] });
  await next.settled;
  expect(next.reply).toMatchObject({ ok: 0 });
});
