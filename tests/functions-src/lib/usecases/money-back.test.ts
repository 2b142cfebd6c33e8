import { AppError } from "../../../../functions-src/lib/domain/app-error";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { NO_MONEY_BACK, type MoneyBack } from "../../../../functions-src/lib/domain/money-back";
import { consume } from "../../../../functions-src/lib/usecases/consume";
import { processStripeEvent, sweepInbox } from "../../../../functions-src/lib/usecases/process-stripe-event";
import { requestRefund } from "../../../../functions-src/lib/usecases/request-refund";
import { sendOutbox, sweepOutbox } from "../../../../functions-src/lib/usecases/send-outbox";
import { trace } from "../../../../functions-src/lib/usecases/trace";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import { createSeededRandom } from "../../../../scripts/prove/seeded-random";
import { DAY, T0 } from "../../../support/builders";
import { newBuyer, startShopDatabase } from "../../../support/buyer";
import { FakePayments, depsOver, failAndKeep } from "../../../support/deps";
import type { TestDatabase } from "../../../support/embedded";

const SAMPLES = 20;

let test: TestDatabase;
let count = 0;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());
afterEach(async () => {
  // What one test left in the outbox is not for the next one's Stripe.
  await test.client.db("tollkeeper").collection("outbox").deleteMany({});
});

/** A buyer with a Stripe of their own. */
type Buyer = Awaited<ReturnType<typeof buyer>>;
async function buyer() {
  const payments = new FakePayments();
  const deps = depsOver(test.database, payments);
  return { ...(await newBuyer(deps)), deps, payments };
}

async function deliver({ deps }: Buyer, type: string, objectId: string, now = T0): Promise<string> {
  const id = `evt_money_${(count += 1)}`;
  const event = { id, type, objectId, mode: "test", apiVersion: "2026-10-28.endive", state: "received" } as const;
  await deps.inbox.store({ ...event, attempts: 0, receivedAt: now, bodyHash: "0".repeat(64) }, "{}");
  await processStripeEvent(deps, id, now);
  return id;
}

const say = (who: Buyer, money: Partial<MoneyBack>): void =>
  void who.payments.moneyBack.set(`pi_${who.sessionId}`, { ...NO_MONEY_BACK, ...money });
const refund = (id: string, amountMinor: number, status: "pending" | "succeeded" | "failed" = "succeeded") => ({
  id,
  status,
  amountMinor: toAmount(amountMinor),
});
const dispute = (id: string, state: MoneyBack["disputes"][number]["state"]) => ({
  id,
  state,
  amountMinor: toAmount(1000),
  fraud: false,
});
const walletOf = async ({ deps, accountId }: Buyer) => (await deps.wallets.loadWallet({ accountId, unit: "tokens" }))!;
const paymentOf = ({ deps, accountId, sessionId }: Buyer) => deps.paymentRecords.find(accountId, `pack:${sessionId}`);
const spend = (who: Buyer, amount: number) =>
  consume(
    who.deps,
    {
      caller: who.caller,
      accountId: who.accountId,
      input: {
        key: `k${(count += 1)}`,
        amount: toAmount(amount),
        quantity: null,
        unit: "tokens",
        feature: null,
        metadata: null,
      },
    },
    T0,
  );

