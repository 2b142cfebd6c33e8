import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeAll, failureOf, register, startReceiver, startUnderTest } from "./simulator-under-test";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "stripe-faults-"));
});
afterEach(async () => {
  await closeAll();
  rmSync(dataDir, { recursive: true });
});

describe("a restart", () => {
  it("goes on with the rules where they were, and keeps their log", async () => {
    const before = await startUnderTest({ dataDir });
    const effect = { kind: "status", status: 503 };
    await before.simulate("POST", "faults", { rules: [{ plane: "api", nth: 2, times: 2, effect }] });
    await before.sdk.customers.list();
    await failureOf(before.sdk.customers.list());
    await before.close();
    const after = await startUnderTest({ dataDir });
    expect(await failureOf(after.sdk.customers.list())).toMatchObject({ statusCode: 503 });
    await after.sdk.customers.list();
    const { body } = await after.simulate("GET", "faults");
    expect(body).toMatchObject({ rules: [{ seen: 4, hits: 2 }], log: [{ effect: "status" }, { effect: "status" }] });
  });

  it("keeps invoices, and a secret that is being rolled", async () => {
    const before = await startUnderTest({ dataDir });
    const receiver = await startReceiver();
    const endpoint = await register(before, receiver, ["customer.created"]);
    await before.simulate("POST", `webhook_endpoints/${endpoint.id}/roll_secret`);
    const customer = await before.sdk.customers.create();
    const { id } = await before.sdk.invoices.create({ customer: customer.id });
    await before.sdk.invoices.addLines(id, { lines: [{ amount: 900 }] });
    await before.close();
    const after = await startUnderTest({ dataDir });
    const paid = await after.sdk.invoices.pay(id, { payment_method: "pm_card_visa" });
    expect(paid).toMatchObject({ status: "paid", amount_paid: 900, lines: { data: [{ amount: 900 }] } });
    await after.sdk.customers.create();
    await receiver.until(({ length }) => length === 2);
    for (const { body, signature } of receiver.received) {
      expect(after.sdk.webhooks.constructEvent(body, signature, endpoint.secret ?? "").type).toBe("customer.created");
    }
  });
});
