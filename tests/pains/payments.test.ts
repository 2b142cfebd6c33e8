import Stripe from "stripe";
import type { AuditAnswer, BalanceAnswer, InvoicesAnswer } from "../../functions-src/lib/contract";
import type { PurchaseAnswer } from "../../functions-src/lib/usecases/show-purchase";
import type { Reconciliation } from "../../functions-src/lib/usecases/reconcile-stripe";
import type { TraceAnswer } from "../../functions-src/lib/usecases/trace";
import { call, until } from "../support/product";
import { balanceIs, balanceOf, openCheckout, spend, startShop, type Buyer, type Shop } from "./shop";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.close());
afterEach(async () => {
  await shop.simulate("faults", {});
  await shop.verify();
});

const reconcile = (input: object = {}): Promise<Reconciliation> => call(shop.operator, "admin/reconcile", input);

describe("P1: the same payment", () => {
  it("credits once when webhook and return page meet, each delivery comes three times, and another event tells of it too", async () => {
    await shop.simulate("faults", { duplicate: 2 });
    const who = await shop.newBuyer();
    await shop.simulate(`checkout/${who.sessionId}/pay`);
    const pages = Array.from({ length: 5 }, () =>
      call<PurchaseAnswer>(who.user, "billing/purchase", { sessionId: who.sessionId }),
    );
    expect((await Promise.all(pages)).map(({ status }) => status)).toEqual(Array.from(pages, () => "granted"));
    await shop.drain();
    await balanceIs(who, { available: 103 });
    const { entries } = await call<TraceAnswer>(shop.operator, "admin/trace", { id: who.sessionId });
    expect(entries.map(({ kind }) => kind)).toEqual(["grant"]);
  });
});

describe("P2: events out of order, late or with a stale body", () => {
  it("lead to what Stripe says now: a refund that comes before its purchase is not lost, and takes once", async () => {
    await shop.simulate("faults", { delaySeconds: 600 });
    const who = await shop.newBuyer();
    await shop.simulate(`checkout/${who.sessionId}/pay`);
    const session = await shop.sdk.checkout.sessions.retrieve(who.sessionId);
    const refund = await shop.sdk.refunds.create({ payment_intent: String(session.payment_intent), amount: 250 });
    const { data } = await shop.sdk.events.list({ type: "refund.created", limit: 1 });
    const payload = JSON.stringify(data[0]);
    const { webhookSecret } = shop.stripe!;
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: webhookSecret,
    });
    const headers = { "stripe-signature": signature, "content-type": "application/json" };
    expect((await fetch(shop.webhookUrl, { method: "POST", headers, body: payload })).status).toBe(200);
    await balanceIs(who, { available: 78 });
    await shop.drain();
    await balanceIs(who, { available: 78, debt: 0 });
    const chain = await call<TraceAnswer>(shop.operator, "admin/trace", { id: refund.id });
    expect(chain.entries.map(({ kind, amount }) => [kind, amount])).toEqual([
      ["grant", 100],
      ["clawback", -25],
    ]);
  });
});

describe("P3: webhooks that never come", () => {
  it("are found and mended by the reconciler, purchase and refund alike, and told with before and after", async () => {
    await shop.simulate("faults", { drop: 1 });
    const who = await shop.newBuyer();
    await shop.simulate(`checkout/${who.sessionId}/pay`);
    const session = await shop.sdk.checkout.sessions.retrieve(who.sessionId);
    await shop.sdk.refunds.create({ payment_intent: String(session.payment_intent), amount: 400 });
    expect(await balanceOf(who)).toMatchObject({ available: 3 });
    const looked = await reconcile({ dryRun: true });
    expect(looked.drifts.every(({ action }) => action === "proposed")).toBe(true);
    expect(await balanceOf(who)).toMatchObject({ available: 3 });
    const mended = await reconcile();
    expect(mended.drifts.length).toBeGreaterThan(0);
    expect(mended.drifts.every(({ action, after }) => action === "repaired" && after !== null)).toBe(true);
    expect(await balanceOf(who)).toMatchObject({ available: 63, debt: 0 });
    expect(await reconcile()).toMatchObject({ drifts: [] });
  });
});

