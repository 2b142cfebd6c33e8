import { join } from "node:path";
import type { AppServicesOptions } from "../../../platform/app-services";
import { readTestClock } from "../../../platform/app-services";
import { send, TestBed, type RuntimeUnderTest } from "./runtime-under-test";

const TREE = join(__dirname, "clock-app");
const START = "2031-03-01T09:50:00.000Z";

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.open();
});
afterEach(async () => {
  await bed.closeRuntimes();
  await bed.client.db("clock").collection("ticks").deleteMany({});
});
afterAll(() => bed.close());

let apps = 0;
/** Each test has an app of its own, so that clocks and positions do not mix. */
const newAppId = (): string => {
  apps += 1;
  return `clock-${apps}`;
};

const start = (options: Partial<AppServicesOptions> = {}): Promise<RuntimeUnderTest> =>
  bed.start({
    tree: TREE,
    appId: newAppId(),
    secrets: {},
    serverApiKeys: [],
    testClock: { startAt: new Date(START) },
    ...options,
  });
const advance = (under: RuntimeUnderTest, body: unknown) =>
  send(`${under.runtime.baseUrl}/_dev/clock/advance`, { method: "POST", body });
/** In the order they were written: ids of two processes do not tell it within one second. */
const ticks = async (): Promise<string[]> => {
  const found = await bed.client.db("clock").collection("ticks").find().sort({ turn: 1 }).toArray();
  return found.map((tick) => `${tick["by"]} ${tick["at"]}`);
};

