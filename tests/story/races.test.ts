import type {
  BalanceAnswer,
  ConsumeAnswer,
  GrantAnswer,
  HistoryAnswer,
  Me,
  Refusal,
  VerifyAnswer,
} from "../../functions-src/lib/contract";
import { call, startProductUnderTest, type ProductUnderTest } from "../support/product";

let product: ProductUnderTest;
beforeAll(async () => {
  product = await startProductUnderTest();
});
afterAll(() => product.close());

describe("200 parallel spends of 1 on a balance of 100, through realm-web", () => {
  it("succeed exactly 100 times; the others are insufficient_tokens and no hidden conflict; repeating them all changes nothing", async () => {
    const user = await product.signUp("racer@example.org");
    const operator = await product.signInOperator();
    const { accounts } = await call<Me>(user, "account/me");
    const grant = {
      key: "seed",
      accountId: accounts[0]?.accountId,
      amount: 97,
      class: "promo",
      reason: "a balance of 100",
    };
    expect(await call<GrantAnswer>(operator, "admin/grant", grant)).toMatchObject({
      ok: true,
      balance: { available: 100 },
    });

    const race = (): Promise<(ConsumeAnswer | Refusal)[]> =>
      Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          call<ConsumeAnswer | Refusal>(user, "wallet/consume", { key: `race-${index}`, amount: 1 }),
        ),
      );
    const first = await race();
    const succeeded = first.filter((answer) => answer.ok);
    const codes = first.flatMap((answer) => (answer.ok ? [] : [(answer as Refusal).code]));
    expect(succeeded).toHaveLength(100);
    expect(new Set(codes)).toEqual(new Set(["insufficient_tokens"]));

    const second = await race();
    second.forEach((answer, index) => {
      const before = first[index]!;
      expect(answer).toEqual(before.ok ? { ...before, replayed: true } : before);
    });

    expect(await call<BalanceAnswer>(user, "wallet/balance")).toMatchObject({ available: 0, lots: [] });
    const history = await call<HistoryAnswer>(user, "wallet/history", { limit: 200, kinds: ["spend"] });
    expect(history.entries).toHaveLength(100);
    expect(await call<VerifyAnswer>(operator, "admin/verify")).toMatchObject({ ok: true, entries: 102 });
  });
});
