import { Flusher } from "../../../../platform/mongodb/store/flusher";
import { slowDisk, turn } from "../slow-disk";

test("lets commits that wait at one moment share one flush, and those that come meanwhile the next", async () => {
  const disk = slowDisk();
  const flusher = new Flusher(disk.persistence);
  flusher.collect(1);
  flusher.collect(2);
  const first = flusher.whenFlushed(1);
  const second = flusher.whenFlushed(2);
  await turn();
  flusher.collect(3);
  flusher.collect(4);
  const later = Promise.all([flusher.whenFlushed(3), flusher.whenFlushed(4)]);
  expect(disk.batches).toHaveLength(1);
  disk.finish();
  await Promise.all([first, second]);
  expect(flusher.flushed).toBe(2);
  disk.finish();
  await later;
  expect(disk.batches.map((batch) => batch.lastCommit)).toEqual([2, 4]);
});

test("acknowledges nothing before the flush, and does not move the majority point", async () => {
  const disk = slowDisk();
  const flusher = new Flusher(disk.persistence);
  flusher.collect(1);
  let isAcknowledged = false;
  const waiting = flusher.whenFlushed(1)?.then(() => (isAcknowledged = true));
  await turn();
  await turn();
  expect([isAcknowledged, flusher.flushed]).toEqual([false, 0]);
  disk.finish();
  await waiting;
  expect(flusher.flushed).toBe(1);
});

test("fails what waits for a flush that failed, and everything after it", async () => {
  const disk = slowDisk();
  const flusher = new Flusher(disk.persistence);
  flusher.collect(1);
  const waiting = flusher.whenFlushed(1);
  await turn();
  disk.finish(new Error("no space left on device"));
  await expect(waiting).rejects.toThrow("no space left on device");
  expect(() => flusher.assertHealthy()).toThrow("no space left on device");
  expect(() => flusher.whenFlushed(2)).toThrow("no space left on device");
});

test("writes everything before it closes, also what nobody waits for", async () => {
  const disk = slowDisk();
  const flusher = new Flusher(disk.persistence);
  flusher.collect(1);
  await turn();
  disk.finish();
  await turn();
  // A session record changes without a new commit.
  flusher.collect(1);
  const closing = flusher.close();
  await turn();
  expect([disk.batches.length, disk.isClosed()]).toEqual([2, false]);
  disk.finish();
  await closing;
  expect(disk.isClosed()).toBe(true);
});