describe("a test clock", () => {
  test("stands still, in every function worker, and moves for all of them at once", async () => {
    const under = await start({ workers: 3 });
    const users = await Promise.all(Array.from({ length: 6 }, () => under.newVisitor()));
    const times = () => Promise.all(users.map((user) => user.callFunction("now") as Promise<{ constructed: string }>));
    expect(new Set((await times()).map((told) => JSON.stringify(told)))).toEqual(
      new Set([JSON.stringify({ constructed: START, called: START })]),
    );
    const { status, json } = await advance(under, { seconds: 90 });
    expect([status, json]).toEqual([200, { now: "2031-03-01T09:51:30.000Z" }]);
    expect((await times()).map(({ constructed }) => constructed)).toEqual(
      Array.from(users, () => "2031-03-01T09:51:30.000Z"),
    );
  });

  test("moves to an instant in any zone, and by nothing at all", async () => {
    const under = await start();
    expect((await advance(under, { to: "2031-03-01T11:00:00+01:00" })).json).toEqual({
      now: "2031-03-01T10:00:00.000Z",
    });
    expect((await advance(under, { seconds: 0 })).json).toEqual({ now: "2031-03-01T10:00:00.000Z" });
  });

  test("runs each trigger that fell due once, at its last slot, in order of due time, as after a downtime", async () => {
    const under = await start();
    const now = "2031-03-02T01:20:00.000Z";
    expect((await advance(under, { to: now })).json).toEqual({ now });
    // Last slots: daily 00:00, hourly 01:00, quarterly 01:15.
    expect(await ticks()).toEqual([`onDay ${now}`, `onHour ${now}`, `onQuarter ${now}`]);
    await advance(under, { seconds: 0 });
    expect(await ticks()).toHaveLength(3);
  });

  test("runs every slot in order when asked to, and stands at each slot while it runs", async () => {
    const under = await start();
    expect((await advance(under, { to: "2031-03-01T11:01:00Z", everySlot: true })).json).toEqual({
      now: "2031-03-01T11:01:00.000Z",
    });
    expect(await ticks()).toEqual(
      [
        ["onHour", "10:00"],
        ["onQuarter", "10:00"],
        ["onQuarter", "10:15"],
        ["onQuarter", "10:30"],
        ["onQuarter", "10:45"],
        ["onHour", "11:00"],
        ["onQuarter", "11:00"],
      ].map(([by, time]) => `${by} 2031-03-01T${time}:00.000Z`),
    );
  });

  test("a slot that is due exactly where the clock comes to stand runs, one second before it does not", async () => {
    const under = await start();
    await advance(under, { to: "2031-03-01T09:59:59Z" });
    expect(await ticks()).toEqual([]);
    await advance(under, { seconds: 1 });
    expect(await ticks()).toHaveLength(2);
  });

  test("a trigger that fails is logged, and neither stops the others nor the clock", async () => {
    const under = await start();
    expect((await advance(under, { seconds: 3600 })).status).toBe(200);
    expect(under.log.lines).toContainEqual(
      expect.objectContaining({ event: "trigger.failed", trigger: "halfPast", error: "never on the half hour" }),
    );
    expect(await ticks()).toHaveLength(2);
  });

  test("two advances at once are done one after the other", async () => {
    const under = await start();
    const answers = await Promise.all([1, 2, 3].map(() => advance(under, { seconds: 600, everySlot: true })));
    expect(answers.map(({ json }) => json["now"]).toSorted()).toEqual([
      "2031-03-01T10:00:00.000Z",
      "2031-03-01T10:10:00.000Z",
      "2031-03-01T10:20:00.000Z",
    ]);
    expect(await ticks()).toEqual([
      "onHour 2031-03-01T10:00:00.000Z",
      "onQuarter 2031-03-01T10:00:00.000Z",
      "onQuarter 2031-03-01T10:15:00.000Z",
    ]);
  });

  test("survives a restart, whatever the start asks for, and what ran does not run again", async () => {
    const appId = newAppId();
    const first = await start({ appId });
    await advance(first, { seconds: 3600 });
    await first.runtime.close();
    expect(await readTestClock({ tree: TREE, mongodbUri: bed.mongodb.uri, appId })).toEqual(
      new Date("2031-03-01T10:50:00Z"),
    );
    const second = await start({ appId });
    const user = await second.newVisitor();
    expect(await user.callFunction("now")).toMatchObject({ constructed: "2031-03-01T10:50:00.000Z" });
    await advance(second, { seconds: 0 });
    expect(await ticks()).toHaveLength(2);
  });

  test("goes on after the runtime was stopped on the way: no slot is left out, and none runs twice", async () => {
    const appId = newAppId();
    const to = "2031-03-03T00:00:00Z";
    const first = await start({ appId });
    const cutOff = advance(first, { to, everySlot: true });
    await first.log.waitFor({ event: "trigger.ran", trigger: "quarterly" }, 3);
    await Promise.all([
      first.runtime.close(),
      expect(cutOff).resolves.toMatchObject({ status: 503, json: { error: "the runtime is stopping" } }),
    ]);
    const second = await start({ appId });
    expect((await advance(second, { to, everySlot: true })).status).toBe(200);
    const ran = await ticks();
    const quarters = ran.filter((tick) => tick.startsWith("onQuarter"));
    const slots = Array.from({ length: 153 }, (_, n) => new Date(Date.UTC(2031, 2, 1, 10) + n * 900_000).toISOString());
    expect(quarters).toEqual(slots.map((slot) => `onQuarter ${slot}`));
    expect(ran.filter((tick) => tick.startsWith("onHour"))).toHaveLength(39);
    expect(ran.filter((tick) => tick.startsWith("onDay"))).toHaveLength(2);
  });

  test("that went ahead is told of when time runs by itself again", async () => {
    const appId = newAppId();
    await (await start({ appId })).runtime.close();
    const { log } = await bed.start({ tree: TREE, appId, secrets: {}, serverApiKeys: [] });
    expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", event: "clock.went_back", from: START }));
  });

  test("that starts years ago keeps sessions alive and runs what falls due from there", async () => {
    const appId = newAppId();
    await bed.own("triggerState").insertOne({ _id: `${appId}:hourly`, fence: 0, lastSlot: new Date(START) } as never);
    const under = await start({ appId, testClock: { startAt: new Date("2019-06-01T00:30:00Z") } });
    const user = await under.newVisitor();
    const session = await bed.own("sessions").findOne({ app: appId });
    expect(session?.["expiresAt"]).toEqual(new Date("2019-07-31T00:30:00Z"));
    expect(Number(session?.["forgetAt"])).toBeGreaterThan(Date.now());
    await advance(under, { to: "2019-06-01T01:00:00Z" });
    expect(await ticks()).toContain("onHour 2019-06-01T01:00:00.000Z");
    expect(await user.callFunction("now")).toMatchObject({ constructed: "2019-06-01T01:00:00.000Z" });
  });

  test("leaves the leases of triggers to real time", async () => {
    const under = await start();
    const leases = () =>
      bed
        .own("leases")
        .find({ _id: new RegExp(`^${under.runtime.appId}:`) as never })
        .toArray();
    const before = await leases();
    await advance(under, { seconds: 366 * 86_400 });
    const after = await leases();
    expect(after.map(({ token }) => token)).toEqual(before.map(({ token }) => token));
    for (const { expiresAt } of after) expect(Math.abs(Number(expiresAt) - Date.now())).toBeLessThan(60_000);
    expect((await advance(under, { seconds: 0 })).status).toBe(200);
  });

  test("refuses to move while another runtime holds its triggers", async () => {
    const appId = newAppId();
    const first = await start({ appId });
    const second = await start({ appId });
    const { status, json } = await advance(second, { seconds: 3600 });
    expect(status).toBe(409);
    expect(json["error"]).toMatch(/does not hold the scheduled triggers .*hourly.*, expected it to be the only one/);
    expect(json["error"]).not.toContain("never");
    expect(await ticks()).toEqual([]);
    expect((await advance(first, { seconds: 0 })).json).toEqual({ now: START });
  });
});

