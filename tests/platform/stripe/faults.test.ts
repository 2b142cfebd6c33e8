import { Agent } from "node:http";
import Stripe from "stripe";
import {
  closeAll,
  failureOf,
  register,
  startReceiver,
  startUnderTest,
  type Receiver,
  type SimulatorUnderTest,
} from "./simulator-under-test";

let simulator: SimulatorUnderTest;
beforeEach(async () => {
  simulator = await startUnderTest();
});
afterEach(closeAll);

const setRules = async (rules: object[], on = simulator): Promise<void> => {
  const { status, body } = await on.simulate("POST", "faults", { rules });
  if (status !== 200) throw new Error(JSON.stringify(body));
};
const customers = async (): Promise<number> => (await simulator.sdk.customers.list()).data.length;
const post = (key: string) =>
  simulator.raw("POST", "/v1/customers", { body: "name=a", headers: { "idempotency-key": key } });

function patientClient(options: Stripe.StripeConfig = {}): Stripe {
  const { hostname, port } = new URL(simulator.url);
  return new Stripe(simulator.secretKey, {
    host: hostname,
    port,
    protocol: "http",
    httpAgent: new Agent({ keepAlive: false }),
    maxNetworkRetries: 2,
    ...options,
  });
}

describe("a call that a rule hits", () => {
  it.each([
    [400, "StripeInvalidRequestError", undefined],
    [402, "StripeCardError", "card_declined"],
    [409, "StripeAPIError", "idempotency_key_in_use"],
    [429, "StripeRateLimitError", "rate_limit"],
    [500, "StripeAPIError", undefined],
    [503, "StripeAPIError", undefined],
  ])("answers %i as the SDK knows it and does nothing", async (status, type, code) => {
    await setRules([{ plane: "api", method: "POST", path: "/v1/customers", effect: { kind: "status", status } }]);
    expect(await failureOf(simulator.sdk.customers.create())).toMatchObject({ statusCode: status, type, code });
    expect(await customers()).toBe(0);
  });

  it("names the reason of a rate limit, and asks to come again for a lock without a request id", async () => {
    await setRules([
      { plane: "api", nth: 1, effect: { kind: "status", status: 429, reason: "endpoint-rate" } },
      { plane: "api", nth: 2, effect: { kind: "lock_timeout" } },
    ]);
    expect((await post("a")).headers.get("stripe-rate-limited-reason")).toBe("endpoint-rate");
    const locked = await post("a");
    expect(locked).toMatchObject({ status: 429, body: { error: { code: "lock_timeout" } } });
    expect(locked.headers.get("stripe-should-retry")).toBe("true");
    expect(locked.headers.get("stripe-rate-limited-reason")).toBeNull();
    expect(locked.headers.get("request-id")).toBeNull();
    expect((await post("a")).status).toBe(200);
  });

  it("is repeated by the SDK after a lock and after a 503, and succeeds", async () => {
    await setRules([
      { plane: "api", nth: 1, effect: { kind: "lock_timeout" } },
      { plane: "api", nth: 2, effect: { kind: "status", status: 503 } },
    ]);
    await patientClient().customers.create({ name: "a" });
    expect(await customers()).toBe(1);
  });

  it.each([
    ["before the work", false, 0],
    ["after the work", true, 1],
  ])("answers its key with the same 500 for a day when it failed %s", async (_when, commit, made) => {
    await setRules([{ plane: "api", nth: 1, effect: { kind: "status", status: 500, commit } }]);
    const first = await post("key");
    const again = await post("key");
    for (const answer of [first, again]) {
      expect(answer).toMatchObject({ status: 500, body: { error: { type: "api_error" } } });
      expect(answer.headers.get("stripe-should-retry")).toBe("false");
    }
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("original-request")).toBe(first.headers.get("request-id"));
    expect(await customers()).toBe(made);
  });

  it("keeps no 400, 409, 429 or 503 under its key", async () => {
    for (const status of [400, 409, 429, 503]) {
      await setRules([{ plane: "api", nth: 1, effect: { kind: "status", status } }]);
      expect((await post("key")).status).toBe(status);
    }
    expect((await post("key")).headers.get("idempotent-replayed")).toBeNull();
  });

  it.each([
    ["reset", false, 0],
    ["reset", true, 1],
    ["cut", false, 0],
    ["cut", true, 1],
  ])(
    "surfaces as a connection error on %s with commit %p, and its key tells what was done",
    async (kind, commit, made) => {
      // The SDK itself repeats a reset once.
      await setRules([{ plane: "api", method: "POST", times: 2, effect: { kind, commit } }]);
      const client = patientClient({ maxNetworkRetries: 0 });
      const error = await failureOf(client.customers.create({ name: "a" }, { idempotencyKey: "key" }));
      expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
      expect(await customers()).toBe(made);
      await setRules([]);
      await client.customers.create({ name: "a" }, { idempotencyKey: "key" });
      expect(await customers()).toBe(1);
    },
  );

  it.each([
    [false, 0],
    [true, 1],
  ])("hangs until the client has had enough, with commit %p", async (commit, made) => {
    await setRules([{ plane: "api", method: "POST", effect: { kind: "hang", commit } }]);
    const client = patientClient({ maxNetworkRetries: 0, timeout: 300 });
    expect(await failureOf(client.customers.create())).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(await customers()).toBe(made);
  });

  it("does not keep the simulator from closing while it hangs or waits", async () => {
    await setRules([
      { plane: "api", method: "POST", effect: { kind: "hang", commit: true } },
      { plane: "api", method: "GET", nth: 1, effect: { kind: "latency", ms: 300_000 } },
    ]);
    const calls = Promise.allSettled([simulator.raw("POST", "/v1/customers"), simulator.raw("GET", "/v1/events")]);
    while (((await simulator.simulate("GET", "faults")).body["log"] as object[]).length < 2);
    await simulator.close();
    await calls;
  });

  it("waits as long as told, and its key is in use meanwhile", async () => {
    await setRules([{ plane: "api", method: "POST", nth: 1, effect: { kind: "latency", ms: 300 } }]);
    const began = Date.now();
    const slow = post("key");
    while (((await simulator.simulate("GET", "faults")).body["log"] as object[]).length < 1);
    expect(await post("key")).toMatchObject({ status: 409, body: { error: { code: "idempotency_key_in_use" } } });
    expect((await slow).status).toBe(200);
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
  });
});