describe("P8: refunds and disputes", () => {
  it("take the units they pay for, from what is left and as debt, and a full one takes exactly all", async () => {
    const who = await shop.newPaidBuyer();
    await spend(who, 93);
    await shop.sdk.refunds.create({ payment_intent: who.paymentIntentId, amount: 333 });
    await balanceIs(who, { available: 0, debt: 24 });
    await shop.sdk.refunds.create({ payment_intent: who.paymentIntentId });
    await balanceIs(who, { available: 0, debt: 90 });
    const { payment } = await call<TraceAnswer>(shop.operator, "admin/trace", { id: who.sessionId });
    expect(payment).toMatchObject({ unitsGranted: 100, unitsTaken: 100, returnedMinor: 1000 });
  });

  it("of an operator go out once, above what was paid not at all, and take their units when the money goes", async () => {
    const who = await shop.newPaidBuyer();
    const ask = (key: string, amountMinor: number) =>
      call<{ readonly ok: boolean }>(shop.operator, "admin/refund", {
        key: `${who.sessionId}-${key}`,
        paymentId: `pack:${who.sessionId}`,
        amountMinor,
        reason: "the image was black",
      });
    expect(await ask("a", 1001)).toMatchObject({ ok: false, code: "exceeds_payment", refundableMinor: 1000 });
    await Promise.all([ask("b", 600), ask("b", 600), ask("b", 600)]);
    await balanceIs(who, { available: 43 });
    const refunds = await shop.sdk.refunds.list({ payment_intent: who.paymentIntentId });
    expect(refunds.data.map(({ amount }) => amount)).toEqual([600]);
    expect(await ask("c", 401)).toMatchObject({ ok: false, code: "exceeds_payment", refundableMinor: 400 });
  });

  it("that fail days later give back exactly what they took", async () => {
    const who = await shop.newPaidBuyer();
    await spend(who, 50);
    const refund = await shop.sdk.refunds.create({ payment_intent: who.paymentIntentId });
    await balanceIs(who, { available: 0, debt: 47 });
    await shop.simulate(`refund/${refund.id}/fail`);
    await balanceIs(who, { available: 53, debt: 0 });
  });

  it("that are won give back what they froze or took, that are lost take the disputed share, also when the bank changes its mind", async () => {
    const who = await shop.newPaidBuyer();
    await spend(who, 23);
    const dispute = (await shop.simulate("dispute", {
      charge: who.chargeId,
      amount: 500,
      reason: "product_not_received",
    })) as { readonly id: string };
    await balanceIs(who, { available: 0, frozen: 80 });
    expect(await spend(who, 1)).toMatchObject({ ok: false, code: "insufficient_tokens" });
    await shop.simulate(`dispute/${dispute.id}/close`, { outcome: "lost" });
    await balanceIs(who, { available: 30, frozen: 0, debt: 0 });
    await shop.simulate(`dispute/${dispute.id}/close`, { outcome: "won" });
    await balanceIs(who, { available: 80, frozen: 0, debt: 0 });
  });

  it("for fraud, or a second one that is open, suspend the account; one for another reason leaves other units to spend", async () => {
    const who = await shop.newPaidBuyer();
    await call(shop.operator, "admin/grant", {
      key: `${who.accountId}-gift`,
      accountId: who.accountId,
      amount: 10,
      class: "promo",
      reason: "units that nobody contests",
    });
    const open = async (reason: string): Promise<string> => {
      const asked = { charge: who.chargeId, amount: 200, reason };
      return String(((await shop.simulate("dispute", asked)) as { readonly id: string }).id);
    };
    const refused = { ok: false, code: "account_suspended" };
    const first = await open("product_not_received");
    await balanceIs(who, { available: 13, frozen: 100 });
    expect(await spend(who, 1)).toMatchObject({ ok: true });
    const second = await open("duplicate");
    await until(
      "the suspension",
      () => spend(who, 1),
      ({ ok }) => !ok,
    );
    expect(await spend(who, 1)).toMatchObject(refused);
    expect(await openCheckout(who.user, { key: "more" })).toMatchObject(refused);
    await shop.simulate(`dispute/${second}/close`, { outcome: "won" });
    await until(
      "the way back",
      () => spend(who, 1),
      ({ ok }) => ok,
    );
    await shop.simulate(`dispute/${first}/close`, { outcome: "won" });
    await open("fraudulent");
    await until(
      "the suspension",
      () => spend(who, 1),
      ({ ok }) => !ok,
    );
    expect(await spend(who, 1)).toMatchObject(refused);
    const letIn = { accountId: who.accountId, reason: "we spoke to the cardholder" };
    expect(await call(shop.operator, "admin/unfreeze", letIn)).toMatchObject({
      ok: true,
      status: "open",
      gate: "open",
    });
    expect(await spend(who, 1)).toMatchObject({ ok: true });
    const { records } = await call<AuditAnswer>(shop.operator, "admin/audit", { accountId: who.accountId });
    const standing = records.map(({ action }) => action).filter((action) => action !== "grant");
    expect(standing).toEqual(["unfreeze", "suspend", "readmit", "suspend"]);
    await shop.verify();
  });

  it("of a fraud warning freeze until the payment is refunded", async () => {
    const who = await shop.newPaidBuyer();
    await shop.simulate("fraud_warning", { charge: who.chargeId });
    await balanceIs(who, { available: 3, frozen: 100 });
    await shop.sdk.refunds.create({ payment_intent: who.paymentIntentId });
    await balanceIs(who, { available: 3, frozen: 0, debt: 0 });
  });
});

