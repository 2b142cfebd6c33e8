import { AppError } from "../../../../functions-src/lib/domain/app-error";
import { EFFECTS } from "../../../../functions-src/lib/domain/stripe-effects";
import { processStripeEvent, sweepInbox } from "../../../../functions-src/lib/usecases/process-stripe-event";
import { replayEvent } from "../../../../functions-src/lib/usecases/replay-event";
import { showPurchase } from "../../../../functions-src/lib/usecases/show-purchase";
import { startCheckout, type CheckoutAnswer } from "../../../../functions-src/lib/usecases/start-checkout";
import { FakePayments, depsOver, failAndKeep } from "../../../support/deps";
import { DAY, T0 } from "../../../support/builders";
import { newPerson, openCheckout, type Person, startShopDatabase, type TestDeps } from "../../../support/buyer";
import type { TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.client.db("tollkeeper").collection("stripeEvents").deleteMany({});
});

const buyer = newPerson;
const checkout = (deps: TestDeps, who: Person, key = "buy", pack = "pack-100"): Promise<CheckoutAnswer> =>
  openCheckout(deps, who, { key, pack });

const store = (deps: TestDeps, id: string, objectId: string, type = "checkout.session.completed"): Promise<boolean> =>
  deps.inbox.store(
    {
      id,
      type,
      objectId,
      mode: "test",
      apiVersion: "2026-10-28.endive",
      state: "received",
      attempts: 0,
      receivedAt: T0,
      bodyHash: "0".repeat(64),
    },
    "{}",
  );

const tokens = async (deps: TestDeps, accountId: string): Promise<number> =>
  (await deps.wallets.loadWallet({ accountId, unit: "tokens" }))!.available;
const row = (id: string): Promise<Record<string, unknown> | null> =>
  test.client.db("tollkeeper").collection<{ _id: string }>("stripeEvents").findOne({ _id: id });

