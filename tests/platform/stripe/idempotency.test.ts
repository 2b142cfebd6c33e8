import Stripe from "stripe";
import { closeAll, failureOf, sessionParams, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

const post = (path: string, body: string, key: string) =>
  simulator.raw("POST", path, { body, headers: { "idempotency-key": key } });
const customers = async (): Promise<number> => (await sdk.customers.list()).data.length;

describe("an idempotency key", () => {
  it("answers a repeated call with the first answer and says so", async () => {
    const first = await post("/v1/customers", "name=a", "key");
    const again = await post("/v1/customers", "name=a", "key");
    expect(again.body).toEqual(first.body);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("original-request")).toBe(first.headers.get("request-id"));
    expect(again.headers.get("request-id")).not.toBe(first.headers.get("request-id"));
    expect(again.headers.get("idempotency-key")).toBe("key");
    expect(await customers()).toBe(1);
  });

  it("answers what was true then, though the object has changed since", async () => {
    const { id } = await sdk.customers.create({ name: "then" }, { idempotencyKey: "k" });
    await sdk.customers.update(id, { name: "now" });
    expect((await sdk.customers.create({ name: "then" }, { idempotencyKey: "k" })).name).toBe("then");
  });

  it("does not mind the order of parameters", async () => {
    const first = await post("/v1/customers", "name=a&metadata[x]=1&metadata[y]=2", "key");
    const again = await post("/v1/customers", "metadata[y]=2&metadata[x]=1&name=a", "key");
    expect(again.body).toEqual(first.body);
  });

  it("refuses other parameters and another path", async () => {
    await sdk.customers.create({ name: "a" }, { idempotencyKey: "key" });
    const other = await failureOf(sdk.customers.create({ name: "b" }, { idempotencyKey: "key" }));
    expect(other).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(other).toMatchObject({ statusCode: 400, message: expect.stringContaining("same parameters") });
    const path = await failureOf(sdk.products.create({ name: "a" }, { idempotencyKey: "key" }));
    expect(path).toMatchObject({ rawType: "idempotency_error", message: expect.stringContaining("same endpoint") });
    expect(await customers()).toBe(1);
  });

  it("does not keep an answer that is about validation", async () => {
    expect((await post("/v1/payment_intents", "amount=1&currency=usd", "key")).status).toBe(400);
    expect((await post("/v1/payment_intents", "currency=usd", "key")).status).toBe(400);
    expect((await post("/v1/payment_intents", "amount=100&currency=usd", "key")).status).toBe(200);
  });

  it("keeps a decline", async () => {
    const body = "amount=100&currency=usd&confirm=true&payment_method=pm_card_chargeDeclined";
    const [first, again] = [
      await post("/v1/payment_intents", body, "key"),
      await post("/v1/payment_intents", body, "key"),
    ];
    expect(first.status).toBe(402);
    expect(again).toMatchObject({ status: 402, body: first.body });
    expect((await sdk.charges.list()).data).toHaveLength(1);
  });

  it("makes one object of calls that race; those in flight are told to come again", async () => {
    const params = sessionParams();
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, () => sdk.checkout.sessions.create(params, { idempotencyKey: "race" })),
    );
    const made = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.id] : []));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    expect(new Set(made).size).toBe(1);
    for (const error of refused) expect(error).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    expect((await sdk.checkout.sessions.list()).data).toHaveLength(1);
  });

  it("lets every racer of a retrying client through", async () => {
    const { hostname, port } = new URL(simulator.url);
    const patient = new Stripe(simulator.secretKey, { host: hostname, port, protocol: "http", maxNetworkRetries: 5 });
    const made = await Promise.all(
      Array.from({ length: 20 }, () => patient.customers.create({ name: "a" }, { idempotencyKey: "race" })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await customers()).toBe(1);
  });

  it("has at most 255 characters", async () => {
    expect(await post("/v1/customers", "name=a", "k".repeat(256))).toMatchObject({ status: 400 });
    expect(await post("/v1/customers", "name=a", "k".repeat(255))).toMatchObject({ status: 200 });
  });

  it("counts for POST only", async () => {
    const { id } = await sdk.customers.create();
    const headers = { "idempotency-key": "key" };
    expect((await simulator.raw("GET", `/v1/customers/${id}`, { headers })).headers.get("idempotency-key")).toBeNull();
    await sdk.customers.update(id, { name: "changed" });
    expect((await simulator.raw("GET", `/v1/customers/${id}`, { headers })).body["name"]).toBe("changed");
  });
});
