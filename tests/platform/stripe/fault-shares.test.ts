import {
  closeAll,
  failureOf,
  register,
  startReceiver,
  startUnderTest,
  type SimulatorUnderTest,
} from "./simulator-under-test";

let simulator: SimulatorUnderTest;
beforeEach(async () => {
  simulator = await startUnderTest();
});
afterEach(closeAll);

const setFaults = (body: object) => simulator.simulate("POST", "faults", body);
const statusesOf = (calls: number): Promise<readonly number[]> =>
  Promise.all(
    Array.from({ length: calls }, async (_, index) => {
      const key = { "idempotency-key": `k${index}` };
      const answer = simulator.raw("POST", "/v1/customers", { body: "name=a", headers: key });
      return answer.then(
        ({ status }) => status,
        () => 0,
      );
    }),
  );

describe("shares of calls", () => {
  it("go wrong as often as they say, each its own way, and {} ends it", async () => {
    expect(await setFaults({ status429: 0.2, status500: 0.3, timeoutAfterCommit: 0.25 })).toMatchObject({
      status: 200,
      body: { status429: 0.2, status500: 0.3, timeoutAfterCommit: 0.25, rules: [] },
    });
    const statuses = await statusesOf(400);
    const count = (wanted: number): number => statuses.filter((status) => status === wanted).length;
    expect(count(429) / 400).toBeCloseTo(0.2, 1);
    expect(count(500) / 400).toBeCloseTo(0.3, 1);
    expect(count(0) / 400).toBeCloseTo(0.25, 1);
    await setFaults({});
    expect(new Set(await statusesOf(5))).toEqual(new Set([200]));
  });

  it("whose answer is lost did their work, which the same key tells", async () => {
    await setFaults({ timeoutAfterCommit: 1 });
    expect(await statusesOf(1)).toEqual([0]);
    await setFaults({});
    const again = await simulator.raw("POST", "/v1/customers", {
      body: "name=a",
      headers: { "idempotency-key": "k0" },
    });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await simulator.sdk.customers.list()).data).toHaveLength(1);
  });

  it.each([
    [{ status429: 1.5 }, "expected a share from 0 to 1"],
    [{ status429: 0.6, status500: 0.6 }, "add up to 1"],
    [{ reorder: 0.8, repeat: 0.8 }, "add up to 1"],
  ])("that are no shares are refused: %j", async (body, expected) => {
    const { status, body: answer } = await setFaults(body);
    expect(status).toBe(400);
    expect(JSON.stringify(answer)).toContain(expected.replace("expected a share", ""));
  });
});

describe("shares of events", () => {
  it("come again or out of order, and none is lost", async () => {
    const receiver = await startReceiver();
    await register(simulator, receiver);
    await setFaults({ repeat: 0.5, reorder: 0.5 });
    const made: string[] = [];
    for (let index = 0; index < 20; index += 1) made.push((await simulator.sdk.customers.create()).id);
    const heard = (): string[] => receiver.received.map(({ event }) => (event.data.object as { id: string }).id);
    await receiver.until(() => new Set(heard()).size === made.length && heard().length > made.length);
    expect(new Set(heard())).toEqual(new Set(made));
    expect([...new Set(heard())]).not.toEqual(made);
  });
});

describe("a charge that is told to fail", () => {
  it("fails once for this customer with this code, and the next one goes through", async () => {
    const { sdk } = simulator;
    const { id: customer } = await sdk.customers.create({ payment_method: "pm_card_visa" });
    const charge = () =>
      sdk.paymentIntents.create({
        customer,
        amount: 500,
        currency: "usd",
        payment_method: "pm_card_visa",
        confirm: true,
        return_url: "https://a.example/",
      });
    const told = await simulator.simulate("POST", "fail_next_charge", { customer, code: "insufficient_funds" });
    expect(told).toMatchObject({ status: 200, body: { id: customer } });
    expect(await failureOf(charge())).toMatchObject({ code: "card_declined", decline_code: "insufficient_funds" });
    expect(await charge()).toMatchObject({ status: "succeeded" });
    await simulator.simulate("POST", "fail_next_charge", { customer, code: "expired_card" });
    expect(await failureOf(charge())).toMatchObject({ code: "expired_card" });
  });

  it("needs a customer and a code that are known", async () => {
    expect(await simulator.simulate("POST", "fail_next_charge", { customer: "cus_none" })).toMatchObject({
      status: 404,
    });
    const { id: customer } = await simulator.sdk.customers.create();
    expect(await simulator.simulate("POST", "fail_next_charge", { customer, code: "bored" })).toMatchObject({
      status: 400,
    });
  });
});
