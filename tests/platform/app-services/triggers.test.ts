import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { App, Credentials } from "realm-web";
import { FIXTURE, PASSWORD, SECRETS, TestBed, type RuntimeUnderTest } from "./runtime-under-test";

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.open();
});
afterAll(() => bed.close());

let apps = 0;
/** Each test has an app of its own, so that positions and leases do not mix. */
const newAppId = (): string => {
  apps += 1;
  return `triggers-${apps}`;
};

afterEach(() => bed.closeRuntimes());
beforeEach(async () => {
  for (const name of ["changeLog", "authLog", "ticks"]) await bed.shop(name).deleteMany({});
});

const ran = (under: RuntimeUnderTest, trigger: string, count = 1) =>
  under.log.waitFor({ event: "trigger.ran", trigger }, count);
const running = (under: RuntimeUnderTest, appId: string, trigger: string) =>
  under.log.waitFor({ event: "trigger.running", trigger: `${appId}:${trigger}` });

describe("authentication triggers", () => {
  test("CREATE, LOGIN and DELETE are told with user, provider and time", async () => {
    const under = await bed.start({ appId: newAppId() });
    const app = under.newApp();
    await app.emailPasswordAuth.registerUser({ email: "ada@auth.test", password: PASSWORD });
    const user = await app.logIn(Credentials.emailPassword("ada@auth.test", PASSWORD));
    await Promise.all([ran(under, "onCREATE"), ran(under, "onLOGIN")]);
    await app.deleteUser(user);
    await ran(under, "onDELETE");
    const told = await bed
      .shop("authLog")
      .find({}, { projection: { _id: 0 } })
      .toArray();
    expect(told.map((event) => event["operationType"]).toSorted()).toEqual(["CREATE", "DELETE", "LOGIN"]);
    for (const event of told) {
      expect(event).toMatchObject({
        providers: ["local-userpass"],
        user: {
          id: user.id,
          type: "normal",
          data: { email: "ada@auth.test" },
          identities: [{ provider_type: "local-userpass" }],
        },
        time: expect.any(Date),
      });
    }
    expect(await bed.own("authEvents").countDocuments({ app: under.runtime.appId })).toBe(0);
    await under.runtime.close();
  });

  test("a provider that the trigger does not name is not told", async () => {
    const under = await bed.start({ appId: newAppId() });
    await under.newApp().logIn(Credentials.anonymous());
    await under.newUser();
    await ran(under, "onLOGIN");
    expect(await bed.shop("authLog").countDocuments({ providers: "anon-user" })).toBe(0);
    await under.runtime.close();
  });

  test("an event that was recorded but not told before the end is told after the restart", async () => {
    const appId = newAppId();
    const held = { _id: `${appId}:onCREATE`, holder: "another", machine: "elsewhere", processId: 1, token: 1 };
    await bed.own("leases").insertOne({ ...held, expiresAt: new Date(Date.now() + 3_600_000) } as never);
    const first = await bed.start({ appId });
    const user = await first.newUser("early@auth.test");
    await first.runtime.close();
    expect(await bed.shop("authLog").countDocuments({ operationType: "CREATE" })).toBe(0);
    await bed.own("leases").updateOne({ _id: held._id } as never, { $set: { expiresAt: new Date(0) } });
    const second = await bed.start({ appId });
    await ran(second, "onCREATE");
    expect(await bed.shop("authLog").find({ operationType: "CREATE" }).toArray()).toMatchObject([
      { user: { id: user.id } },
    ]);
    await second.runtime.close();
  });
});

