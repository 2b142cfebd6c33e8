import type { User } from "realm-web";
import type {
  BalanceAnswer,
  CheckoutAnswer,
  ConsumeAnswer,
  HistoryAnswer,
  Me,
  VerifyAnswer,
} from "../../functions-src/lib/contract";
import { call, databaseOf, startProductUnderTest, until, type ProductUnderTest } from "../support/product";

let product: ProductUnderTest;
beforeAll(async () => {
  product = await startProductUnderTest();
});
afterAll(() => product.close());

const available = async (user: User): Promise<number> => (await call<BalanceAnswer>(user, "wallet/balance")).available;
const urls = { successUrl: "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}", cancelUrl: "https://shop.example/" };

describe("a first purchase, through realm-web and Stripe's webhooks", () => {
  it("goes 3 -> 1 -> refused -> 101 -> the same key replayed", async () => {
    const ada = await product.signUp("ada@example.org");
    const me = await call<Me>(ada, "account/me");
    expect(me.accounts).toEqual([
      expect.objectContaining({
        role: "owner",
        status: "open",
        balances: [{ unit: "tokens", available: 3, held: 0, debt: 0 }],
      }),
    ]);

    const spend = await call<ConsumeAnswer>(ada, "wallet/consume", { key: "poem-1", amount: 2 });
    expect(spend).toMatchObject({ ok: true, replayed: false, amount: 2, balance: { available: 1 } });
    const refusal = await call<object>(ada, "wallet/consume", { key: "poem-2", amount: 2 });
    expect(refusal).toMatchObject({
      ok: false,
      code: "insufficient_tokens",
      missing: 1,
      available: 1,
      retryable: false,
    });

    const checkout = await call<CheckoutAnswer>(ada, "billing/checkout", { key: "buy-1", pack: "pack-100", ...urls });
    const again = await call<CheckoutAnswer>(ada, "billing/checkout", { key: "buy-1", pack: "pack-100", ...urls });
    expect(again).toEqual({ ...checkout, replayed: true });
    await product.simulate(`checkout/${checkout.sessionId}/pay`);
    expect(
      await until(
        "the pack",
        () => available(ada),
        (tokens) => tokens === 101,
      ),
    ).toBe(101);

    const replay = await call<ConsumeAnswer>(ada, "wallet/consume", { key: "poem-1", amount: 2 });
    expect(replay).toEqual({ ...spend, replayed: true });
    const reused = await call<object>(ada, "wallet/consume", { key: "poem-1", amount: 1 });
    expect(reused).toMatchObject({ ok: false, code: "key_reused" });
    expect(await available(ada)).toBe(101);

    const history = await call<HistoryAnswer>(ada, "wallet/history", { limit: 2 });
    expect(history.entries.map(({ kind, amount }) => [kind, amount])).toEqual([
      ["grant", 100],
      ["spend", -2],
    ]);
    const older = await call<HistoryAnswer>(ada, "wallet/history", { limit: 2, before: history.next });
    expect(older).toMatchObject({ entries: [{ kind: "grant", amount: 3, seq: 1 }], next: null });
  });

  it("records what was paid beside what was granted", async () => {
    const bob = await product.signUp("bob@example.org");
    const checkout = await call<CheckoutAnswer>(bob, "billing/checkout", {
      key: "b",
      pack: "pack-1000",
      quantity: 2,
      ...urls,
    });
    await product.simulate(`checkout/${checkout.sessionId}/pay`);
    await until(
      "the packs",
      () => available(bob),
      (tokens) => tokens === 2003,
    );
    const payment = await databaseOf(product)
      .collection("payments")
      .findOne({ cause: `pack:${checkout.sessionId}` });
    expect(payment).toMatchObject({
      valueMinor: 16000,
      currency: "USD",
      unitsGranted: 2000,
      quantity: 2,
      mode: "test",
    });
    const balance = await call<BalanceAnswer>(bob, "wallet/balance");
    expect(balance.lots.map((lot) => [lot.class, lot.remaining])).toEqual([
      ["pack", 2000],
      ["promo", 3],
    ]);
    expect(balance.nextExpiry?.amount).toBe(2000);
  });

  it("gives nothing for a declined card or a session that expired", async () => {
    const eve = await product.signUp("eve@example.org");
    const declined = await call<CheckoutAnswer>(eve, "billing/checkout", { key: "d", pack: "pack-100", ...urls });
    await product.simulate(`checkout/${declined.sessionId}/pay`, { card: "4000000000000002" });
    await product.simulate(`checkout/${declined.sessionId}/expire`);
    await until(
      "the expiry in the inbox",
      () =>
        databaseOf(product)
          .collection("stripeEvents")
          .countDocuments({ type: "checkout.session.expired", objectId: declined.sessionId, state: "done" }),
      (count) => count === 1,
    );
    expect(await available(eve)).toBe(3);
  });

  it("refuses what is not sold and what is not valid, by name", async () => {
    const dan = await product.signUp("dan@example.org");
    expect(await call<object>(dan, "billing/checkout", { key: "x", pack: "pack-7", ...urls })).toMatchObject({
      ok: false,
      code: "pack_unknown",
    });
    const bad = {
      key: "x",
      pack: "pack-100",
      successUrl: "javascript:alert(1)",
      cancelUrl: "https://shop.example/",
      quantity: 0,
    };
    await expect(dan.callFunction("billing/checkout", bad)).rejects.toThrow(
      /quantity: expected a whole number in 1\.\.1000, got 0.*successUrl: expected an http or https address/,
    );
    await expect(dan.callFunction("wallet/consume", { key: "x", amount: 1.5 })).rejects.toThrow(
      "amount: expected a whole number in 1..2^53-1, got 1.5",
    );
    await expect(dan.callFunction("admin/verify", {})).rejects.toThrow("admin/verify is for operators");
    await expect(dan.callFunction("stripe/webhook", {})).rejects.toThrow(/function not found/);
    const mine = await call<Me>(await product.signUp("fay@example.org"), "account/me");
    const foreign = { key: "x", amount: 1, accountId: mine.accounts[0]?.accountId };
    expect(await call<object>(dan, "wallet/consume", foreign)).toMatchObject({ ok: false, code: "not_a_member" });
  });

  it("shows the catalog", async () => {
    const gil = await product.signUp("gil@example.org");
    const catalog = await call<{ plans: { id: string }[]; packs: { id: string }[] }>(gil, "billing/catalog");
    expect(catalog.plans.map(({ id }) => id)).toEqual(["free", "pro", "pro-annual", "scale"]);
    expect(catalog.packs.map(({ id }) => id)).toEqual(["pack-100", "pack-1000"]);
  });

  it("leaves a ledger that proves itself, and names what was tampered with", async () => {
    const operator = await product.signInOperator();
    expect(await call<VerifyAnswer>(operator, "admin/verify")).toMatchObject({ ok: true, problems: [] });
    const ledger = databaseOf(product).collection<{ _id: string; walletId: string }>("ledger");
    const entry = await ledger.findOne({});
    await ledger.updateOne({ _id: entry!._id }, { $set: { "actor.id": "somebody-else" } });
    const report = await call<VerifyAnswer>(operator, "admin/verify");
    expect(report).toMatchObject({ ok: false, problems: [{ walletId: entry!.walletId, field: "hash" }] });
  });
});