/** The ledger in words that are the same for every buyer. */
async function ledgerOf(who: Buyer): Promise<unknown> {
  const wallet = { id: `${who.accountId}:tokens`, accountId: who.accountId };
  const entries = await who.deps.wallets.listOldest({ wallet, afterSeq: 0, limit: 100 });
  const told = entries.map(({ recordedAt: _r, prevHash: _p, hash: _h, fingerprint: _f, ...entry }) => entry);
  return JSON.parse(JSON.stringify(told).replaceAll(who.accountId, "acc").replaceAll(who.sessionId, "cs")) as unknown;
}

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutationsOf([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

type StoryEvent = readonly [type: string, object: string];

interface Story {
  readonly name: string;
  readonly money: Partial<MoneyBack>;
  /** Type and object of each effectful event; `session` stands for the checkout session. */
  readonly events: readonly [StoryEvent, ...StoryEvent[]];
  readonly ends: object;
}
const COMPLETED = ["checkout.session.completed", "session"] as const;
const STORIES: readonly Story[] = [
  { name: "a pack", money: {}, events: [COMPLETED, COMPLETED], ends: { available: 103 } },
  {
    name: "a pack that is paid later",
    money: {},
    events: [COMPLETED, ["checkout.session.async_payment_succeeded", "session"]],
    ends: { available: 103 },
  },
  {
    name: "a partial refund and one of the rest",
    money: { refunds: [refund("re_1", 250), refund("re_2", 750)] },
    events: [
      COMPLETED,
      ["refund.created", "re_1"],
      ["refund.updated", "re_1"],
      ["refund.created", "re_2"],
      ["charge.refund.updated", "re_2"],
    ],
    ends: { available: 3, debt: 0 },
  },
  {
    name: "a dispute that is won",
    money: { disputes: [dispute("dp_1", "closed")] },
    events: [
      COMPLETED,
      ["charge.dispute.created", "dp_1"],
      ["charge.dispute.funds_withdrawn", "dp_1"],
      ["charge.dispute.closed", "dp_1"],
      ["charge.dispute.funds_reinstated", "dp_1"],
    ],
    ends: { available: 103, frozen: 0, debt: 0 },
  },
  {
    name: "a refund, then a dispute that is lost",
    money: { refunds: [refund("re_1", 250)], disputes: [dispute("dp_1", "lost")] },
    events: [
      COMPLETED,
      ["refund.created", "re_1"],
      ["charge.dispute.created", "dp_1"],
      ["charge.dispute.funds_withdrawn", "dp_1"],
      ["charge.dispute.closed", "dp_1"],
    ],
    ends: { available: 3, frozen: 0, debt: 0 },
  },
];

/** Every order of the events, and some with up to two of them twice. */
function ordersOf({ events }: Story): (readonly (readonly [string, string])[])[] {
  const random = createSeededRandom(6);
  const doubled = Array.from({ length: SAMPLES }, () => {
    const drawn = [...events, ...Array.from({ length: 2 }, () => random.pick(events))];
    return drawn.map((event) => ({ event, at: random.below(1_000_000) })).sort((left, right) => left.at - right.at);
  });
  return [...permutationsOf(events), ...doubled.map((order) => order.map(({ event }) => event))];
}

describe("all events of a story, in whatever order and how often they come", () => {
  it.each(STORIES)(
    "of $name lead to one ledger",
    async (story) => {
      let expected: unknown = null;
      for (const order of ordersOf(story)) {
        const who = await buyer();
        const ids = ["re_1", "re_2", "dp_1"];
        // Objects are named per buyer: two payments never share a refund.
        const named = JSON.parse(
          ids.reduce((text, id) => text.replaceAll(id, `${id}_${who.sessionId}`), JSON.stringify(story.money)),
        ) as Partial<MoneyBack>;
        say(who, named);
        for (const [type, object] of order) {
          await deliver(who, type, object === "session" ? who.sessionId : `${object}_${who.sessionId}`);
        }
        expected ??= await ledgerOf(who);
        expect({ order, ledger: await ledgerOf(who) }).toEqual({ order, ledger: expected });
        expect(await walletOf(who)).toMatchObject(story.ends);
      }
    },
    120_000,
  );
});

describe("money that goes back", () => {
  it("takes its units step by step, and each repeat of an event takes nothing more", async () => {
    const who = await buyer();
    await deliver(who, "checkout.session.completed", who.sessionId);
    await spend(who, 90);
    say(who, { refunds: [refund("re_a", 100, "pending")] });
    await deliver(who, "refund.created", "re_a");
    await deliver(who, "refund.created", "re_a");
    expect(await walletOf(who)).toMatchObject({ available: 3, debt: 0 });
    say(who, { refunds: [refund("re_a", 100), refund("re_b", 900)] });
    await deliver(who, "refund.created", "re_b");
    expect(await walletOf(who)).toMatchObject({ available: 0, debt: 87 });
    say(who, { refunds: [refund("re_a", 100), refund("re_b", 900, "failed")] });
    await deliver(who, "refund.failed", "re_b");
    expect(await walletOf(who)).toMatchObject({ available: 3, debt: 0 });
    expect(await paymentOf(who)).toMatchObject({ returnedMinor: 100, unitsTaken: 10, revision: 3 });
    expect(await verifyLedger(who.deps, { accountId: who.accountId })).toMatchObject({ ok: true, problems: [] });
  });

  it("is decided once when several processes hear of it at once", async () => {
    const who = await buyer();
    await deliver(who, "checkout.session.completed", who.sessionId);
    say(who, { refunds: [refund("re_race", 500)], disputes: [dispute("dp_race", "open")] });
    const processes = Array.from({ length: 4 }, () => depsOver(test.database, who.payments));
    await Promise.all(
      processes.map((deps, index) =>
        deliver(
          { ...who, deps },
          index % 2 === 0 ? "refund.created" : "charge.dispute.created",
          index % 2 === 0 ? "re_race" : "dp_race",
        ),
      ),
    );
    await sweepInbox(who.deps, T0 + DAY);
    expect(await walletOf(who)).toMatchObject({ frozen: 50, debt: 0 });
    expect(await paymentOf(who)).toMatchObject({ unitsTaken: 50, frozenBy: ["dp_race"], revision: 1 });
    expect(await verifyLedger(who.deps, { accountId: who.accountId })).toMatchObject({ ok: true, problems: [] });
  });

  it("of less than a unit is kept in the payment and leaves the wallet as it is", async () => {
    const who = await buyer();
    await deliver(who, "checkout.session.completed", who.sessionId);
    say(who, { refunds: [refund("re_1c", 1)] });
    await deliver(who, "refund.created", "re_1c");
    say(who, { refunds: [refund("re_1c", 1), refund("re_2c", 1)] });
    await deliver(who, "refund.created", "re_2c");
    expect(await walletOf(who)).toMatchObject({ available: 102, seq: 3 });
    expect(await paymentOf(who)).toMatchObject({ returnedMinor: 2, unitsTaken: 1, revision: 2 });
  });

  it("beyond what was paid takes no more than was granted, and is alarmed", async () => {
    const who = await buyer();
    await deliver(who, "checkout.session.completed", who.sessionId);
    say(who, { refunds: [refund("re_much", 2000)] });
    await deliver(who, "refund.created", "re_much");
    expect(await walletOf(who)).toMatchObject({ available: 3, debt: 0 });
    expect(who.deps.recorded.alerts).toContainEqual(expect.objectContaining({ event: "refund_exceeds_payment" }));
  });

  it("of a payment that is not ours is ignored", async () => {
    const who = await buyer();
    const id = await deliver(who, "refund.created", "re_foreign");
    const row = await test.client.db("tollkeeper").collection<{ _id: string }>("stripeEvents").findOne({ _id: id });
    expect(row).toMatchObject({ state: "done" });
  });

  it("thaws what a fraud warning froze after 30 days, by the sweep", async () => {
    const who = await buyer();
    await deliver(who, "checkout.session.completed", who.sessionId);
    say(who, { warnings: [{ id: "issfr_1", actionable: true, at: T0 }] });
    await deliver(who, "radar.early_fraud_warning.created", "issfr_1");
    expect(await walletOf(who)).toMatchObject({ available: 3, frozen: 100 });
    await sweepInbox(who.deps, T0 + 30 * DAY - 1);
    expect(await walletOf(who)).toMatchObject({ frozen: 100 });
    await sweepInbox(who.deps, T0 + 30 * DAY);
    expect(await walletOf(who)).toMatchObject({ available: 103, frozen: 0 });
  });
});

describe("a refund that an operator asks for", () => {
  const operator = { kind: "operator", id: "op" } as const;
  const ask = (who: Buyer, key: string, amountMinor: number | null, deps = who.deps, now = T0) =>
    requestRefund(
      deps,
      operator,
      {
        key,
        paymentId: `pack:${who.sessionId}`,
        amountMinor: amountMinor === null ? null : toAmount(amountMinor),
        reason: "goodwill",
      },
      now,
    );
  const rowsOf = ({ accountId }: Buyer) =>
    test.client.db("tollkeeper").collection<{ _id: string; state: string }>("outbox").find({ accountId }).toArray();
  const bought = async (): Promise<Buyer> => {
    const who = await buyer();
    await deliver(who, "checkout.session.completed", who.sessionId);
    return who;
  };

  it("is stored first, sent once, and takes its units when the money goes back", async () => {
    const who = await bought();
    expect(await ask(who, "r1", 400)).toMatchObject({ ok: true, replayed: false, amountMinor: 400, currency: "USD" });
    expect(await ask(who, "r1", 400)).toMatchObject({ ok: true, replayed: true, amountMinor: 400 });
    expect(await ask(who, "r1", 300)).toMatchObject({ code: "key_reused" });
    expect(await walletOf(who)).toMatchObject({ available: 103 });
    await Promise.all([1, 2, 3].map(() => sweepOutbox(depsOver(test.database, who.payments), T0)));
    expect(who.payments.refundsMade.size).toBe(1);
    expect(await walletOf(who)).toMatchObject({ available: 63 });
    expect(await ask(who, "r2", null)).toMatchObject({ ok: true, amountMinor: 600 });
    await sweepOutbox(who.deps, T0);
    expect(await walletOf(who)).toMatchObject({ available: 3, debt: 0 });
    expect(await ask(who, "r3", null)).toMatchObject({ code: "exceeds_payment", refundableMinor: 0 });
    expect((await rowsOf(who)).map(({ state }) => state)).toEqual(["sent", "sent"]);
  });

  it("counts those on their way before it promises more than was paid", async () => {
    const who = await bought();
    await ask(who, "r1", 700);
    expect(await ask(who, "r2", 400)).toMatchObject({ ok: false, code: "exceeds_payment", refundableMinor: 300 });
    expect(await ask(who, "r2", 300)).toMatchObject({ ok: true });
  });

  it("goes out after the earlier ones of its payment, whichever is told of first", async () => {
    const who = await bought();
    await ask(who, "r1", 100);
    await ask(who, "r2", 200, depsOver(test.database, who.payments), T0 + 1);
    const [first, second] = (await rowsOf(who)).map(({ _id }) => _id);
    await sendOutbox(who.deps, second!, T0 + 2);
    expect(who.payments.refundsMade.size).toBe(0);
    await sendOutbox(who.deps, first!, T0 + 2);
    expect([...who.payments.refundsMade.values()].map(({ wish }) => wish)).toEqual([first, second]);
    expect(await walletOf(who)).toMatchObject({ available: 73 });
  });

  it("waits out an outage of Stripe without limit, and is made once when its answer was lost", async () => {
    const who = await bought();
    await ask(who, "r1", 1000);
    who.payments.failure = new AppError("unavailable", "down");
    let now = T0;
    for (let tries = 0; tries < 30; tries += 1) await sweepOutbox(who.deps, (now += 16 * 60_000));
    expect((await rowsOf(who))[0]).toMatchObject({ state: "pending", tries: 30 });
    expect(who.deps.recorded.alerts).toContainEqual(expect.objectContaining({ event: "outbox_failing" }));
    who.payments.failure = null;
    // A crash after Stripe made it: the key is forgotten a day later, and the refund is found by its mark.
    const [row] = await rowsOf(who);
    await who.payments.createRefund({
      idempotencyKey: "forgotten",
      paymentIntentId: `pi_${who.sessionId}`,
      amountMinor: toAmount(1000),
      wish: String(row?._id),
    });
    await sweepOutbox(who.deps, T0 + 25 * 3_600_000);
    expect(who.payments.refundsMade.size).toBe(1);
    expect(await walletOf(who)).toMatchObject({ available: 3, debt: 0 });
  });

  it.each([true, false])(
    "is made once when Stripe fails and keeps that under its key, whether it did the work or not: %s",
    async (works) => {
      const who = await bought();
      await ask(who, "r1", 1000);
      failAndKeep(who.payments, "createRefund", { works });
      await sweepOutbox(who.deps, T0);
      await sweepOutbox(who.deps, T0 + 119_000);
      expect((await rowsOf(who))[0]).toMatchObject({ state: "pending", tries: 1, spentKeys: 1 });
      await sweepOutbox(who.deps, T0 + 120_000);
      expect((await rowsOf(who))[0]).toMatchObject({ state: "sent", tries: 2 });
      expect(who.payments.refundsMade.size).toBe(1);
      expect(await walletOf(who)).toMatchObject({ available: 3, debt: 0 });
    },
  );

  it("that Stripe refuses ends and is alarmed", async () => {
    const who = await bought();
    await ask(who, "r1", 1000);
    who.payments.failure = new AppError("conflict", "Charge has already been refunded");
    await sweepOutbox(who.deps, T0);
    expect((await rowsOf(who))[0]).toMatchObject({ state: "refused", answer: "Charge has already been refunded" });
    expect(who.deps.recorded.alerts).toContainEqual(expect.objectContaining({ event: "outbox_refused" }));
    expect(await walletOf(who)).toMatchObject({ available: 103 });
  });

  it("of an unknown payment is an error that says what was expected", async () => {
    const who = await bought();
    const input = { key: "r", paymentId: "pack:cs_none", amountMinor: null, reason: "x" };
    await expect(requestRefund(who.deps, operator, input, T0)).rejects.toThrow(
      "paymentId: expected the id of a payment",
    );
  });
});

describe("a pack that is paid after its account was closed", () => {
  it("is refunded and grants nothing; one that was granted before stays", async () => {
    const closed = await buyer();
    const accounts = test.client.db("tollkeeper").collection<{ _id: string }>("accounts");
    await accounts.updateOne({ _id: closed.accountId }, { $set: { status: "closed" } });
    await deliver(closed, "checkout.session.completed", closed.sessionId);
    await deliver(closed, "checkout.session.completed", closed.sessionId);
    await sweepOutbox(closed.deps, T0);
    expect(closed.payments.refundsMade.size).toBe(1);
    expect(await walletOf(closed)).toMatchObject({ available: 3, debt: 0 });

    const kept = await buyer();
    await deliver(kept, "checkout.session.completed", kept.sessionId);
    await accounts.updateOne({ _id: kept.accountId }, { $set: { status: "closed" } });
    await deliver(kept, "checkout.session.completed", kept.sessionId);
    await sweepOutbox(kept.deps, T0);
    expect(kept.payments.refundsMade.size).toBe(0);
    expect(await walletOf(kept)).toMatchObject({ available: 103 });
  });
});

describe("a trace", () => {
  const operator = { kind: "operator", id: "op" } as const;

  it("leads from an event, any object of a payment, the payment or an entry to the same chain", async () => {
    const who = await buyer();
    const { deps, sessionId } = who;
    const eventId = await deliver(who, "checkout.session.completed", sessionId);
    say(who, { refunds: [refund("re_traced", 400)] });
    await deliver(who, "refund.created", "re_traced");
    say(who, { refunds: [refund("re_traced", 400, "failed")] });
    await deliver(who, "refund.failed", "re_traced");
    const chain = await trace(deps, operator, { id: `pack:${sessionId}` });
    expect(chain).toMatchObject({
      event: null,
      accountId: who.accountId,
      payment: { cause: `pack:${sessionId}`, unitsTaken: 0, revision: 2 },
      entries: [
        { kind: "grant", amount: 100 },
        { kind: "clawback", amount: -40 },
        { kind: "reinstate", amount: 40 },
      ],
      balance: { available: 103 },
    });
    const grantId = chain.entries[0]?.entryId ?? "";
    for (const id of [sessionId, `pi_${sessionId}`, "re_traced", grantId]) {
      expect(await trace(deps, operator, { id })).toEqual(chain);
    }
    expect(await trace(deps, operator, { id: eventId })).toEqual({
      ...chain,
      event: { eventId, type: "checkout.session.completed", state: "done", failure: null },
    });
    await expect(trace(deps, operator, { id: "cs_nowhere" })).rejects.toThrow('got "cs_nowhere"');
  });
});