describe("the inbox", () => {
  it("credits once when trigger and sweep process the same event in several processes at once", async () => {
    const payments = new FakePayments();
    const processes = [
      depsOver(test.database, payments),
      depsOver(test.database, payments),
      depsOver(test.database, payments),
    ];
    const deps = processes[0]!;
    const who = await buyer(deps);
    const { sessionId } = await checkout(deps, who);
    payments.pay(sessionId);
    await store(deps, "evt_1", sessionId);
    await Promise.all(processes.flatMap((each) => [processStripeEvent(each, "evt_1", T0), sweepInbox(each, T0)]));
    await sweepInbox(deps, T0 + DAY);
    expect(await tokens(deps, who.accountId)).toBe(103);
    expect(await row("evt_1")).toMatchObject({ state: "done" });
  });

  it("credits once for any order and number of events about one session", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const { sessionId } = await checkout(deps, who);
    await store(deps, "evt_early", sessionId);
    await processStripeEvent(deps, "evt_early", T0);
    expect(await tokens(deps, who.accountId)).toBe(3);
    deps.payments.pay(sessionId);
    for (const [id, type] of [
      ["evt_b", "checkout.session.async_payment_succeeded"],
      ["evt_a", "checkout.session.completed"],
      ["evt_c", "checkout.session.completed"],
    ] as const) {
      await store(deps, id, sessionId, type);
      await processStripeEvent(deps, id, T0);
    }
    expect(await tokens(deps, who.accountId)).toBe(103);
  });

  it("settles all events about one object with one look at it, and a sweep works through thousands", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const { sessionId } = await checkout(deps, who);
    deps.payments.pay(sessionId);
    let looks = 0;
    const counted = Object.create(deps.payments, {
      loadCheckout: { value: (id: string) => ((looks += 1), deps.payments.loadCheckout(id)) },
    }) as FakePayments;
    for (let twin = 0; twin < 40; twin += 1) await store(deps, `evt_twin${twin}`, sessionId);
    await processStripeEvent({ ...deps, payments: counted }, "evt_twin7", T0);
    expect(looks).toBe(1);
    const finished = { objectId: sessionId, state: "done" };
    const inbox = test.client.db("tollkeeper").collection("stripeEvents");
    expect(await inbox.countDocuments(finished)).toBe(40);
    expect(await tokens(deps, who.accountId)).toBe(103);

    const many = Array.from({ length: 1200 }, (_, index) => `evt_flood${index}`);
    for (const id of many) await store(deps, id, `${sessionId}_${id}`, "charge.dispute.updated");
    await sweepInbox(deps, T0);
    expect(await inbox.countDocuments({ _id: { $in: many as never[] }, state: "done" })).toBe(1200);
  });

  it("waits out an outage of Stripe without limit, tells of it once it lasts, and then credits", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const { sessionId } = await checkout(deps, who);
    deps.payments.pay(sessionId);
    await store(deps, "evt_out", sessionId);
    deps.payments.failure = new AppError("unavailable", "Stripe cannot be reached now");
    let now = T0;
    for (let attempt = 0; attempt < 30; attempt += 1, now += DAY) await sweepInbox(deps, now);
    expect(await row("evt_out")).toMatchObject({ state: "received", attempts: 30 });
    expect(deps.recorded.alerts.filter(({ event }) => event === "stripe_event_failed")).toHaveLength(29);
    deps.payments.failure = null;
    await sweepInbox(deps, now);
    expect(await row("evt_out")).toMatchObject({ state: "done" });
    expect(await tokens(deps, who.accountId)).toBe(103);
  });

  it("gives a failure of our own twenty attempts, each later than the one before, then a dead letter and an alert", async () => {
    const deps = depsOver(test.database);
    await store(deps, "evt_bug", "cs_unknown");
    let now = T0;
    const turns: number[] = [];
    for (let attempt = 0; attempt < 25; attempt += 1, now += DAY) {
      await sweepInbox(deps, now);
      turns.push(Number((await row("evt_bug"))!["nextAttemptAt"]) - now);
    }
    expect(turns.slice(0, 4)).toEqual([4_000, 8_000, 16_000, 32_000]);
    expect(await row("evt_bug")).toMatchObject({
      state: "dead",
      attempts: 20,
      failure: expect.stringContaining("cs_unknown"),
    });
    expect(deps.recorded.alerts.at(-1)).toMatchObject({ event: "stripe_event_dead", facts: { eventId: "evt_bug" } });
  });

  it("stores an event once and leaves a finished one alone", async () => {
    const deps = depsOver(test.database);
    expect([
      await store(deps, "evt_x", "cs_x", "customer.updated"),
      await store(deps, "evt_x", "cs_x", "customer.updated"),
    ]).toEqual([true, false]);
    await processStripeEvent(deps, "evt_x", T0);
    await processStripeEvent(deps, "evt_x", T0 + DAY);
    expect(await row("evt_x")).toMatchObject({ state: "done", attempts: 1 });
  });

  it("knows every event type it was written for by an effect or by a reason to ignore it", () => {
    const meanings = Object.keys(EFFECTS).flatMap((type) =>
      EFFECTS[type]!({ type, objectId: "x" }).map((effect) => ({
        kind: effect.kind === "settle_money_back" ? effect.object.kind : effect.kind,
        type,
      })),
    );
    const kinds = [...new Set(meanings.map(({ kind }) => kind))];
    const typesOf = (wanted: string) => meanings.filter(({ kind }) => kind === wanted).map(({ type }) => type);
    expect(kinds.map((kind) => [kind, typesOf(kind)])).toEqual([
      ["settle_checkout", ["checkout.session.completed", "checkout.session.async_payment_succeeded"]],
      ["settle_top_up", ["succeeded", "payment_failed", "canceled"].map((end) => `payment_intent.${end}`)],
      ["refund", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]],
      ["charge", ["charge.refunded"]],
      ["credit_note", ["credit_note.created", "credit_note.updated", "credit_note.voided"]],
      [
        "dispute",
        ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"].map((end) => `charge.dispute.${end}`),
      ],
      ["warning", ["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"]],
    ]);
  });
});

