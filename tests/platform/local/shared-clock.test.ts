import { join } from "node:path";
import { MongoClient } from "mongodb";
import { openSharedClock } from "../../../platform/local/shared-clock";
import { startLocal } from "../../../platform/local/start-local";
import { startMongodb, type Mongodb } from "../../../platform/mongodb";

const TREE = join(__dirname, "..", "app-services", "clock-app");
const START = new Date("2031-03-01T09:50:00.500Z");

let mongodb: Mongodb;
beforeAll(async () => {
  mongodb = await startMongodb({ port: 0, dataDir: ":memory:" });
});
afterAll(() => mongodb.close());

describe("the clock that runtime and simulator share", () => {
  it("lets the simulator end what is old before a move, and catch up at the new time after it", async () => {
    const clock = await openSharedClock({ tree: TREE, mongodbUri: mongodb.uri }, { startAt: START });
    expect([clock.startAt, clock.nowSeconds()]).toEqual([START, Date.UTC(2031, 2, 1, 9, 50) / 1000]);
    const seen: number[] = [];
    const follower = clock.follow({ catchUp: async () => void seen.push(clock.nowSeconds()) });
    await follower.beforeMove();
    await follower.afterMove(new Date("2031-03-01T10:00:00Z"));
    expect(seen).toEqual([Date.UTC(2031, 2, 1, 9, 50) / 1000, Date.UTC(2031, 2, 1, 10) / 1000]);
  });

  it("moves alone where there is no simulator", async () => {
    const clock = await openSharedClock({ tree: TREE, mongodbUri: mongodb.uri }, { startAt: START });
    const follower = clock.follow(null);
    await follower.beforeMove();
    await follower.afterMove(new Date("2031-03-01T10:00:00Z"));
    expect(clock.nowSeconds()).toBe(Date.UTC(2031, 2, 1, 10) / 1000);
  });

  it("starts where the runtime's clock was left, whatever the start asks for", async () => {
    const client = await MongoClient.connect(mongodb.uri);
    const testClockAt = new Date("2035-01-01T00:00:00Z");
    await client
      .db("app_services")
      .collection<{ _id: string }>("settings")
      .insertOne({ _id: "clock-app", testClockAt } as never);
    await client.close();
    const clock = await openSharedClock({ tree: TREE, mongodbUri: mongodb.uri }, { startAt: START });
    expect(clock.startAt).toEqual(testClockAt);
  });
});

describe("a test clock beside a Stripe that runs elsewhere", () => {
  it("is refused before anything starts", async () => {
    let prepared = false;
    const started = startLocal({
      tree: TREE,
      port: 0,
      dataDir: ":memory:",
      mongodbUri: mongodb.uri,
      stripe: { kind: "given", url: "http://127.0.0.1:1", secretKey: "sk_test_x", webhookSecret: "whsec_x" },
      adminKey: "key-of-the-operator-0123456789",
      secrets: {},
      prepareDatabase: async () => void (prepared = true),
      log: () => undefined,
      testClock: {},
    });
    await expect(started).rejects.toThrow("expected no Stripe that runs elsewhere");
    expect(prepared).toBe(false);
  });
});
