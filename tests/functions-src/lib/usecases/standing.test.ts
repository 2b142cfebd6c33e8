import { AppError } from "../../../../functions-src/lib/domain/app-error";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { NO_MONEY_BACK } from "../../../../functions-src/lib/domain/money-back";
import { settleCheckout } from "../../../../functions-src/lib/usecases/settle-checkout";
import { settleMoneyBack } from "../../../../functions-src/lib/usecases/settle-money-back";
import { showAudit } from "../../../../functions-src/lib/usecases/show-audit";
import { freezeAccount, settleStanding, unfreezeAccount } from "../../../../functions-src/lib/usecases/standing";
import { T0, grantOf, spendOf } from "../../../support/builders";
import { newBuyer, startShopDatabase, type TestDeps } from "../../../support/buyer";
import { FakePayments, depsOver } from "../../../support/deps";
import type { TestDatabase } from "../../../support/embedded";

const operator = { kind: "operator", id: "op" } as const;
const reason = "for a test";
let test: TestDatabase;
beforeAll(async () => {
  test = await startShopDatabase();
});
afterAll(() => test.close());

/** A buyer whose tokens are there, with a Stripe of their own. */
async function newCustomer() {
  const deps = depsOver(test.database, new FakePayments());
  const buyer = await newBuyer(deps);
  await settleCheckout(deps, buyer.sessionId, T0);
  return { ...buyer, deps };
}
const gateOf = async (deps: TestDeps, accountId: string, unit = "tokens") =>
  (await deps.wallets.loadWallet({ accountId, unit }))?.gate;
const actionsOf = async (deps: TestDeps, accountId: string) => {
  const page = { accountId, actorId: null, from: null, to: null, before: null, limit: 50 };
  return (await showAudit(deps, operator, page)).records.map(({ action }) => action);
};

describe("an account that an operator froze", () => {
  it("spends nothing from any wallet, old or new, until it is unfrozen; each act is written down once", async () => {
    const { deps, accountId } = await newCustomer();
    const frozen = await freezeAccount(deps, operator, { accountId, reason }, T0);
    expect(frozen).toMatchObject({ ok: true, frozen: true, gate: "frozen" });
    await freezeAccount(deps, operator, { accountId, reason }, T0);
    const spend = (unit: string) => deps.post({ accountId, unit }, spendOf(1), T0);
    expect(await spend("tokens")).toMatchObject({ refusal: { code: "wallet_frozen" } });
    // A wallet that did not exist when the account was frozen begins frozen; grants go on.
    await deps.post({ accountId, unit: "credits" }, grantOf(5), T0);
    expect(await spend("credits")).toMatchObject({ refusal: { code: "wallet_frozen" } });
    expect(await unfreezeAccount(deps, operator, { accountId, reason }, T0 + 1)).toMatchObject({ gate: "open" });
    expect([await spend("tokens"), await spend("credits")]).toMatchObject([{ kind: "booked" }, { kind: "booked" }]);
    const standing = (await actionsOf(deps, accountId)).filter((action) => action !== "grant");
    expect(standing).toEqual(["unfreeze", "freeze"]);
  });

  it("has to exist", async () => {
    const { deps } = await newCustomer();
    const nobody = { accountId: "nobody", reason };
    await expect(freezeAccount(deps, operator, nobody, T0)).rejects.toThrow(AppError);
    await expect(unfreezeAccount(deps, operator, nobody, T0)).rejects.toThrow('got "nobody"');
  });
});

describe("disputes", () => {
  it("end in the standing that is right now, whichever of two processes decides last", async () => {
    const { deps, accountId, sessionId } = await newCustomer();
    const dispute = { id: `dp_${sessionId}`, amountMinor: toAmount(1000), fraud: true };
    const say = (state: "open" | "closed") =>
      deps.payments.moneyBack.set(`pi_${sessionId}`, {
        ...NO_MONEY_BACK,
        disputes: [{ ...dispute, state }],
      });
    const hear = (by: TestDeps, now = T0) => settleMoneyBack(by, { kind: "dispute", id: dispute.id }, now);
    say("open");
    await Promise.all([hear(deps), hear(depsOver(test.database, deps.payments)), hear(deps)]);
    expect(await gateOf(deps, accountId)).toBe("suspended");
    expect(deps.recorded.alerts).toContainEqual(expect.objectContaining({ event: "account_suspended" }));
    say("closed");
    await Promise.all(Array.from({ length: 4 }, () => hear(depsOver(test.database, deps.payments), T0 + 1)));
    expect(await gateOf(deps, accountId)).toBe("open");
    expect(await actionsOf(deps, accountId)).toEqual(["readmit", "suspend"]);
  });

  it("are settled by the next delivery when a process died between the claims and the standing", async () => {
    const { deps, accountId, sessionId } = await newCustomer();
    const disputes = [{ id: `dp_${sessionId}`, amountMinor: toAmount(1000), fraud: true, state: "open" as const }];
    deps.payments.moneyBack.set(`pi_${sessionId}`, { ...NO_MONEY_BACK, disputes });
    await settleMoneyBack(deps, { kind: "dispute", id: `dp_${sessionId}` }, T0);
    const fresh = { status: "open", suspendedFor: [] };
    await test.client
      .db("tollkeeper")
      .collection<{ _id: string }>("accounts")
      .updateOne({ _id: accountId }, { $set: fresh });
    await settleMoneyBack(deps, { kind: "dispute", id: `dp_${sessionId}` }, T0);
    await settleStanding(deps, accountId, T0);
    expect(await gateOf(deps, accountId)).toBe("suspended");
  });
});
