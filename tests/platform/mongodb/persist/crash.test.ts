import { checkDatabase } from "../../../../scripts/prove/crash/check-database";
import { createIndexes, type Outcomes } from "../../../../scripts/prove/crash/operations";
import { StreamReplica } from "../../../../scripts/prove/crash/stream-replica";
import { proveCrashes } from "../../../../scripts/prove/crash";
import { startServer, type Row, type StartedServer } from "../started-server";

test("loses nothing acknowledged, leaves nothing half done and streams every commit once when it is killed at any moment", async () => {
  const proof = await proveCrashes({ rounds: 8, seed: 20, report: () => undefined });
  expect(proof.wrong).toEqual([]);
  expect(proof.rounds).toBe(8);
  expect(proof.acknowledged).toBeGreaterThan(100);
  expect(proof.refused).toBeGreaterThan(0);
  expect(proof.unanswered).toBeGreaterThan(8);
}, 60_000);

describe("the crash proof finds", () => {
  let running: StartedServer;
  const outcomes = (): Outcomes => ({
    acknowledged: new Set(["w:0", "w:1"]),
    refused: new Set(),
    lost: new Set<string>(),
  });
  const entries = [
    { _id: "w:0", writer: "w", number: 1, slot: 1, drops: null },
    { _id: "w:1", writer: "w", number: 2, slot: 2, drops: null },
  ];
  const parts = ["w:0:a", "w:0:b", "w:1:a", "w:1:b"].map((id) => ({ _id: id, entry: id.slice(0, 3) }));

  beforeEach(async () => {
    running = await startServer();
    await createIndexes(running.db);
    await running.db.collection<Row>("entries").insertMany(entries);
    await running.db.collection<Row>("parts").insertMany(parts);
    await running.db.collection<Row>("counters").insertOne({ _id: "w", count: 2 });
  });
  afterEach(() => running.close());

  test("nothing in a sound database", async () => {
    expect(await checkDatabase(running.db, outcomes())).toEqual([]);
  });

  test("an acknowledged transaction that is gone", async () => {
    await running.db.collection<Row>("entries").deleteOne({ _id: "w:1" });
    expect(await checkDatabase(running.db, outcomes())).toContain("acknowledged w:1 is gone");
  });

  test("a refused transaction that is there", async () => {
    const told = { ...outcomes(), acknowledged: new Set(["w:0"]), refused: new Set(["w:1"]) };
    expect(await checkDatabase(running.db, told)).toContain("refused w:1 is there");
  });

  test("one half of a transaction", async () => {
    await running.db.collection<Row>("parts").deleteOne({ _id: "w:1:b" });
    await running.db.collection<Row>("counters").updateOne({ _id: "w" }, { $inc: { count: 1 } });
    const wrong = await checkDatabase(running.db, outcomes());
    expect(wrong).toContain("part w:1:b is gone");
    expect(wrong).toContain("w has entries 1,2 and counts 3");
  });

  test("a change stream that repeats or misses an event", async () => {
    const replica = new StreamReplica();
    await replica.begin(running.db);
    await running.db.collection<Row>("plain").insertOne({ _id: "p:0" });
    await replica.compare(running.db, 1);
    const tooLate = new StreamReplica();
    await tooLate.begin(running.db);
    await running.db.collection<Row>("counters").updateOne({ _id: "w" }, { $inc: { count: 1 } });
    await tooLate.compare(running.db, 2);
    expect(replica.wrong).toContain("the stream misses w:0");
    expect(replica.wrong).not.toContain("the stream misses p:0");
    expect(tooLate.wrong).toContain("counters w goes from undefined to 3");
  });
});
