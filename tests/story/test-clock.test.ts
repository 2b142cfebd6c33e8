import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Credentials, type User } from "realm-web";
import type { BalanceAnswer, CheckoutAnswer, ConsumeAnswer, VerifyAnswer } from "../../functions-src/lib/contract";
import { call, databaseOf, startProductUnderTest, until, type ProductUnderTest } from "../support/product";

const DAY = 86_400;
const urls = { successUrl: "https://shop.example/thanks", cancelUrl: "https://shop.example/" };

interface Answer {
  readonly status: number;
  readonly body: { readonly now?: string; readonly error?: string };
}

async function advance(product: ProductUnderTest, body: object): Promise<Answer> {
  const response = await fetch(`${product.baseUrl}/_dev/clock/advance`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function nowOf(product: ProductUnderTest): Promise<number> {
  return Date.parse((await advance(product, { seconds: 0 })).body.now ?? "");
}

/** How often the sweep of the inbox ran, as the metrics tell. */
async function sweeps(product: ProductUnderTest): Promise<number> {
  const metrics = await (await fetch(`${product.baseUrl}/metrics`)).text();
  const line = metrics
    .split("\n")
    .find((text) => /^app_services_trigger_runs_total\{.*inboxSweep.*\}/.test(text) && text.includes("success"));
  return Number(line?.split(" ").at(-1) ?? 0);
}

const available = async (user: User): Promise<number> => (await call<BalanceAnswer>(user, "wallet/balance")).available;

async function buy(product: ProductUnderTest, user: User, pack: string): Promise<void> {
  const before = await available(user);
  const { sessionId } = await call<CheckoutAnswer>(user, "billing/checkout", { key: `buy-${before}`, pack, ...urls });
  await product.simulate(`checkout/${sessionId}/pay`);
  await until(
    "the pack",
    () => available(user),
    (tokens) => tokens > before,
  );
}

describe("a product whose time stands still", () => {
  let product: ProductUnderTest;
  beforeAll(async () => {
    product = await startProductUnderTest(":memory:", { TEST_CLOCK: "1" });
  });
  afterAll(() => product.close());

  const signInAgain = (email: string): Promise<User> =>
    new App({ id: product.appId, baseUrl: product.baseUrl }).logIn(Credentials.emailPassword(email, "correct horse"));

  it("lets a year pass at once: tokens bought for 365 days are gone on day 366, and the ledger still proves itself", async () => {
    // Ten days ahead of the machine, so that a webhook signed with real time would be refused.
    await advance(product, { seconds: 10 * DAY });
    const ada = await product.signUp("ada@clock.test");
    await buy(product, ada, "pack-1000");
    const bought = await call<BalanceAnswer>(ada, "wallet/balance");
    expect(bought).toMatchObject({ available: 1003, nextExpiry: { amount: 1000 } });
    const boughtAt = await nowOf(product);
    expect(Number(bought.nextExpiry?.at)).toBe(boughtAt + 365 * DAY * 1000);

    // The last moment of the pack, to the millisecond, and then the first without it: intervals are half-open.
    await advance(product, { to: new Date(boughtAt + 365 * DAY * 1000 - 1).toISOString() });
    const later = await signInAgain("ada@clock.test");
    expect(await available(later)).toBe(1003);
    const { status, body } = await advance(product, { to: new Date(boughtAt + 366 * DAY * 1000).toISOString() });
    expect([status, body]).toEqual([200, { now: new Date(boughtAt + 366 * DAY * 1000).toISOString() }]);
    const after = await call<BalanceAnswer>(later, "wallet/balance");
    expect(after.available).toBe(3);
    expect(after.lots.map((lot) => [lot.class, lot.remaining])).toEqual([["promo", 3]]);

    const refused = await call<object>(later, "wallet/consume", { key: "too-late", amount: 4 });
    expect(refused).toMatchObject({ ok: false, code: "insufficient_tokens", available: 3 });
    const spent = await call<ConsumeAnswer>(later, "wallet/consume", { key: "in-time", amount: 1 });
    expect(spent).toMatchObject({ ok: true, balance: { available: 2 } });
    expect(Number(spent.at)).toBe(boughtAt + 366 * DAY * 1000);
    const operator = await product.signInOperator();
    expect(await call<VerifyAnswer>(operator, "admin/verify")).toMatchObject({ ok: true, problems: [] });
  });

  it("renews what realm-web holds by itself, until the session is over after 60 days", async () => {
    const bob = await product.signUp("bob@clock.test");
    const token = bob.accessToken;
    await advance(product, { seconds: 59 * DAY });
    expect(await available(bob)).toBe(3);
    expect(bob.accessToken).not.toBe(token);
    await advance(product, { seconds: 2 * DAY });
    await expect(bob.callFunction("wallet/balance", {})).rejects.toThrow(/invalid session/i);
  });

  it("runs the sweeps that fell due: once, or slot by slot when asked to", async () => {
    const minute = Math.ceil((await nowOf(product)) / 60_000) * 60_000;
    await advance(product, { to: new Date(minute).toISOString() });
    const before = await sweeps(product);
    await advance(product, { seconds: 600 });
    expect(await sweeps(product)).toBe(before + 1);
    await advance(product, { seconds: 600, everySlot: true });
    expect(await sweeps(product)).toBe(before + 11);
    await advance(product, { seconds: 0 });
    expect(await sweeps(product)).toBe(before + 11);
  });

  it("moves the simulator too, whose events of the way have arrived when the advance is done", async () => {
    const eve = await product.signUp("eve@clock.test");
    const { sessionId } = await call<CheckoutAnswer>(eve, "billing/checkout", { key: "x", pack: "pack-100", ...urls });
    const session = await product.sdk.checkout.sessions.retrieve(sessionId);
    expect(session.created).toBe(Math.floor((await nowOf(product)) / 1000));
    await advance(product, { seconds: 25 * 3600 });
    const arrived = await databaseOf(product)
      .collection("stripeEvents")
      .countDocuments({ type: "checkout.session.expired", objectId: sessionId });
    expect(arrived).toBe(1);
    const { data } = await product.sdk.events.list({ type: "checkout.session.expired", limit: 1 });
    expect(data[0]?.created).toBe(session.expires_at);
    expect(await product.simulate("clock/advance", { seconds: 1 })).toMatchObject({
      error: expect.stringContaining("/_dev/clock/advance"),
    });
  });

  it("lets a payment that was on its way arrive before time moves on, so that no webhook is refused as too old", async () => {
    const gil = await product.signUp("gil@clock.test");
    const paidAt = await nowOf(product);
    const sessions = await Promise.all(
      [1, 2, 3].map((key) =>
        call<CheckoutAnswer>(gil, "billing/checkout", { key: `${key}`, pack: "pack-100", ...urls }),
      ),
    );
    await Promise.all(sessions.map(({ sessionId }) => product.simulate(`checkout/${sessionId}/pay`)));
    await advance(product, { seconds: 30 * DAY });
    const events = databaseOf(product).collection("stripeEvents");
    const objectIds = sessions.map(({ sessionId }) => sessionId);
    const completed = { type: "checkout.session.completed", objectId: { $in: objectIds } };
    const received = await events.find(completed).toArray();
    expect(received.map(({ receivedAt }) => Number(receivedAt))).toEqual([paidAt, paidAt, paidAt]);
    await until(
      "the packs",
      () => available(gil),
      (tokens) => tokens === 303,
    );
  });

  it("refuses to go anywhere that is no time ahead, by path, value and expectation", async () => {
    const before = await nowOf(product);
    const rows: readonly [object, string][] = [
      [{ seconds: -1 }, "seconds: expected a whole number, 0 or more, got -1"],
      [{ to: "2020-01-01T00:00:00Z" }, "to: expected an instant not before "],
      [{ seconds: 1, to: "2099-01-01T00:00:00Z" }, "seconds, to: expected exactly one of them, got both"],
      [{ hours: 1 }, "hours: expected no such field"],
    ];
    for (const [body, message] of rows) {
      expect(await advance(product, body)).toMatchObject({
        status: 400,
        body: { error: expect.stringContaining(message) },
      });
    }
    expect(await nowOf(product)).toBe(before);
  });
});

describe("a restart", () => {
  it("goes on where time stood, in the runtime and in the simulator", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "clock-"));
    try {
      const first = await startProductUnderTest(dataDir, { TEST_CLOCK: "1" });
      const { body } = await advance(first, { seconds: 40 * DAY });
      await first.close();
      const second = await startProductUnderTest(dataDir, { TEST_CLOCK: "1" });
      expect((await advance(second, { seconds: 0 })).body).toEqual(body);
      const customer = await second.sdk.customers.create();
      expect(customer.created).toBe(Math.floor(Date.parse(body.now ?? "") / 1000));
      const fay = await second.signUp("fay@clock.test");
      await buy(second, fay, "pack-100");
      expect(await available(fay)).toBe(103);
      await second.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe("without TEST_CLOCK", () => {
  it("has nothing that could move time", async () => {
    const product = await startProductUnderTest();
    expect((await advance(product, { seconds: 1 })).status).toBe(404);
    await product.close();
  });
});