describe("rules", () => {
  it("hit by method, path, order and number, and each hit is in the log", async () => {
    const rule = { plane: "api", path: "/v1/customers/*", method: "GET", nth: 2, times: 2 };
    await setRules([{ ...rule, effect: { kind: "status", status: 503 } }]);
    const { id } = await simulator.sdk.customers.create();
    const statuses = [];
    for (let count = 0; count < 5; count += 1)
      statuses.push((await simulator.raw("GET", `/v1/customers/${id}`)).status);
    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    const { body } = await simulator.simulate("GET", "faults");
    const hit = { rule: 0, plane: "api", effect: "status", subject: `GET /v1/customers/${id}`, at: expect.any(Number) };
    expect(body).toMatchObject({ rules: [{ nth: 2, seen: 5, hits: 2 }], log: [hit, hit] });
  });

  it("hit the same calls again with the same seed and rules", async () => {
    const run = async (on: SimulatorUnderTest): Promise<number[]> => {
      await setRules([{ plane: "api", probability: 0.5, effect: { kind: "status", status: 503 } }], on);
      const statuses = [];
      for (let count = 0; count < 30; count += 1) statuses.push((await on.raw("GET", "/v1/customers")).status);
      return statuses;
    };
    const first = await run(simulator);
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await run(await startUnderTest())).toEqual(first);
  });

  it.each([
    [{ plane: "api", effect: { kind: "drop" } }, "rules.0.effect.kind"],
    [{ plane: "hook", path: "/v1", effect: { kind: "drop" } }, "path"],
    [{ plane: "api", effect: { kind: "status", status: 418 } }, "rules.0.effect.status"],
    [{ plane: "api", nth: 0, effect: { kind: "lock_timeout" } }, "rules.0.nth"],
  ])("refuses %j, naming %s", async (rule, path) => {
    expect(await simulator.simulate("POST", "faults", { rules: [rule] })).toMatchObject({
      status: 400,
      body: { path },
    });
  });
});

