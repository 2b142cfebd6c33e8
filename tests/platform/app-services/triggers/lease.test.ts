import { spawn } from "node:child_process";
import { createLog } from "../../../../platform/app-services/log";
import { createClock } from "../../../../platform/app-services/clock";
import { openStore, type Store } from "../../../../platform/app-services/store/store";
import { createLeases } from "../../../../platform/app-services/triggers/lease";
import { createTriggerState, FencedOffError } from "../../../../platform/app-services/triggers/trigger-state";
import { startMongodb, type Mongodb } from "../../../../platform/mongodb";

let mongodb: Mongodb;
let store: Store;
const log = createLog({ clock: createClock(), secrets: [], sink: () => {} });

beforeAll(async () => {
  mongodb = await startMongodb({ port: 0, dataDir: ":memory:" });
  store = await openStore(mongodb.uri);
});
afterAll(async () => {
  await store.close();
  await mongodb.close();
});

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

describe("leases", () => {
  test("one of many takes it; the next holder has a higher token", async () => {
    const many = Array.from({ length: 6 }, () => createLeases({ store, leaseMs: 30_000, log }));
    const taken = (await Promise.all(many.map((leases) => leases.tryAcquire("a")))).filter((lease) => lease !== null);
    expect(taken).toHaveLength(1);
    await taken[0]?.release();
    const next = await createLeases({ store, leaseMs: 30_000, log }).tryAcquire("a");
    expect(next?.token).toBeGreaterThan(taken[0]?.token ?? Infinity);
    await next?.release();
  });

  test("it is kept by renewing, and learned to be lost when somebody else has it", async () => {
    const lease = await createLeases({ store, leaseMs: 60, log }).tryAcquire("b");
    const before = await store.leases.findOne({ _id: "b" });
    await store.leases.updateOne({ _id: "b" }, { $set: { holder: "somebody else" }, $inc: { token: 1 } });
    await ended(lease?.ended ?? AbortSignal.abort());
    expect(before?.token).toBe(lease?.token);
    expect(await store.leases.findOne({ _id: "b" })).toMatchObject({ holder: "somebody else" });
  });

  test("a living process keeps its lease; a dead one on this machine loses it at once", async () => {
    const lease = await createLeases({ store, leaseMs: 30_000, log }).tryAcquire("c");
    const others = createLeases({ store, leaseMs: 30_000, log });
    await expect(others.tryAcquire("c")).resolves.toBeNull();
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => {
      child.once("exit", resolve);
    });
    await store.leases.updateOne({ _id: "c" }, { $set: { processId: child.pid ?? 0, holder: "dead:process" } });
    const taken = await others.tryAcquire("c");
    expect(taken?.token).toBeGreaterThan(lease?.token ?? Infinity);
    await taken?.release();
    await lease?.release();
  });

  test("a holder that was overtaken cannot write the trigger's position any more", async () => {
    const older = createTriggerState(store, "d", 1);
    const newer = createTriggerState(store, "d", 2);
    await older.save({ resumeToken: "one" });
    await newer.save({ resumeToken: "two" });
    await expect(older.save({ resumeToken: "late" })).rejects.toThrow(FencedOffError);
    expect((await newer.load())?.resumeToken).toBe("two");
  });
});
