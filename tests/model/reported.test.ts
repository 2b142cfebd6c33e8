import type { User } from "realm-web";
import { call, databaseOf, startProductUnderTest, type ProductUnderTest } from "../support/product";
import { collectionOf, signUpCast } from "./cast";

type Answer = Readonly<Record<string, unknown>>;

let product: ProductUnderTest;
let person: User;
let operator: User;
let mine: string;
let partner: string;
let stranger: string;
let count = 0;

beforeAll(async () => {
  product = await startProductUnderTest();
  ({ person, operator, mine, partner, stranger } = await signUpCast(product, "reported"));
});
afterAll(() => product.close());

const collection = (name: string) => collectionOf(product, name);
const newUnit = (): string => `rep${(count += 1)}`;
const key = (): string => `reported-${(count += 1)}`;
const asMember = (name: string, unit: string, argument: object): Promise<Answer> =>
  call<Answer>(person, `wallet/${name}`, { accountId: mine, unit, key: key(), ...argument });
const asOperator = async (name: string, argument: object): Promise<Answer> => {
  const answer = await call<Answer>(operator, `admin/${name}`, { reason: "reported", ...argument });
  if (answer["ok"] !== true) throw new Error(`admin/${name} was refused: ${String(answer["code"])}`);
  return answer;
};
const grant = (unit: string, amount: number, more: object = {}): Promise<Answer> =>
  asOperator("grant", { accountId: mine, unit, key: key(), amount, class: "promo", ...more });

/** Each of these was broken once, and found by the model or by a table of refusals. */
describe("guarantees that the model and the tables once found broken", () => {
  it("gives back all units that a reversal says it gave back, also when the overdraft was repaid meanwhile", async () => {
    const unit = newUnit();
    await asOperator("policy", { accountId: mine, unit, overdraftLimit: 10 });
    const { entryId } = await asMember("consume", unit, { amount: 4 });
    await grant(unit, 4, { class: "pack" });
    const reversed = await call<Answer>(operator, "admin/reverse", { key: key(), entryId, reason: "reported" });
    const given = reversed["ok"] === true ? reversed["amount"] : 0;
    expect(reversed["balance"] ?? { available: 0 }).toMatchObject({ available: given });
  });

  it("tells of a used key before it looks at the hold", async () => {
    const unit = newUnit();
    await grant(unit, 4);
    const used = key();
    await asMember("consume", unit, { amount: 1, key: used });
    const foreign = { accountId: mine, key: used, holdId: `${stranger}:${unit}:hold-0000000000000001` };
    expect(await call<Answer>(person, "wallet/capture", foreign)).toMatchObject({ code: "key_reused" });
  });

  it("tells of a used key, and of a closed account, before it looks at the owner of the other account", async () => {
    const unit = newUnit();
    await grant(unit, 4);
    const used = key();
    await asMember("consume", unit, { amount: 1, key: used });
    const toStranger = { toAccountId: stranger, amount: 1 };
    const reused = await asMember("transfer", unit, { ...toStranger, key: used });
    await collection("wallets").updateOne({ _id: `${mine}:${unit}` }, { $set: { gate: "closed" } });
    const closed = await asMember("transfer", unit, toStranger);
    expect([reused["code"], closed["code"]]).toEqual(["key_reused", "account_closed"]);
  });

  it("refuses every batch of a frozen wallet", async () => {
    const unit = newUnit();
    await grant(unit, 4);
    const { holdId } = await asMember("authorize", unit, { amount: 2 });
    await collection("wallets").updateOne({ _id: `${mine}:${unit}` }, { $set: { gate: "frozen" } });
    const batch = await asMember("batch", unit, { operations: [{ kind: "capture", holdId }] });
    expect(batch).toMatchObject({ ok: false, code: "wallet_frozen" });
  });

  it("warns of a low balance when a transfer crosses the threshold", async () => {
    const unit = newUnit();
    await asOperator("policy", { accountId: mine, unit, transfers: true, transferWaitDays: 0 });
    await grant(unit, 10, { class: "pack" });
    await call<Answer>(person, "account/alerts", { accountId: mine, unit, threshold: 8 });
    expect(await asMember("transfer", unit, { toAccountId: partner, amount: 5 })).toMatchObject({ ok: true });
    const warnings = await databaseOf(product)
      .collection("outbox")
      .countDocuments({ accountId: mine, causeKey: { $regex: `^low_balance:${mine}:${unit}:` } });
    expect(warnings).toBe(1);
  });
});
