import Stripe from "stripe";
import {
  API_VERSION,
  closeAll,
  register,
  sessionParams,
  startReceiver,
  startUnderTest,
  type Receiver,
  type SimulatorUnderTest,
} from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
let receiver: Receiver;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
  receiver = await startReceiver();
});
afterEach(closeAll);

const flush = () => simulator.simulate("POST", "webhooks/flush");
const pending = async (): Promise<{ attempts: number; status: string; lastError: string | null }[]> =>
  (await simulator.simulate("GET", "webhooks/pending")).body["pending"];

describe("deliveries", () => {
  it("are signed over the exact bytes, as the SDK checks it", async () => {
    const endpoint = await register(simulator, receiver);
    await sdk.customers.create({ name: "Zoë ❤ 日本" });
    await receiver.until(({ length }) => length === 1);
    const { body, signature, headers } = receiver.received[0]!;
    const event = sdk.webhooks.constructEvent(body, signature, endpoint.secret ?? "");
    expect(event).toMatchObject({
      object: "event",
      type: "customer.created",
      api_version: API_VERSION,
      pending_webhooks: 1,
      data: { object: { name: "Zoë ❤ 日本" } },
    });
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    const changed = Buffer.concat([body, Buffer.from(" ")]);
    expect(() => sdk.webhooks.constructEvent(changed, signature, endpoint.secret ?? "")).toThrow();
    expect(() => sdk.webhooks.constructEvent(body, signature, "whsec_other")).toThrow();
  });

  it("go to every endpoint that asked for the type, each with its own secret, and to no other", async () => {
    const picky = await startReceiver();
    await register(simulator, receiver);
    const second = await register(simulator, picky, ["checkout.session.completed"]);
    const session = await sdk.checkout.sessions.create(sessionParams());
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    await receiver.until(({ length }) => length === 5);
    await picky.until(({ length }) => length === 1);
    expect(picky.types()).toEqual(["checkout.session.completed"]);
    const { body, signature } = picky.received[0]!;
    expect(sdk.webhooks.constructEvent(body, signature, second.secret ?? "").type).toBe("checkout.session.completed");
    expect(receiver.types().toSorted()).toEqual([
      "charge.succeeded",
      "charge.updated",
      "checkout.session.completed",
      "payment_intent.created",
      "payment_intent.succeeded",
    ]);
  });

  it("carry the version of their endpoint", async () => {
    await sdk.webhookEndpoints.create({ url: receiver.url, enabled_events: ["*"], api_version: "2025-03-31.basil" });
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(receiver.received[0]?.event.api_version).toBe("2025-03-31.basil");
  });

  it("are repeated until an answer is 2xx, the first time after a second, each signed afresh", async () => {
    const endpoint = await register(simulator, receiver);
    receiver.answer = (_event, earlier) => [500, 302][earlier] ?? 204;
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 3);
    const [first, second, third] = receiver.received;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(950);
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(1900);
    expect(third?.event.id).toBe(first?.event.id);
    expect(third?.signature).not.toBe(first?.signature);
    sdk.webhooks.constructEvent(third?.body ?? "", third?.signature ?? "", endpoint.secret ?? "");
    expect(await flush()).toMatchObject({ body: { sent: 0 } });
  });

  it("are pending with the reason while the endpoint fails, and a flush sends them at once", async () => {
    await register(simulator, receiver);
    receiver.answer = () => 503;
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(await flush()).toMatchObject({ status: 200, body: { sent: 1, delivered: 0, failed: 1 } });
    expect(await pending()).toMatchObject([{ status: "pending", lastError: "The endpoint answered 503" }]);
    const failing = await sdk.events.list({ delivery_success: false });
    expect(failing.data).toMatchObject([{ type: "customer.created", pending_webhooks: 1 }]);
    receiver.answer = () => 200;
    expect(await flush()).toMatchObject({ body: { sent: 1, delivered: 1, failed: 0 } });
    expect(await pending()).toEqual([]);
    expect((await sdk.events.list({ delivery_success: false })).data).toEqual([]);
    expect((await sdk.events.list({ delivery_success: true })).data).toMatchObject([{ pending_webhooks: 0 }]);
  });

  it("do not wait for one another", async () => {
    await register(simulator, receiver);
    receiver.answer = ({ type }) => (type === "customer.created" ? null : 200);
    await sdk.customers.create();
    await sdk.products.create({ name: "x" });
    await receiver.until((received) => received.some(({ event }) => event.type === "product.created"));
    expect(await pending()).toHaveLength(1);
  });

  it("go on to an endpoint that moved, at once", async () => {
    const endpoint = await register(simulator, receiver);
    receiver.answer = () => 500;
    for (let count = 0; count < 5; count += 1) await sdk.customers.create();
    // Seven failures make a back-off that is longer than this test may last.
    for (let count = 0; count < 7; count += 1) await flush();
    const moved = await startReceiver();
    await sdk.webhookEndpoints.update(endpoint.id, { url: moved.url });
    await moved.until(({ length }) => length === 5);
    expect(await flush()).toMatchObject({ body: { sent: 0 } });
  });

  it("are given up after sixteen failures, and a flush still sends them", async () => {
    await register(simulator, receiver);
    receiver.answer = () => 500;
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    // The first of these may only join the try that is on its way.
    for (let count = 0; count < 16; count += 1) await flush();
    expect(await pending()).toMatchObject([{ status: "given_up", attempts: expect.any(Number) }]);
    expect((await sdk.events.list({ delivery_success: false })).data).toHaveLength(1);
    receiver.answer = () => 200;
    expect(await flush()).toMatchObject({ body: { sent: 1, delivered: 1 } });
    expect(await pending()).toEqual([]);
  });

  it("stop with the endpoint: disabled ones wait, deleted ones are forgotten", async () => {
    const endpoint = await register(simulator, receiver);
    receiver.answer = () => 500;
    await sdk.customers.create();
    await flush();
    await sdk.webhookEndpoints.update(endpoint.id, { disabled: true });
    expect(await flush()).toMatchObject({ body: { sent: 0 } });
    await sdk.customers.create();
    expect(await pending()).toHaveLength(1);
    await sdk.webhookEndpoints.del(endpoint.id);
    expect(await pending()).toEqual([]);
  });

  it("end with the simulator, an endpoint that never answers included", async () => {
    await register(simulator, receiver);
    receiver.answer = () => null;
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    await simulator.close();
  });
});