describe("credit notes on the invoice of a pack", () => {
  const invoiceOf = async ({ sessionId }: Buyer): Promise<string> =>
    String((await shop.sdk.checkout.sessions.retrieve(sessionId)).invoice);

  it("take units back like refunds when they give money to the balance or out of band, and count in what can be refunded", async () => {
    const who = await shop.newPaidBuyer();
    const invoice = await invoiceOf(who);
    await shop.sdk.creditNotes.create({ invoice, amount: 400, out_of_band_amount: 400 });
    await balanceIs(who, { available: 63 });
    await shop.sdk.creditNotes.create({ invoice, amount: 250, credit_amount: 250 });
    await balanceIs(who, { available: 38 });
    const ask = (amountMinor: number) =>
      call<{ readonly ok: boolean }>(shop.operator, "admin/refund", {
        key: `${who.sessionId}-${amountMinor}`,
        paymentId: `pack:${who.sessionId}`,
        amountMinor,
        reason: "after two credit notes",
      });
    expect(await ask(351)).toMatchObject({ ok: false, code: "exceeds_payment", refundableMinor: 350 });
    expect(await ask(350)).toMatchObject({ ok: true });
    await balanceIs(who, { available: 3, debt: 0 });
    const { payment } = await call<TraceAnswer>(shop.operator, "admin/trace", { id: who.sessionId });
    expect(payment).toMatchObject({ returnedMinor: 1000, unitsTaken: 100 });
  });

  it("stand beside invoices that the buyer can list, page by page, and nobody else", async () => {
    const who = await shop.newPaidBuyer();
    const { sessionId } = await openCheckout(who.user, { key: "second" });
    await shop.simulate(`checkout/${sessionId}/pay`);
    await balanceIs(who, { available: 203 });
    const list = (page: object) => call<InvoicesAnswer>(who.user, "billing/invoices", page);
    const newest = await list({ limit: 1 });
    expect(newest.invoices).toMatchObject([{ status: "paid", totalMinor: 1000, paidMinor: 1000, currency: "USD" }]);
    const older = await list({ limit: 1, before: newest.next });
    expect(older).toMatchObject({ invoices: [{ invoiceId: await invoiceOf(who) }], next: null });
    const other = await shop.signUp("nobody@example.org");
    expect(await call(other, "billing/invoices")).toEqual({ ok: true, invoices: [], next: null });
    await expect(call(other, "billing/invoices", { limit: 0 })).rejects.toThrow("expected a whole number in 1..100");
  });

  it("whose event was lost are found by the reconciler", async () => {
    const who = await shop.newPaidBuyer();
    await shop.simulate("faults", { drop: 1 });
    await shop.sdk.creditNotes.create({ invoice: await invoiceOf(who), amount: 100, out_of_band_amount: 100 });
    const { drifts } = await reconcile({ accountId: who.accountId });
    expect(drifts).toMatchObject([{ type: "state", stripeId: who.paymentIntentId, action: "repaired" }]);
    await balanceIs(who, { available: 93 });
    expect(await reconcile({ accountId: who.accountId })).toMatchObject({ drifts: [] });
  });
});

describe("P19: a Stripe customer that is gone", () => {
  it("is replaced by the next checkout, which the buyer does not notice", async () => {
    const who = await shop.newPaidBuyer();
    const session = await shop.sdk.checkout.sessions.retrieve(who.sessionId);
    await shop.sdk.customers.del(String(session.customer));
    const again = await openCheckout(who.user, { key: "again" });
    await shop.simulate(`checkout/${again.sessionId}/pay`);
    await balanceIs(who, { available: 203 });
  });
});

describe("an outage of Stripe", () => {
  it("whose 500 stays the answer of its key stops no checkout", async () => {
    const { user } = await shop.newBuyer();
    const effect = { kind: "status", status: 500 };
    await shop.simulate("faults", {
      rules: [{ plane: "api", path: "/v1/checkout/sessions", method: "POST", nth: 1, effect }],
    });
    const { sessionId } = await openCheckout(user, { key: "again" });
    await shop.simulate(`checkout/${sessionId}/pay`);
    const bought = await until(
      "the pack",
      () => call<BalanceAnswer>(user, "wallet/balance"),
      ({ available }) => available === 103,
    );
    expect(bought.debt).toBe(0);
  });

  it("that answers 429 and 500 and hangs up for a while loses no payment and makes no refund twice", async () => {
    const who = await shop.newPaidBuyer();
    const rule = (effect: object) => ({ plane: "api", path: "/v1/refunds", method: "POST", nth: 1, times: 3, effect });
    await shop.simulate("faults", { rules: [rule({ kind: "reset", commit: true })] });
    await call(shop.operator, "admin/refund", {
      key: `${who.sessionId}-outage`,
      paymentId: `pack:${who.sessionId}`,
      amountMinor: 300,
      reason: "an outage in the middle",
    });
    await until(
      "one refund",
      async () => (await shop.sdk.refunds.list({ payment_intent: who.paymentIntentId })).data,
      (refunds) => refunds.length > 0,
    );
    await balanceIs(who, { available: 73 });
    const refunds = await shop.sdk.refunds.list({ payment_intent: who.paymentIntentId });
    expect(refunds.data.map(({ amount }) => amount)).toEqual([300]);
  });
});
