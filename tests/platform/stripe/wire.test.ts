import Stripe from "stripe";
import { connect } from "node:net";
import { closeAll, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
beforeEach(async () => {
  simulator = await startUnderTest();
});
afterEach(closeAll);

describe("keys", () => {
  it.each([undefined, "Bearer", "Bearer sk_test_wrong", "Bearer sk_live_wrong", "Basic !!!", "nonsense"])(
    "answers 401 to the authorization %p",
    async (authorization) => {
      const answer = await fetch(`${simulator.url}/v1/customers`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("request-id")).toMatch(/^req_/);
      expect(await answer.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    },
  );

  it("surfaces in the SDK as its authentication error, without showing the key", async () => {
    const { hostname, port } = new URL(simulator.url);
    const stranger = new Stripe("sk_test_wrongwrongwrong", { host: hostname, port, protocol: "http" });
    const error = await failureOf(stranger.customers.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(error.message).not.toContain("wrongwrongwrong");
  });

  it("takes the key as the user of basic authentication too", async () => {
    const authorization = `Basic ${Buffer.from(`${simulator.secretKey}:`).toString("base64")}`;
    expect((await simulator.raw("GET", "/v1/customers", { headers: { authorization } })).status).toBe(200);
  });

  it("starts with a test key only", async () => {
    await expect(startUnderTest({ secretKey: "sk_live_123" })).rejects.toThrow("test keys only");
  });
});

describe("answers", () => {
  it("carry request id and version, and the request id is new each time", async () => {
    const one = await simulator.sdk.customers.create();
    const two = await simulator.sdk.customers.create();
    expect(one.lastResponse).toMatchObject({ statusCode: 200, apiVersion: "2026-10-28.endive" });
    expect(one.lastResponse.requestId).toMatch(/^req_/);
    expect(two.lastResponse.requestId).not.toBe(one.lastResponse.requestId);
  });

  it("name the request and its idempotency key in the event", async () => {
    const customer = await simulator.sdk.customers.create({}, { idempotencyKey: "my key" });
    const { data } = await simulator.sdk.events.list();
    expect(data[0]?.request).toEqual({ id: customer.lastResponse.requestId, idempotency_key: "my key" });
    expect(data[0]).toMatchObject({ api_version: "2026-10-28.endive", livemode: false, pending_webhooks: 0 });
  });

  it("refuse another release train by name", async () => {
    const answer = await simulator.raw("GET", "/v1/customers", { headers: { "stripe-version": "2025-03-31.basil" } });
    expect(answer).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
    expect(answer.body.error?.message).toContain("2025-03-31.basil");
  });
});

describe("parameters", () => {
  it.each([
    ["foo=1", "foo", "parameter_unknown"],
    ["metadata[a][b]=1", "metadata[a]", undefined],
    ["metadata=1", "metadata", undefined],
    ["email[x]=1", "email", undefined],
  ])("refuses the body %s of a customer, naming %s", async (body, param, code) => {
    const { status, body: answer } = await simulator.raw("POST", "/v1/customers", { body });
    expect(status).toBe(400);
    expect(answer.error).toMatchObject({ type: "invalid_request_error", param });
    expect(answer.error?.code).toBe(code);
  });

  it.each([
    ["currency=usd", "amount", "parameter_missing"],
    ["amount=ten&currency=usd", "amount", "parameter_invalid_integer"],
    ["amount=1.5&currency=usd", "amount", "parameter_invalid_integer"],
    ["amount=&currency=usd", "amount", "parameter_invalid_empty"],
    ["amount=100&currency=dollar", "currency", undefined],
    ["amount=100&currency=usd&confirm=yes", "confirm", undefined],
  ])("refuses the body %s of an intent, naming %s", async (body, param, code) => {
    const { status, body: answer } = await simulator.raw("POST", "/v1/payment_intents", { body });
    expect(status).toBe(400);
    expect(answer.error).toMatchObject({ type: "invalid_request_error", param });
    expect(answer.error?.code).toBe(code);
  });

  it.each([
    "line_items[0][price]=P&line_items[0][quantity]=1&line_items[1][price]=P&line_items[1][quantity]=2",
    "line_items[][price]=P&line_items[][quantity]=1&line_items[][price]=P&line_items[][quantity]=2",
    "line_items%5B0%5D%5Bprice%5D=P&line_items%5B0%5D%5Bquantity%5D=1&line_items%5B1%5D%5Bprice%5D=P&line_items%5B1%5D%5Bquantity%5D=2",
  ])("reads arrays written as %s", async (items) => {
    const price = await simulator.sdk.prices.create({ currency: "usd", unit_amount: 100, product_data: { name: "x" } });
    const body = `mode=payment&success_url=https%3A%2F%2Fx.example&${items.replaceAll("=P", `=${price.id}`)}`;
    const answer = await simulator.raw("POST", "/v1/checkout/sessions", { body });
    expect(answer).toMatchObject({ status: 200, body: { amount_total: 300 } });
  });

  it("reads lists written with and without numbers", async () => {
    await simulator.sdk.customers.create();
    for (const query of ["types[]=customer.created&types[]=x", "types[0]=x&types[1]=customer.created"]) {
      expect((await simulator.raw("GET", `/v1/events?${query}`)).body["data"]).toHaveLength(1);
    }
  });

  it("keeps text that looks like something else", async () => {
    const metadata = { number: "1e5", flag: "true", empty_like: " ", unicode: "日本 ❤ ü", sign: "a&b=c+d%20[x]" };
    const { id } = await simulator.sdk.customers.create({ metadata });
    expect(await simulator.sdk.customers.retrieve(id)).toHaveProperty("metadata", metadata);
  });

  it("takes forms only", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await simulator.raw("POST", "/v1/customers", { body: "{}", headers });
    expect(answer).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error" } } });
  });
});

describe("what the simulator does not have", () => {
  it.each([
    ["POST", "/v1/payouts"],
    ["GET", "/v1/refunds/search?query=x"],
    ["POST", "/v1/charges/ch_1/capture"],
    ["DELETE", "/v1/prices/price_1"],
    ["GET", "/v1/nothing"],
  ])("answers %s %s with a Stripe error that names it", async (method, path) => {
    const answer = await simulator.raw(method, path);
    expect(answer.status).toBe(404);
    expect(answer.body.error?.message).toContain(`${method}: ${path.split("?")[0]}`);
    expect(answer.body.error?.message).toContain("simulator");
  });
});

describe("garbage", () => {
  it("is refused without an end to the service", async () => {
    const deep = `metadata${"[a]".repeat(200)}=1`;
    const wide = Array.from({ length: 5000 }, (_, index) => `k${index}=1`).join("&");
    const bodies = [
      "%",
      "%zz=%zz",
      "=",
      "&&&",
      "[]=1",
      "a[=1",
      "][=1",
      "__proto__[x]=1",
      "constructor[prototype][x]=1",
      deep,
      wide,
      "\u0000=\u0000",
      "metadata[__proto__]=1",
      "expand=1",
      "expand[0][a]=1",
    ];
    for (const body of bodies) {
      const { status } = await simulator.raw("POST", "/v1/customers", { body });
      expect([200, 400]).toContain(status);
    }
    for (const path of [
      "/%zz",
      "/v1/%zz",
      "/v1/customers/%00",
      "/v1//",
      `/v1/customers/${"x".repeat(2000)}`,
      "/_sim/%zz",
    ]) {
      const { status } = await fetch(simulator.url + path, {
        headers: { authorization: `Bearer ${simulator.secretKey}` },
      });
      expect([400, 404, 414]).toContain(status);
    }
    const big = await simulator.raw("POST", "/v1/customers", { body: `name=${"x".repeat(2_000_000)}` });
    expect(big.status).toBe(413);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(simulator.url).port), "127.0.0.1", () =>
        socket.end("\u0001\u0002 not http\r\n\r\n"),
      );
      socket.resume().once("close", resolve);
    });
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect((await simulator.sdk.customers.create({ name: "still here" })).name).toBe("still here");
  });
});