describe("a delivery that a rule hits", () => {
  let receiver: Receiver;
  let secret: string;
  beforeEach(async () => {
    receiver = await startReceiver();
    secret = (await register(simulator, receiver)).secret ?? "";
  });
  const flush = () => simulator.simulate("POST", "webhooks/flush");
  const verify = (index: number): Stripe.Event => {
    const { body, signature } = receiver.received[index] ?? { body: "", signature: "" };
    return simulator.sdk.webhooks.constructEvent(body, signature, secret);
  };

  it("comes twice under one id", async () => {
    await setRules([{ plane: "hook", type: "customer.*", effect: { kind: "duplicate" } }]);
    await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 2);
    expect(verify(0).id).toBe(verify(1).id);
  });

  it("has a twin with its own id, which the API lists too", async () => {
    await setRules([{ plane: "hook", effect: { kind: "twin" } }]);
    const { id } = await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 2);
    expect(verify(0).id).not.toBe(verify(1).id);
    expect([verify(0), verify(1)]).toMatchObject([{ data: { object: { id } } }, { data: { object: { id } } }]);
    expect((await simulator.sdk.events.list()).data).toHaveLength(2);
  });

  it("is lost until its retry", async () => {
    await setRules([{ plane: "hook", effect: { kind: "drop_until_retry" } }]);
    await simulator.sdk.customers.create();
    expect(await flush()).toMatchObject({ body: { delivered: 0 } });
    expect(receiver.received).toEqual([]);
    expect(await flush()).toMatchObject({ body: { delivered: 1 } });
    expect(verify(0).type).toBe("customer.created");
  });

  it("is lost for ever and counts as delivered", async () => {
    await setRules([{ plane: "hook", nth: 1, effect: { kind: "drop" } }]);
    await simulator.sdk.customers.create();
    await simulator.sdk.products.create({ name: "x" });
    await receiver.until(({ length }) => length === 1);
    expect(receiver.types()).toEqual(["product.created"]);
    expect(await flush()).toMatchObject({ body: { sent: 0 } });
  });

  it.each([
    [{ kind: "wrong_secret" }, "No signatures found"],
    [{ kind: "expired_timestamp" }, "Timestamp outside the tolerance zone"],
  ])("cannot be verified at the first try and can be at the next with %j", async (effect, message) => {
    await setRules([{ plane: "hook", effect }]);
    receiver.answer = (_event, earlier) => (earlier === 0 ? 400 : 200);
    await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(() => verify(0)).toThrow(message);
    await flush();
    expect(verify(1).type).toBe("customer.created");
  });

  it.each([
    [{ kind: "api_version", version: "2024-06-20" }, { api_version: "2024-06-20" }],
    [{ kind: "livemode" }, { livemode: true }],
    [{ kind: "unknown_type" }, { type: "simulator.never_heard_of" }],
  ])("is soundly signed with %j", async (effect, expected) => {
    await setRules([{ plane: "hook", effect }]);
    await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(verify(0)).toMatchObject(expected);
  });

  it("is larger than 256 kB", async () => {
    await setRules([{ plane: "hook", effect: { kind: "oversize" } }]);
    await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(receiver.received[0]?.body.length).toBeGreaterThan(256 * 1024);
    expect(verify(0).type).toBe("customer.created");
  });

  it("arrives in another order than it was made", async () => {
    await setRules([{ plane: "hook", effect: { kind: "reorder", windowSeconds: 0.4 } }]);
    for (let count = 0; count < 8; count += 1) await simulator.sdk.products.create({ id: `p${count}`, name: "x" });
    await receiver.until(({ length }) => length === 8);
    const order = receiver.received.map(({ event }) => String(Reflect.get(event.data.object, "id")));
    expect(order).not.toEqual(order.toSorted());
  });

  it("is delayed, others are not", async () => {
    await setRules([{ plane: "hook", type: "customer.created", effect: { kind: "delay", seconds: 3600 } }]);
    await simulator.sdk.customers.create();
    await simulator.sdk.products.create({ name: "x" });
    await receiver.until(({ length }) => length === 1);
    expect(receiver.types()).toEqual(["product.created"]);
    expect(await flush()).toMatchObject({ body: { delivered: 1 } });
  });
});

describe("the roll of a secret", () => {
  const roll = (id: string, body: object = {}) =>
    simulator.simulate("POST", `webhook_endpoints/${id}/roll_secret`, body);
  const signatures = ({ received }: Receiver): number => (received.at(-1)?.signature ?? "").split("v1=").length - 1;

  it("signs with the old secret too for as long as told, for its endpoint only", async () => {
    const [receiver, other] = [await startReceiver(), await startReceiver()];
    const endpoint = await register(simulator, receiver);
    await register(simulator, other);
    const { body: rolled } = await roll(endpoint.id);
    await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    await other.until(({ length }) => length === 1);
    const { body, signature } = receiver.received[0] ?? { body: "", signature: "" };
    for (const secret of [endpoint.secret ?? "", rolled["secret"] as string]) {
      expect(simulator.sdk.webhooks.constructEvent(body, signature, secret).type).toBe("customer.created");
    }
    expect([signatures(receiver), signatures(other)]).toEqual([2, 1]);
  });

  it("ends the old secret when its time is over", async () => {
    const timed = await startUnderTest({ testClock: true });
    const receiver = await startReceiver();
    const { id } = await register(timed, receiver);
    await timed.simulate("POST", `webhook_endpoints/${id}/roll_secret`, { keepSeconds: 3600 });
    await timed.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(signatures(receiver)).toBe(2);
    await timed.simulate("POST", "clock/advance", { seconds: 3600 });
    await timed.sdk.customers.create();
    await receiver.until(({ length }) => length === 2);
    expect(signatures(receiver)).toBe(1);
  });

  it("refuses an endpoint that is not there and more than 24 hours", async () => {
    const { id } = await register(simulator, await startReceiver());
    expect(await roll("we_none")).toMatchObject({ status: 404 });
    expect(await roll(id, { keepSeconds: 86_401 })).toMatchObject({ status: 400, body: { path: "keepSeconds" } });
  });
});

describe("retries on a test clock", () => {
  it("wait for the clock and are made one after the other as it moves, signed with real time", async () => {
    const timed = await startUnderTest({ testClock: true });
    const receiver = await startReceiver();
    receiver.answer = (_event, earlier) => (earlier < 4 ? 500 : 200);
    await register(timed, receiver);
    await timed.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    await timed.simulate("POST", "clock/advance", { seconds: 3600 });
    expect(receiver.received).toHaveLength(5);
    expect((await timed.simulate("GET", "webhooks/pending")).body).toEqual({ pending: [] });
    const signedAt = Number(/^t=(\d+)/.exec(receiver.received[4]?.signature ?? "")?.[1]);
    expect(Math.abs(signedAt - Date.now() / 1000)).toBeLessThan(60);
  });
});