describe("database triggers", () => {
  test("run in order, as system, only for what their match lets through, and a failing event does not block the next", async () => {
    const under = await bed.start({ appId: newAppId() });
    const orders = bed.shop("orders");
    for (let n = 1; n <= 6; n += 1)
      await orders.insertOne({ _id: `ordered-${n}`, watched: n !== 3, n, poison: n === 2 } as never);
    await orders.updateOne({ _id: "ordered-1" } as never, { $set: { n: 100 } });
    await ran(under, "onOrder", 5);
    const [failure] = await under.log.waitFor({ event: "trigger.failed", trigger: "onOrder" });
    expect(failure).toMatchObject({ error: "cannot digest this order", consumed: true });
    const told = await bed
      .shop("changeLog")
      .find({ trigger: "onOrder" }, { projection: { _id: 0, trigger: 0, turn: 0 } })
      .sort({ turn: 1 })
      .toArray();
    const insert = (n: number) => ({ id: `ordered-${n}`, operation: "insert", n, asSystem: true, userType: "system" });
    expect(told).toEqual(
      [1, 2, 4, 5, 6]
        .map(insert)
        .concat({ id: "ordered-1", operation: "update", n: 100, asSystem: true, userType: "system" }),
    );
    await under.runtime.close();
  });

  test("changes made while the runtime was down are told after the restart, and none twice", async () => {
    const appId = newAppId();
    const first = await bed.start({ appId });
    await bed.shop("parts").insertOne({ _id: "before" } as never);
    await ran(first, "onPart");
    await first.runtime.close();
    await bed.shop("parts").insertMany([{ _id: "down-1" }, { _id: "down-2" }] as never[]);
    const second = await bed.start({ appId });
    await ran(second, "onPart", 2);
    await second.runtime.close();
    const told = await bed.shop("changeLog").find({ trigger: "onPart" }).toArray();
    expect(told.map((event) => event["id"]).toSorted()).toEqual(["before", "down-1", "down-2"]);
  });

  test("a change between a first start and its first event survives, since the position is stored when the stream opens", async () => {
    const appId = newAppId();
    const first = await bed.start({ appId });
    await first.runtime.close();
    await bed.shop("parts").insertOne({ _id: `between-${appId}` } as never);
    const second = await bed.start({ appId });
    await ran(second, "onPart");
    await second.runtime.close();
    expect(await bed.shop("changeLog").countDocuments({ id: `between-${appId}` })).toBe(1);
  });

  test("a position the server does not have any more is called out, and the trigger goes on from now", async () => {
    const appId = newAppId();
    const first = await bed.start({ appId });
    await first.runtime.close();
    await bed.client.db("admin").command({
      configureFailPoint: "failCommand",
      mode: { times: 2 },
      data: { failCommands: ["aggregate"], errorCode: 286 },
    });
    const under = await bed.start({ appId });
    await under.log.waitFor({ event: "trigger.events_lost", trigger: "onPart" });
    await under.log.waitFor({ event: "trigger.events_lost", trigger: "onOrder" });
    const metrics = await (await fetch(`${under.runtime.baseUrl}/metrics`)).text();
    expect(metrics).toContain('app_services_trigger_events_lost_total{trigger="onPart"} 1');
    await bed.shop("parts").insertOne({ _id: `told-${appId}` } as never);
    await ran(under, "onPart");
    await under.runtime.close();
  });

  test("a dropped collection is called out, and the trigger goes on with the new one", async () => {
    const under = await bed.start({ appId: newAppId() });
    await bed.shop("parts").insertOne({ _id: "before the drop" } as never);
    await ran(under, "onPart");
    await bed.shop("parts").drop();
    await under.log.waitFor({ event: "trigger.events_lost", trigger: "onPart" });
    await under.log.waitFor({ event: "trigger.watching", trigger: "onPart" }, 2);
    await bed.shop("parts").insertOne({ _id: "after the drop" } as never);
    await ran(under, "onPart", 2);
    await under.runtime.close();
  });

  test("a stopping runtime lets the running function end and starts no further one", async () => {
    const appId = newAppId();
    const under = await bed.start({ appId });
    await bed
      .shop("orders")
      .insertMany(Array.from({ length: 20 }, (_, n) => ({ _id: `${appId}-${n}`, watched: true, n })) as never[]);
    await ran(under, "onOrder");
    await under.runtime.close();
    const again = await bed.start({ appId });
    const already = under.log.lines.filter(
      (line) => line["event"] === "trigger.ran" && line["trigger"] === "onOrder",
    ).length;
    await ran(again, "onOrder", 20 - already);
    await again.runtime.close();
    expect(
      await bed
        .shop("changeLog")
        .countDocuments({ trigger: "onOrder", id: { $in: Array.from({ length: 20 }, (_, n) => `${appId}-${n}`) } }),
    ).toBe(20);
  });
});