describe("faults", () => {
  it("duplicate each event as often as told, under one id", async () => {
    await register(simulator, receiver);
    await simulator.simulate("POST", "faults", { duplicate: 4 });
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 5);
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1);
    expect(receiver.received[0]?.event.pending_webhooks).toBe(1);
  });

  it("drop the share that was asked for, the same for the same seed, and call it delivered", async () => {
    await register(simulator, receiver);
    await simulator.simulate("POST", "faults", { drop: 0.5 });
    for (let count = 0; count < 40; count += 1) await sdk.products.create({ id: `p${count}`, name: "x" });
    await flush();
    const arrived = receiver.received.map(({ event }) => event.id).toSorted();
    expect(arrived.length).toBeGreaterThan(8);
    expect(arrived.length).toBeLessThan(32);
    expect(await pending()).toEqual([]);
    expect((await sdk.events.list({ limit: 100 })).data).toHaveLength(40);

    const again = await startUnderTest();
    const other = await startReceiver();
    await register(again, other);
    await again.simulate("POST", "faults", { drop: 0.5 });
    for (let count = 0; count < 40; count += 1) await again.sdk.products.create({ id: `p${count}`, name: "x" });
    await again.simulate("POST", "webhooks/flush");
    expect(other.received.map(({ event }) => event.id).toSorted()).toEqual(arrived);
  });

  it("drop everything at 1 and nothing after they are cleared", async () => {
    await register(simulator, receiver);
    await simulator.simulate("POST", "faults", { drop: 1 });
    await sdk.products.create({ name: "lost" });
    expect(await simulator.simulate("POST", "faults", {})).toMatchObject({
      body: { duplicate: 0, delaySeconds: 0, drop: 0 },
    });
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(await flush()).toMatchObject({ body: { sent: 0 } });
    expect(receiver.types()).toEqual(["customer.created"]);
  });

  it("delay deliveries, which a flush does not wait for", async () => {
    await register(simulator, receiver);
    await simulator.simulate("POST", "faults", { delaySeconds: 3600 });
    await sdk.customers.create();
    expect(await pending()).toMatchObject([{ attempts: 0 }]);
    expect(receiver.received).toEqual([]);
    expect(await flush()).toMatchObject({ body: { sent: 1, delivered: 1 } });
    expect(receiver.types()).toEqual(["customer.created"]);
  });

  it("deliver after the delay", async () => {
    await register(simulator, receiver);
    await simulator.simulate("POST", "faults", { delaySeconds: 0.3 });
    const began = Date.now();
    await sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect((receiver.received[0]?.at ?? 0) - began).toBeGreaterThanOrEqual(290);
  });
});

describe("the control plane", () => {
  it.each([
    ["faults", { dupliate: 1 }, { path: "dupliate", value: 1, expected: "no such key" }],
    ["faults", { drop: 2 }, { path: "drop", value: 2, expected: expect.stringContaining("1") }],
    ["faults", { duplicate: "3" }, { path: "duplicate", value: "3", expected: expect.stringContaining("number") }],
    ["faults", [], { path: "", value: [] }],
    ["faults", "{", { error: "The body is not JSON" }],
    ["checkout/cs_x/pay", { card: "1234" }, { path: "card", value: "1234", expected: expect.stringContaining("4242") }],
    ["checkout/cs_x/expire", { now: true }, { path: "now", value: true }],
  ])("answers 400 to %s with %j, naming path, value and what was expected", async (path, body, expected) => {
    const answer = await simulator.simulate("POST", path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.any(String), ...expected } });
  });

  it("answers 404 for sessions and paths that are not there", async () => {
    expect(await simulator.simulate("POST", "checkout/cs_none/pay")).toMatchObject({ status: 404 });
    expect(await simulator.simulate("POST", "clock/turn_back", { seconds: 1 })).toMatchObject({
      status: 404,
      body: { error: "The control plane has no POST /_sim/clock/turn_back" },
    });
  });

  it("shows counts and ids of all objects", async () => {
    const customer = await sdk.customers.create();
    const { body } = await simulator.simulate("GET", "state");
    expect(body).toMatchObject({
      seed: 7,
      faults: { drop: 0 },
      customer: { count: 1, ids: [customer.id] },
      event: { count: 1 },
      "checkout.session": { count: 0, ids: [] },
    });
  });
});
