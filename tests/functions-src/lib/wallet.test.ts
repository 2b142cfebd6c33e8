import { consume } from "../../../functions-src/lib/wallet";
import { verifyLedger } from "../../../functions-src/lib/usecases/verify-ledger";
import { depsOver } from "../../support/deps";
import { grantOf } from "../../support/builders";
import { startTestDatabase, type TestDatabase } from "../../support/embedded";

let test: TestDatabase;
let deps: ReturnType<typeof depsOver>;
let count = 0;
let accountId: string;
beforeAll(async () => {
  test = await startTestDatabase();
  deps = depsOver(test.database);
  await test.client.db("shop").createCollection("orders");
});
afterAll(() => test.close());
beforeEach(async () => {
  accountId = `embedded${(count += 1)}`;
  await deps.post({ accountId, unit: "tokens" }, grantOf(10), Date.now());
});
afterEach(async () => {
  expect(await verifyLedger(deps, { accountId })).toMatchObject({ ok: true });
});

const db = () => test.client.db("tollkeeper");
const orders = () => test.client.db("shop").collection<{ _id: string }>("orders");
const available = async (): Promise<number> =>
  (await deps.wallets.loadWallet({ accountId, unit: "tokens" }))!.available;

describe("a spend inside a service's own transaction", () => {
  it("commits with the service's writes", async () => {
    const answer = await test.client.withSession((session) =>
      session.withTransaction(async () => {
        await orders().insertOne({ _id: accountId }, { session });
        return consume(db(), { accountId, key: "order-1", amount: 4 }, { session });
      }),
    );
    expect(answer).toMatchObject({
      ok: true,
      replayed: false,
      amount: 4,
      balance: { available: 6 },
      receipt: [{ amount: 4 }],
    });
    expect([await available(), await orders().countDocuments({ _id: accountId })]).toEqual([6, 1]);
  });

  it("is gone with the service's writes when they are aborted", async () => {
    await test.client.withSession(async (session) => {
      session.startTransaction();
      await orders().insertOne({ _id: accountId }, { session });
      expect(await consume(db(), { accountId, key: "k", amount: 4 }, { session })).toMatchObject({ ok: true });
      await session.abortTransaction();
    });
    expect([await available(), await orders().countDocuments({ _id: accountId })]).toEqual([10, 0]);
  });

  it("refuses with the same refusal and leaves the transaction usable", async () => {
    await test.client.withSession(async (session) => {
      session.startTransaction();
      expect(await consume(db(), { accountId, key: "k", amount: 11 }, { session })).toMatchObject({
        ok: false,
        code: "insufficient_tokens",
        missing: 1,
        available: 10,
      });
      await orders().insertOne({ _id: accountId }, { session });
      await session.commitTransaction();
    });
    expect([await available(), await orders().countDocuments({ _id: accountId })]).toEqual([10, 1]);
  });

  it("answers its key again without a second charge, and tells a reused key", async () => {
    const once = (amount: number) =>
      test.client.withSession((session) =>
        session.withTransaction(() => consume(db(), { accountId, key: "same", amount }, { session })),
      );
    const first = await once(3);
    expect(await once(3)).toEqual({ ...first, replayed: true });
    expect(await once(2)).toMatchObject({ code: "key_reused" });
    expect(await available()).toBe(7);
  });

  it("lets the driver retry the whole transaction when others are faster, so that none is lost or charged twice", async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        test.client.withSession((session) =>
          session.withTransaction(async () => {
            const answer = await consume(db(), { accountId, key: `race-${index}`, amount: 1 }, { session });
            if (answer.ok) await orders().insertOne({ _id: `${accountId}-${index}` }, { session });
          }),
        ),
      ),
    );
    expect([
      await available(),
      await orders().countDocuments({ _id: { $gt: accountId, $lt: `${accountId}~` } }),
    ]).toEqual([2, 8]);
  }, 20_000);

  it("needs an open transaction, and the identity key beside metadata", async () => {
    await test.client.withSession(async (session) => {
      await expect(consume(db(), { accountId, key: "k", amount: 1 }, { session })).rejects.toThrow(
        "expected one with an open transaction",
      );
      session.startTransaction();
      await expect(consume(db(), { accountId, key: "k", amount: 1, metadata: { a: 1 } }, { session })).rejects.toThrow(
        "identityKey: expected",
      );
      await expect(consume(db(), { accountId, key: "k", amount: 0.5 }, { session })).rejects.toThrow(
        "amount: expected a whole number",
      );
      await session.abortTransaction();
    });
  });
});
