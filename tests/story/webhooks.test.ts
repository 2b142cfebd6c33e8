import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import type { BalanceAnswer, CheckoutAnswer } from "../../functions-src/lib/contract";
import { call, databaseOf, startProductUnderTest, until, type ProductUnderTest } from "../support/product";

const dataDir = mkdtempSync(join(tmpdir(), "tollkeeper-webhooks-"));
let product: ProductUnderTest;
beforeAll(async () => {
  product = await startProductUnderTest(dataDir);
});
afterAll(async () => {
  await product.close();
  rmSync(dataDir, { recursive: true });
});

const sign = (payload: string, offsetSeconds = 0, secret = product.stripe!.webhookSecret): string =>
  Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp: Math.floor(Date.now() / 1000) + offsetSeconds,
  });

const deliver = (payload: string, signature: string): Promise<Response> =>
  fetch(product.webhookUrl, {
    method: "POST",
    headers: { "stripe-signature": signature, "content-type": "application/json" },
    body: payload,
  });

/** A paid session whose own deliveries are lost, and the event that told of it. */
async function paidInSilence(
  email: string,
): Promise<{ payload: string; eventId: string; balance: () => Promise<number> }> {
  const user = await product.signUp(email);
  const checkout = await call<CheckoutAnswer>(user, "billing/checkout", {
    key: "buy",
    pack: "pack-100",
    successUrl: "https://shop.example/",
    cancelUrl: "https://shop.example/",
  });
  await product.simulate("faults", { drop: 1 });
  await product.simulate(`checkout/${checkout.sessionId}/pay`);
  await product.simulate("faults", {});
  const { data } = await product.sdk.events.list({ type: "checkout.session.completed", limit: 1 });
  const event = data[0];
  if (event === undefined) throw new Error("the simulator told of no completed session");
  return {
    payload: JSON.stringify(event),
    eventId: event.id,
    balance: async () => (await call<BalanceAnswer>(user, "wallet/balance")).available,
  };
}

describe("the Stripe webhook", () => {
  it("credits once when one event comes five times at once, and again after a restart", async () => {
    const { payload, balance, eventId } = await paidInSilence("five@example.org");
    expect(await balance()).toBe(3);
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(payload, sign(payload))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await until("the pack", balance, (tokens) => tokens === 103);

    await product.close();
    product = await startProductUnderTest(dataDir);
    expect((await deliver(payload, sign(payload))).status).toBe(200);
    await until(
      "the event to be done",
      () =>
        databaseOf(product).collection<{ _id: string }>("stripeEvents").countDocuments({ _id: eventId, state: "done" }),
      (count) => count === 1,
    );
    const grants = await databaseOf(product).collection("ledger").countDocuments({ "cause.kind": "pack" });
    expect(grants).toBe(1);
  });

  it("credits once when two different events tell of one payment", async () => {
    const { payload, balance } = await paidInSilence("twin@example.org");
    const twin = JSON.stringify({ ...(JSON.parse(payload) as object), id: "evt_twin" });
    await Promise.all([deliver(payload, sign(payload)), deliver(twin, sign(twin))]);
    await until("both events to be done", balance, (tokens) => tokens === 103);
    await until(
      "the twin to be done",
      () =>
        databaseOf(product)
          .collection<{ _id: string }>("stripeEvents")
          .countDocuments({ _id: "evt_twin", state: "done" }),
      (count) => count === 1,
    );
    expect(await balance()).toBe(103);
  });

  it("answers 400 and leaves no trace when the delivery cannot be believed", async () => {
    const { payload, balance } = await paidInSilence("forged@example.org");
    const events = databaseOf(product).collection("stripeEvents");
    const bodies = databaseOf(product).collection("stripeEventBodies");
    const before = [await events.countDocuments(), await bodies.countDocuments()];
    const forged: readonly [string, string, string][] = [
      ["wrong secret", payload, sign(payload, 0, "whsec_of_somebody_else")],
      ["old", payload, sign(payload, -301)],
      ["future", payload, sign(payload, 301)],
      ["changed body", payload.replace("100", "900"), sign(payload)],
      ["re-serialized body", JSON.stringify(JSON.parse(payload), null, 1), sign(payload)],
      ["no signature", payload, ""],
      ["garbage", "not json", sign("not json")],
    ];
    for (const [what, body, signature] of forged) {
      const answer = await deliver(body, signature);
      expect([what, answer.status]).toEqual([what, 400]);
    }
    expect([await events.countDocuments(), await bodies.countDocuments()]).toEqual(before);
    expect(await balance()).toBe(3);
  });

  it("accepts a clock that is four minutes off, either way", async () => {
    const { payload, balance } = await paidInSilence("skew@example.org");
    expect((await deliver(payload, sign(payload, -240))).status).toBe(200);
    expect((await deliver(payload, sign(payload, 240))).status).toBe(200);
    await until("the pack", balance, (tokens) => tokens === 103);
  });

  it("keeps events of the other mode and of another release train without acting on them", async () => {
    const { payload, balance } = await paidInSilence("parked@example.org");
    const event = JSON.parse(payload) as object;
    const live = JSON.stringify({ ...event, id: "evt_live", livemode: true });
    const older = JSON.stringify({ ...event, id: "evt_older", api_version: "2025-03-31.basil" });
    expect((await deliver(live, sign(live))).status).toBe(200);
    expect((await deliver(older, sign(older))).status).toBe(200);
    const parked = await databaseOf(product).collection("stripeEvents").countDocuments({ state: "parked" });
    expect(parked).toBe(2);
    expect(await balance()).toBe(3);
  });
});