describe("starting a checkout", () => {
  it("asks under a new key at once when Stripe fails and keeps that", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    failAndKeep(deps.payments, "createPackCheckout", { works: false });
    expect(await checkout(deps, who, "k")).toMatchObject({ ok: true, replayed: false });
    expect(deps.payments.sessions.size).toBe(1);
  });

  it("finishes a call that died between Stripe and the answer, with the same session", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const dying = { ...deps, operations: { ...deps.operations, finish: () => Promise.reject(new Error("killed")) } };
    const input = {
      key: "k",
      pack: "pack-100",
      quantity: 1,
      saveCard: false,
      coupon: null,
      successUrl: "https://a.example/",
      cancelUrl: "https://a.example/",
    };
    await expect(startCheckout(dying, { ...who, input }, T0)).rejects.toThrow("killed");
    const answer = await checkout(deps, who, "k");
    expect(deps.payments.sessions.size).toBe(1);
    expect([...deps.payments.sessions.keys()]).toEqual([answer.sessionId]);
  });

  it("uses one Stripe customer for an account, however many first checkouts race", async () => {
    const payments = new FakePayments();
    const deps = depsOver(test.database, payments);
    const who = await buyer(deps);
    await Promise.all(["a", "b", "c", "d"].map((key) => checkout(depsOver(test.database, payments), who, key)));
    expect(new Set([...payments.sessions.values()].map((session) => session.customerId)).size).toBe(1);
  });

  it("refuses another input under the same key, before it looks at anything else", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    await checkout(deps, who, "k");
    const input = {
      key: "k",
      pack: "no-such-pack",
      quantity: 1,
      saveCard: false,
      coupon: null,
      successUrl: "https://a.example/",
      cancelUrl: "https://a.example/",
    };
    expect(await startCheckout(deps, { ...who, input }, T0)).toMatchObject({ ok: false, code: "key_reused" });
  });

  it("takes a promotion code: the payment is what was paid, the units are those of the pack; an unknown one is refused", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const urls = { successUrl: "https://a.example/", cancelUrl: "https://a.example/" };
    const buy = (key: string, coupon: string) =>
      startCheckout(
        deps,
        { ...who, input: { key, pack: "pack-100", quantity: 2, saveCard: false, coupon, ...urls } },
        T0,
      );
    expect(await buy("a", "NONE")).toMatchObject({ ok: false, code: "coupon_invalid" });
    const { sessionId } = (await buy("a", "HALF")) as CheckoutAnswer;
    deps.payments.pay(sessionId);
    await store(deps, "evt_half", sessionId);
    await processStripeEvent(deps, "evt_half", T0);
    expect(await tokens(deps, who.accountId)).toBe(203);
    expect(await deps.paymentRecords.find(who.accountId, `pack:${sessionId}`)).toMatchObject({
      valueMinor: 1000,
      unitsGranted: 200,
    });
  });

  it("replaces a customer that was deleted at Stripe, once for all who find it gone", async () => {
    const payments = new FakePayments();
    const deps = depsOver(test.database, payments);
    const who = await buyer(deps);
    await checkout(deps, who, "first");
    const [gone = "none"] = payments.customers;
    payments.gone.add(gone);
    const answers = await Promise.all(
      ["a", "b", "c"].map((key) => checkout(depsOver(test.database, payments), who, key)),
    );
    const customers = new Set(answers.map(({ sessionId }) => payments.sessions.get(sessionId)?.customerId));
    expect([customers.size, customers.has(gone)]).toEqual([1, false]);
    expect((await deps.accounts.findAccount(who.accountId))?.stripeCustomers).toEqual({ test: [...customers][0] });
    expect(deps.recorded.alerts).toEqual([]);
  });
});

describe("what became of a purchase", () => {
  const ask = (deps: TestDeps, who: Awaited<ReturnType<typeof buyer>>, sessionId: string) =>
    showPurchase(deps, { ...who, input: { sessionId } }, T0);

  it("is told to the page that the buyer comes back to, which credits when the webhook is late", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const { sessionId } = await checkout(deps, who);
    expect(await ask(deps, who, sessionId)).toMatchObject({ status: "waiting", why: "session is open", entryId: null });
    deps.payments.pay(sessionId);
    const granted = await ask(deps, who, sessionId);
    expect(granted).toMatchObject({ status: "granted", paymentId: `pack:${sessionId}`, entryId: expect.any(String) });
    expect(await ask(deps, who, sessionId)).toEqual(granted);
    expect(await tokens(deps, who.accountId)).toBe(103);
  });

  it("is nobody else's business", async () => {
    const deps = depsOver(test.database);
    const { sessionId } = await checkout(deps, await buyer(deps));
    await expect(ask(deps, await buyer(deps), sessionId)).rejects.toThrow(
      "expected a checkout session of this account",
    );
  });
});

describe("an event that an operator replays", () => {
  const operator = { kind: "operator", id: "op" } as const;

  it("is processed once more, and credits nothing twice", async () => {
    const deps = depsOver(test.database);
    const who = await buyer(deps);
    const { sessionId } = await checkout(deps, who);
    deps.payments.pay(sessionId);
    await store(deps, "evt_again", sessionId);
    deps.payments.failure = new Error("a bug of ours");
    await processStripeEvent(deps, "evt_again", T0);
    const eventId = { eventId: "evt_again" };
    expect(await replayEvent(deps, operator, { ...eventId, reason: null }, T0)).toMatchObject({
      state: "received",
      failure: "a bug of ours",
    });
    deps.payments.failure = null;
    expect(await replayEvent(deps, operator, { ...eventId, reason: null }, T0)).toMatchObject({
      ok: true,
      state: "done",
      failure: null,
    });
    expect(await replayEvent(deps, operator, { ...eventId, reason: null }, T0)).toMatchObject({
      ok: true,
      state: "done",
    });
    expect(await tokens(deps, who.accountId)).toBe(103);
  });

  it("is refused when it is of the other mode, or unknown", async () => {
    const deps = depsOver(test.database);
    await store(deps, "evt_live", "cs_live");
    const events = test.client.db("tollkeeper").collection<{ _id: string }>("stripeEvents");
    await events.updateOne({ _id: "evt_live" }, { $set: { mode: "live", state: "parked" } });
    await expect(replayEvent(deps, operator, { eventId: "evt_live", reason: null }, T0)).rejects.toThrow(
      "event of mode live",
    );
    await expect(replayEvent(deps, operator, { eventId: "evt_none", reason: null }, T0)).rejects.toThrow(
      "expected a received event",
    );
  });
});
