import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { sweepDeliveries } from "../../../../functions-src/lib/usecases/deliver-webhooks";
import { manageWebhooks, type WebhooksInput } from "../../../../functions-src/lib/usecases/manage-webhooks";
import { sendOutbox, sweepOutbox } from "../../../../functions-src/lib/usecases/send-outbox";
import { setAlerts } from "../../../../functions-src/lib/usecases/settings";
import { grantOf, spendOf } from "../../../support/builders";
import { depsOver } from "../../../support/deps";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

interface Heard {
  readonly headers: Record<string, string>;
  readonly body: string;
}

const NOW = Date.now();
const MINUTE = 60_000;
const operator = { kind: "operator", id: "op" } as const;

let test: TestDatabase;
let server: Server;
let url: string;
let heard: Heard[] = [];
let status = 204;
let count = 0;
beforeAll(async () => {
  test = await startTestDatabase();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      heard.push({ headers: request.headers as Record<string, string>, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await test.close();
});
beforeEach(async () => {
  heard = [];
  status = 204;
  for (const name of ["webhookEndpoints", "webhookDeliveries", "outbox"]) {
    await test.client.db("tollkeeper").collection(name).deleteMany({});
  }
});

type TestDeps = ReturnType<typeof depsOver>;
const manage = (deps: TestDeps, input: WebhooksInput, now = NOW) => manageWebhooks(deps, operator, input, now);
const reason = "for a test";
async function subscribe(deps: TestDeps, to = url): Promise<{ readonly endpointId: string; readonly secret: string }> {
  const { endpoint, secret = "" } = await manage(deps, { action: "create", url: to, types: null, reason });
  return { endpointId: endpoint?.endpointId ?? "", secret };
}
/** Lets a wallet fall below its threshold. Returns: the id of the message in the outbox. */
async function warn(deps: TestDeps): Promise<string> {
  const ref = { accountId: `hooks${(count += 1)}`, unit: "tokens" };
  await deps.post(ref, grantOf(10), NOW);
  const caller = { kind: "user", userId: "u", email: null, anonymous: false } as const;
  const input = { unit: ref.unit, threshold: toAmount(8), channel: "mail" };
  await setAlerts(deps, { caller, accountId: ref.accountId, input });
  await deps.post(ref, spendOf(3), NOW);
  const row = await test.client
    .db("tollkeeper")
    .collection<{ _id: string }>("outbox")
    .findOne({ accountId: ref.accountId } as never);
  return String(row?._id);
}
const deliveriesOf = async (deps: TestDeps, endpointId: string) =>
  (await manage(deps, { action: "deliveries", endpointId, limit: 50, before: null })).deliveries ?? [];

describe("a warning", () => {
  it("reaches every subscriber once, signed so that the scheme's own library believes it", async () => {
    const deps = depsOver(test.database);
    const { secret, endpointId } = await subscribe(deps);
    const id = await warn(deps);
    await Promise.all([sendOutbox(deps, id, NOW), sendOutbox(depsOver(test.database), id, NOW)]);
    await sweepOutbox(deps, NOW + MINUTE);
    expect(heard).toHaveLength(1);
    const event = new Webhook(secret).verify(heard[0]?.body ?? "", heard[0]?.headers ?? {});
    expect(event).toMatchObject({
      type: "wallet.low_balance",
      data: { available: 7, threshold: 8, unit: "tokens", channel: "mail" },
    });
    expect(await deliveriesOf(deps, endpointId)).toMatchObject([{ state: "delivered", tries: 1, status: 204 }]);
  });

  it("comes again for three days while its receiver fails, always as the same message; then an operator replays it", async () => {
    const deps = depsOver(test.database);
    const { endpointId } = await subscribe(deps);
    status = 500;
    await sendOutbox(deps, await warn(deps), NOW);
    const [first] = await deliveriesOf(deps, endpointId);
    expect(first).toMatchObject({ state: "pending", tries: 1, failure: "answered 500" });
    for (let now = NOW; ;) {
      const [delivery] = await deliveriesOf(deps, endpointId);
      if (delivery?.nextAttemptAt == null) break;
      expect(Number(delivery.nextAttemptAt)).toBeGreaterThan(now);
      now = Number(delivery.nextAttemptAt);
      await sweepDeliveries(deps, now - 1);
      await sweepDeliveries(deps, now);
    }
    expect(await deliveriesOf(deps, endpointId)).toMatchObject([{ state: "failed", tries: 10 }]);
    expect(new Set(heard.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(heard).toHaveLength(10);
    expect(deps.recorded.alerts).toContainEqual(expect.objectContaining({ event: "webhook_failed" }));
    status = 200;
    const deliveryId = first?.deliveryId ?? "";
    expect(await manage(deps, { action: "replay", deliveryId, reason })).toMatchObject({
      delivery: { state: "delivered", status: 200, failure: null },
    });
  });

  it("is signed with both secrets for a day after a roll", async () => {
    const deps = depsOver(test.database);
    const { endpointId, secret: old } = await subscribe(deps);
    const { secret: fresh = "" } = await manage(deps, { action: "rotate", endpointId, reason });
    await sendOutbox(deps, await warn(deps), NOW);
    for (const secret of [old, fresh]) {
      expect(new Webhook(secret).verify(heard[0]?.body ?? "", heard[0]?.headers ?? {})).toBeDefined();
    }
    const later = NOW + 24 * 60 * MINUTE;
    await sendOutbox(deps, await warn(deps), later);
    expect(heard[1]?.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
  });

  it("stops at a receiver that says it is gone, and is heard by the others", async () => {
    const deps = depsOver(test.database);
    const { endpointId: gone } = await subscribe(deps);
    const { endpointId: deaf } = await subscribe(deps, "http://127.0.0.1:9/nobody");
    status = 410;
    await sendOutbox(deps, await warn(deps), NOW);
    expect(await deliveriesOf(deps, gone)).toMatchObject([{ state: "failed", status: 410 }]);
    expect(await deliveriesOf(deps, deaf)).toMatchObject([{ state: "pending", status: null }]);
    const { endpoints = [] } = await manage(deps, { action: "list" });
    expect(endpoints.find(({ endpointId }) => endpointId === gone)).toMatchObject({ status: "disabled" });
    expect(JSON.stringify(endpoints)).not.toContain("whsec_");
    await manage(deps, { action: "enable", endpointId: gone, reason });
    status = 200;
    await sendOutbox(deps, await warn(deps), NOW);
    expect((await deliveriesOf(deps, gone)).map(({ state }) => state).toSorted()).toEqual(["delivered", "failed"]);
  });

  it("without subscribers is done with, and an unknown endpoint is an error that names it", async () => {
    const deps = depsOver(test.database);
    const id = await warn(deps);
    await sendOutbox(deps, id, NOW);
    const row = await test.client.db("tollkeeper").collection<{ _id: string }>("outbox").findOne({ _id: id });
    expect(row).toMatchObject({ state: "sent", answer: "0 subscribers" });
    await expect(manage(deps, { action: "rotate", endpointId: "ep_none", reason })).rejects.toThrow('got "ep_none"');
  });
});
