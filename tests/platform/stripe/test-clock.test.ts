import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { startStripe } from "../../../platform/stripe";
import {
  clientOf,
  closeAll,
  failureOf,
  register,
  sessionParams,
  startReceiver,
  startUnderTest,
  type SimulatorUnderTest,
} from "./simulator-under-test";

afterEach(closeAll);

const DAY = 86_400;
const advance = (simulator: SimulatorUnderTest, body: unknown) => simulator.simulate("POST", "clock/advance", body);
const signedAt = (signature: string): number => Number(/^t=(\d+),/.exec(signature)?.[1]);

describe("a test clock of the simulator's own", () => {
  it("stands still and dates everything until it is moved", async () => {
    const simulator = await startUnderTest({ testClock: true });
    const first = await simulator.sdk.customers.create();
    const moved = await advance(simulator, { seconds: 400 * DAY });
    const second = await simulator.sdk.customers.create();
    expect(second.created - first.created).toBe(400 * DAY);
    expect(moved).toEqual({ status: 200, body: { now: new Date(second.created * 1000).toISOString() } });
    const to = "2999-01-01T00:00:00+01:00";
    expect((await advance(simulator, { to })).body).toEqual({ now: "2998-12-31T23:00:00.000Z" });
  });

  it("expires the sessions that fell due on the way, in order and dated when they did, and tells of them signed with real time", async () => {
    const simulator = await startUnderTest({ testClock: true });
    const receiver = await startReceiver();
    await register(simulator, receiver, ["checkout.session.expired"]);
    const expiring = async (inSeconds: number) => {
      const { created } = await simulator.sdk.customers.create();
      return simulator.sdk.checkout.sessions.create(sessionParams({ expires_at: created + inSeconds }));
    };
    const late = await expiring(20 * 3600);
    const early = await expiring(3600);
    const never = await expiring(24 * 3600);
    await advance(simulator, { seconds: 21 * 3600 });
    await receiver.until(({ length }) => length === 2);
    const { data } = await simulator.sdk.events.list({ type: "checkout.session.expired" });
    expect(data.map(({ created }) => created)).toEqual([late.expires_at, early.expires_at]);
    expect((await simulator.sdk.checkout.sessions.retrieve(never.id)).status).toBe("open");
    for (const { signature } of receiver.received) {
      expect(Math.abs(signedAt(signature) - Date.now() / 1000)).toBeLessThan(60);
    }
  });

  it("forgets idempotency keys after a day of its own time", async () => {
    const simulator = await startUnderTest({ testClock: true });
    const create = (email: string) => simulator.sdk.customers.create({ email }, { idempotencyKey: "k" });
    await create("a@example.com");
    await advance(simulator, { seconds: DAY - 1 });
    expect(await failureOf(create("b@example.com"))).toMatchObject({ type: "StripeIdempotencyError" });
    await advance(simulator, { seconds: 1 });
    expect(await create("b@example.com")).toMatchObject({ email: "b@example.com" });
  });

  it("does not go back over a restart", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "stripe-clock-"));
    try {
      const simulator = await startUnderTest({ testClock: true, dataDir });
      const { body: moved } = await advance(simulator, { seconds: 90 * DAY });
      await simulator.close();
      const again = await startUnderTest({ testClock: true, dataDir });
      expect((await advance(again, { seconds: 0 })).body).toEqual(moved);
      await again.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it.each([
    [{}, "", "expected exactly one of seconds and to"],
    [{ seconds: 1, to: "2999-01-01T00:00:00Z" }, "", "expected exactly one of seconds and to"],
    [{ seconds: -1 }, "seconds", "expected a whole number, 0 or more"],
    [{ seconds: 0.5 }, "seconds", "expected a whole number, 0 or more"],
    [{ seconds: "1" }, "seconds", "expected a whole number, 0 or more"],
    [
      { to: "2999-02-29T00:00:00Z" },
      "to",
      expect.stringContaining("expected an instant as ISO 8601 text with its zone"),
    ],
    [{ to: "2999-02-28" }, "to", expect.stringContaining("expected an instant as ISO 8601 text with its zone")],
    [
      { to: "2001-01-01T00:00:00Z" },
      "to",
      expect.stringMatching(/^expected an instant from \d{4}-.*, where the clock/),
    ],
    [{ seconds: 1e15 }, "seconds", expect.stringContaining("to the year 9999")],
    [{ seconds: 1, everySlot: true }, "everySlot", "no such key"],
  ])("refuses %j, naming path, value and what was expected", async (body, path, expected) => {
    const simulator = await startUnderTest({ testClock: true });
    expect(await advance(simulator, body)).toMatchObject({
      status: 400,
      body: { error: expect.any(String), path, expected },
    });
  });
});

describe("a clock that somebody else moves", () => {
  it("dates objects and signatures, is not moved here, and brings what fell due when its owner says so", async () => {
    let now = 1_900_000_000;
    const simulator = await startStripe({ dataDir: ":memory:", seed: 7, clock: { nowSeconds: () => now } });
    const client = { ...clientOf(simulator), close: () => simulator.close() };
    const receiver = await startReceiver();
    await register(client, receiver, ["checkout.session.expired"]);
    const session = await client.sdk.checkout.sessions.create(sessionParams());
    expect(session.created).toBe(now);
    expect(await advance(client, { seconds: 1 })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining("/_dev/clock/advance") },
    });
    now += 366 * DAY;
    await simulator.catchUp();
    expect(receiver.received).toMatchObject([{ event: { created: session.expires_at } }]);
    const { body, signature } = receiver.received[0]!;
    expect(signedAt(signature)).toBe(now);
    // The SDK's check of the age, as a receiver with the same clock would make it.
    const check = (receivedAt: number) =>
      Stripe.webhooks.constructEvent(body, signature, simulator.webhookSecret, 300, undefined, receivedAt * 1000);
    expect(check(now)).toMatchObject({ type: "checkout.session.expired" });
    await simulator.close();
  });

  it("is not waited for when a receiver refuses, and waits for what is on its way", async () => {
    let now = 1_900_000_000;
    const simulator = await startStripe({ dataDir: ":memory:", seed: 7, clock: { nowSeconds: () => now } });
    const client = { ...clientOf(simulator), close: () => simulator.close() };
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    await register(client, receiver, ["customer.created"]);
    await client.sdk.customers.create();
    await client.sdk.customers.create();
    await simulator.catchUp();
    expect(receiver.received).toHaveLength(2);
    now += 1;
    await simulator.catchUp();
    expect(receiver.received).toHaveLength(2);
    await simulator.close();
  });
});

describe("without a test clock", () => {
  it("time cannot be moved", async () => {
    const simulator = await startUnderTest();
    expect(await advance(simulator, { seconds: 1 })).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining("keeps real time") },
    });
  });

  it("and not with two either", async () => {
    const clocks = { clock: { nowSeconds: () => 1 }, testClock: true };
    await expect(startStripe({ dataDir: ":memory:", ...clocks })).rejects.toThrow(
      "expected clock or testClock, got both",
    );
  });
});
