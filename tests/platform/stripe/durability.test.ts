import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { paidCharge } from "./paid-charge";
import {
  clientOf,
  closeAll,
  register,
  sessionParams,
  startReceiver,
  startUnderTest,
  type SimulatorUnderTest,
} from "./simulator-under-test";

let dataDir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "stripe-"));
});
afterEach(async () => {
  await closeAll();
  for (const child of children.splice(0)) await end(child, "SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
  return child.exitCode;
}

/** Starts the command line in a process of its own. */
async function spawnSimulator(): Promise<Omit<SimulatorUnderTest, "close"> & { readonly child: ChildProcess }> {
  const main = join(__dirname, "../../../platform/stripe/main.ts");
  const child = spawn(process.execPath, ["--require", "tsx/cjs", main, "--data", dataDir, "--port", "0"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const ready = JSON.parse(line) as Record<"event" | "stripeUrl" | "secretKey" | "webhookSecret", string>;
  expect(ready.event).toBe("ready");
  return { ...clientOf({ ...ready, url: ready.stripeUrl }), child };
}

const silence = { log: () => undefined };

describe("a restart", () => {
  it("forgets no debit that waits for its bank: it ends at its time", async () => {
    const before = await startUnderTest({ dataDir, testClock: true });
    const { id } = await before.sdk.paymentIntents.create({
      amount: 2000,
      currency: "usd",
      payment_method: "pm_usBankAccount_success",
      confirm: true,
    });
    await before.close();
    const after = await startUnderTest({ dataDir, testClock: true });
    await after.simulate("POST", "clock/advance", { seconds: 4 * 24 * 3600 });
    expect((await after.sdk.paymentIntents.retrieve(id)).status).toBe("succeeded");
  });

  it("keeps objects, events, keys, secrets, address and the run of ids", async () => {
    const before = await startUnderTest({ dataDir, seed: 3 });
    const customer = await before.sdk.customers.create({ name: "a" }, { idempotencyKey: "k" });
    const session = await before.sdk.checkout.sessions.create(sessionParams({ customer: customer.id }));
    const events = await before.sdk.events.list();
    await before.close();

    const after = await startUnderTest({ dataDir, seed: 4 });
    expect(after).toMatchObject({
      url: before.url,
      secretKey: before.secretKey,
      webhookSecret: before.webhookSecret,
    });
    expect(await after.sdk.customers.retrieve(customer.id)).toEqual(customer);
    expect(await after.sdk.checkout.sessions.retrieve(session.id)).toEqual(session);
    expect((await after.sdk.events.list()).data).toEqual(events.data);
    const replayed = await after.sdk.customers.create({ name: "a" }, { idempotencyKey: "k" });
    expect(replayed.id).toBe(customer.id);
    const others = [await after.sdk.customers.create(), await after.sdk.customers.create()];
    expect(new Set([customer.id, ...others.map(({ id }) => id)]).size).toBe(3);
    expect((await after.sdk.customers.list()).data.map(({ id }) => id)).toEqual([
      others[1]?.id,
      others[0]?.id,
      customer.id,
    ]);
  });

  it("goes on with deliveries that were pending, under the secret of the new start", async () => {
    const receiver = await startReceiver();
    const before = await startUnderTest({ dataDir, webhookSecret: "whsec_old" });
    await register(before, receiver);
    receiver.answer = () => 500;
    await before.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    await before.close();
    receiver.answer = () => 200;
    receiver.received.length = 0;

    const after = await startUnderTest({ dataDir, webhookSecret: "whsec_new" });
    await receiver.until(({ length }) => length === 1);
    const { body, signature } = receiver.received[0]!;
    expect(after.sdk.webhooks.constructEvent(body, signature, "whsec_new").type).toBe("customer.created");
  });

  it("keeps the faults that were set", async () => {
    const before = await startUnderTest({ dataDir });
    await before.simulate("POST", "faults", { drop: 0.25 });
    await before.close();
    const after = await startUnderTest({ dataDir });
    expect(await after.simulate("GET", "state")).toMatchObject({ body: { faults: { drop: 0.25 } } });
  });

  it("does not let the file grow by what was replaced", async () => {
    const before = await startUnderTest({ dataDir });
    const { id } = await before.sdk.customers.create();
    await before.sdk.webhookEndpoints.create({ url: "http://127.0.0.1:9/", enabled_events: ["charge.failed"] });
    for (let count = 0; count < 50; count += 1) await before.simulate("POST", "faults", { drop: count / 100 });
    await before.close();
    const size = statSync(join(dataDir, "stripe.journal")).size;
    const after = await startUnderTest({ dataDir });
    expect(await after.sdk.customers.retrieve(id)).toMatchObject({ id });
    await after.close();
    expect(statSync(join(dataDir, "stripe.journal")).size).toBeLessThan(size);
  });

  it("drops a line that a crash cut off, and refuses a file that is damaged before its end", async () => {
    const path = join(dataDir, "stripe.journal");
    const before = await startUnderTest({ dataDir });
    const { id } = await before.sdk.customers.create();
    await before.close();
    appendFileSync(path, '[{"kind":"customer","id":"cus_half","val');
    const after = await startUnderTest({ dataDir });
    expect((await after.sdk.customers.list()).data.map((one) => one.id)).toEqual([id]);
    await after.close();
    writeFileSync(path, `not json\n${readFileSync(path, "utf8")}`);
    await expect(startUnderTest({ dataDir })).rejects.toThrow("damaged in line 1");
  });
});

describe("a folder", () => {
  it("serves one simulator at a time", async () => {
    const first = await startUnderTest({ dataDir });
    await expect(startUnderTest({ dataDir })).rejects.toThrow("in use by another Stripe simulator");
    await first.close();
    await startUnderTest({ dataDir });
  });
});

describe("kill -9", () => {
  it("loses no answered call and repeats none, three times over, and deliveries go on", async () => {
    const receiver = await startReceiver();
    const answered = new Map<string, string>();
    let simulator = await spawnSimulator();
    await register(simulator, receiver, ["customer.created"]);
    receiver.answer = (_event, earlier) => (earlier === 0 ? 500 : 200);
    for (let round = 0; round < 3; round += 1) {
      const keys = Array.from({ length: 40 }, (_, index) => `round ${round} call ${index}`);
      const create = async (key: string): Promise<void> => {
        const customer = await simulator.sdk.customers.create({ name: key }, { idempotencyKey: key });
        expect(answered.get(key) ?? customer.id).toBe(customer.id);
        answered.set(key, customer.id);
      };
      const queue = keys.values();
      let killed: Promise<unknown> | undefined;
      const client = async (): Promise<void> => {
        for (const key of queue) {
          await create(key);
          if (answered.size === round * 40 + 15) killed = end(simulator.child, "SIGKILL");
        }
      };
      const results = await Promise.allSettled(Array.from({ length: 5 }, client));
      expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "rejected"));
      await killed;
      simulator = await spawnSimulator();
      for (const key of keys) await create(key);
    }
    const kept = await simulator.sdk.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    expect(kept.map(({ name }) => name).toSorted()).toEqual([...answered.keys()].toSorted());
    expect(new Set(kept.map(({ id }) => id))).toEqual(new Set(answered.values()));
    const delivered = (): Set<string> =>
      new Set(receiver.received.filter(({ answered: status }) => status === 200).map(({ event }) => event.id));
    await receiver.until(() => delivered().size === 120);
    expect(await end(simulator.child, "SIGTERM")).toBe(0);
  });
});

describe("kill -9 in the middle of refunds", () => {
  it("gives nothing back twice and loses no refund that was answered", async () => {
    let simulator = await spawnSimulator();
    const charge = await paidCharge(simulator);
    const refund = (key: string) =>
      simulator.sdk.refunds.create({ charge: charge.id, amount: 100 }, { idempotencyKey: key });
    const keys = Array.from({ length: 60 }, (_, index) => `refund ${index}`);
    const answered = new Map<string, string>();
    let killed: Promise<unknown> | undefined;
    const queue = keys.values();
    const client = async (): Promise<void> => {
      for (const key of queue) {
        answered.set(key, (await refund(key)).id);
        if (answered.size === 20) killed = end(simulator.child, "SIGKILL");
      }
    };
    await Promise.allSettled(Array.from({ length: 4 }, client));
    await killed;
    expect(answered.size).toBeLessThan(keys.length);
    simulator = await spawnSimulator();
    for (const key of keys) {
      const { id } = await refund(key);
      expect(answered.get(key) ?? id).toBe(id);
    }
    const { data } = await simulator.sdk.refunds.list({ charge: charge.id, limit: 100 });
    expect(data).toHaveLength(keys.length);
    expect((await simulator.sdk.charges.retrieve(charge.id)).amount_refunded).toBe(6000);
    const booked = await simulator.sdk.balanceTransactions.list({ type: "refund", limit: 100 });
    expect(booked.data.reduce((sum, { net }) => sum + net, 0)).toBe(-6000);
    expect(await end(simulator.child, "SIGTERM")).toBe(0);
  });
});

describe("the command line", () => {
  it("ends with 0 on SIGTERM while a delivery waits for an answer", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => null;
    const simulator = await spawnSimulator();
    await register(simulator, receiver);
    await simulator.sdk.customers.create();
    await receiver.until(({ length }) => length === 1);
    expect(await end(simulator.child, "SIGTERM")).toBe(0);
    const again = await startUnderTest({ dataDir, ...silence });
    expect(await again.simulate("GET", "webhooks/pending")).toMatchObject({
      body: { pending: [{ status: "pending" }] },
    });
  });
});