describe("several runtimes beside one database", () => {
  test("each event is told once; when one runtime stops the other takes over", async () => {
    const appId = newAppId();
    // The second asks for the lease every third of its own term; the first holds it for longer than a busy machine can pause.
    const one = await bed.start({ appId });
    const two = await bed.start({ appId, triggerLeaseMs: 900 });
    await bed.shop("parts").insertMany(Array.from({ length: 10 }, (_, n) => ({ _id: `${appId}-a${n}` })) as never[]);
    await ran(one, "onPart", 10);
    await one.runtime.close();
    await running(two, appId, "onPart");
    await bed.shop("parts").insertMany(Array.from({ length: 10 }, (_, n) => ({ _id: `${appId}-b${n}` })) as never[]);
    await ran(two, "onPart", 10);
    await two.runtime.close();
    const told = await bed.shop("changeLog").find({ trigger: "onPart" }).toArray();
    expect(new Set(told.map((event) => event["id"])).size).toBe(20);
    expect(told).toHaveLength(20);
  });

  test("a user who logs in at the runtime that does not hold the trigger is told too", async () => {
    const appId = newAppId();
    const holder = await bed.start({ appId });
    const other = await bed.start({ appId });
    await other.newUser("elsewhere@auth.test");
    await ran(holder, "onCREATE");
    expect(
      await bed.shop("authLog").countDocuments({ operationType: "CREATE", "user.data.email": "elsewhere@auth.test" }),
    ).toBe(1);
    await holder.runtime.close();
    await other.runtime.close();
  });

  test("after kill -9 the next process takes the triggers at once and tells what was waiting", async () => {
    const appId = "fixture-abcde";
    const child = spawn(
      process.execPath,
      [
        "--require",
        require.resolve("tsx/cjs"),
        join(__dirname, "../../../platform/app-services/main.ts"),
        "--tree",
        FIXTURE,
      ],
      {
        env: {
          PATH: process.env["PATH"],
          MONGODB_URI: bed.mongodb.uri,
          ...Object.fromEntries(Object.entries(SECRETS).map(([name, value]) => [`SECRET_${name}`, value])),
        },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const ready: { event: string; baseUrl: string; appId: string; mongodbUri: string } = await new Promise(
      (resolve) => {
        createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line)));
      },
    );
    expect(ready).toEqual({
      event: "ready",
      baseUrl: expect.stringMatching(/^http:/),
      appId,
      mongodbUri: bed.mongodb.uri,
    });
    const app = new App({ id: appId, baseUrl: ready.baseUrl });
    await app.emailPasswordAuth.registerUser({ email: "killed@auth.test", password: PASSWORD });
    const died = new Promise((resolve) => {
      child.once("exit", resolve);
    });
    child.kill("SIGKILL");
    await died;
    await bed.shop("parts").insertOne({ _id: "while-dead" } as never);
    const next = await bed.start({ appId });
    await ran(next, "onPart");
    expect(await bed.shop("changeLog").countDocuments({ id: "while-dead" })).toBe(1);
    const user = await next.newApp().logIn(Credentials.emailPassword("killed@auth.test", PASSWORD));
    expect(user.isLoggedIn).toBe(true);
    await next.runtime.close();
  });
});

describe("scheduled triggers", () => {
  test("a slot missed during downtime runs once after the start", async () => {
    const appId = newAppId();
    const id = `${appId}:everyMinute`;
    await bed
      .own("triggerState")
      .insertOne({ _id: id, fence: 0, lastSlot: new Date(Date.now() - 3 * 3_600_000) } as never);
    const under = await bed.start({ appId });
    await ran(under, "everyMinute");
    await under.runtime.close();
    const ticks = await bed.shop("ticks").find({}).toArray();
    expect(ticks.length).toBeLessThanOrEqual(2);
    expect(ticks[0]).toMatchObject({ args: 0, at: expect.any(Date) });
    const state = await bed.own("triggerState").findOne({ _id: id } as never);
    expect(Date.now() - Number(state?.["lastSlot"])).toBeLessThan(120_000);
  });
});