describe("tokens under a test clock", () => {
  test("an access token that fell due is renewed by realm-web itself", async () => {
    const under = await start();
    const user = await under.newVisitor();
    const { accessToken } = user;
    await advance(under, { seconds: 31 * 60 });
    expect(await user.callFunction("now")).toMatchObject({ constructed: "2031-03-01T10:21:00.000Z" });
    expect(user.accessToken).not.toBe(accessToken);
    await advance(under, { seconds: 29 * 60 });
    const renewed = user.accessToken;
    await user.callFunction("now");
    expect(user.accessToken).toBe(renewed);
  });

  test("a session ends after its 60 days, and not before", async () => {
    const under = await start();
    const user = await under.newVisitor();
    await advance(under, { seconds: 60 * 86_400 - 1 });
    await user.callFunction("now");
    await advance(under, { seconds: 31 * 60 });
    await expect(user.callFunction("now")).rejects.toThrow(/invalid session/i);
  });
});

describe("what an advance refuses, changing nothing", () => {
  let under: RuntimeUnderTest;
  const rows: readonly [unknown, string][] = [
    [{}, "seconds, to: expected exactly one of them, got none"],
    [{ seconds: 1, to: "2031-03-02T00:00:00Z" }, "seconds, to: expected exactly one of them, got both"],
    [{ seconds: -1 }, "seconds: expected a whole number, 0 or more, got -1"],
    [{ seconds: 1.5 }, "seconds: expected a whole number, 0 or more, got 1.5"],
    [{ seconds: "60" }, 'seconds: expected a whole number, 0 or more, got "60"'],
    [{ seconds: null }, "seconds: expected a whole number, 0 or more, got null"],
    [{ seconds: 1e12 }, "seconds: expected to stay within the year 9999, got 1000000000000"],
    [
      { to: "tomorrow" },
      'to: expected an instant as ISO 8601 text with its zone, such as "2027-01-31T00:00:00Z", got "tomorrow"',
    ],
    [{ to: "2031-03-02T00:00:00" }, "to: expected an instant as ISO 8601 text with its zone"],
    [{ to: "2032-02-30T00:00:00Z" }, "to: expected an instant as ISO 8601 text with its zone"],
    [{ to: "2032-02-28T25:00:00Z" }, "to: expected an instant as ISO 8601 text with its zone"],
    [{ to: 1_930_000_000 }, "to: expected an instant as ISO 8601 text with its zone"],
    [
      { to: "2031-03-01T09:49:59Z" },
      `to: expected an instant not before ${START}, where the clock stands, got "2031-03-01T09:49:59.000Z"`,
    ],
    [{ seconds: 1, everySlot: "yes" }, 'everySlot: expected true or false, got "yes"'],
    [{ seconds: 1, minutes: 2 }, "minutes: expected no such field, only seconds, to and everySlot, got 2"],
    [[], "the body must be a JSON object"],
  ];
  test("each row by path, expectation and value", async () => {
    under = await start();
    for (const [body, message] of rows) {
      const { status, json } = await advance(under, body);
      expect([status, json["error"]]).toEqual([400, expect.stringContaining(message)]);
    }
    expect((await advance(under, { seconds: 0 })).json).toEqual({ now: START });
    expect(await ticks()).toEqual([]);
  });

  test("a start outside of what dates can be, and nothing is left running", async () => {
    for (const startAt of [new Date(0), new Date("x"), new Date(8.64e15)]) {
      await expect(start({ testClock: { startAt } })).rejects.toThrow(
        "expected a date from 1970-01-02 to the year 9999",
      );
    }
  });
});

describe("without a test clock", () => {
  test("time passes by itself and there is nothing to move it with", async () => {
    const under = await bed.start({ tree: TREE, appId: newAppId(), secrets: {}, serverApiKeys: [] });
    expect((await advance(under, { seconds: 1 })).status).toBe(404);
    const user = await under.newVisitor();
    const { constructed } = (await user.callFunction("now")) as { constructed: string };
    expect(Math.abs(Date.parse(constructed) - Date.now())).toBeLessThan(10_000);
    expect(under.log.lines.some(({ event }) => event === "clock.stands")).toBe(false);
  });
});
