import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { type MoneyBack, NO_MONEY_BACK } from "../../../../functions-src/lib/domain/money-back";
import { parseReport } from "../../../../functions-src/lib/edge/parse/admin";
import { reportRefunds, type ReportInput } from "../../../../functions-src/lib/usecases/report-refunds";
import { convergePayment } from "../../../../functions-src/lib/usecases/settle-money-back";
import { DAY, T0, grantOf, spendOf } from "../../../support/builders";
import { packPayment } from "../../../support/buyer";
import { FakePayments, depsOver } from "../../../support/deps";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
let deps: ReturnType<typeof depsOver>;
beforeAll(async () => {
  test = await startTestDatabase();
  deps = depsOver(test.database, new FakePayments());
});
afterAll(() => test.close());

const operator = { kind: "operator", id: "op" } as const;
const PERIOD = { kind: "refunds", from: T0, to: T0 + DAY, format: "json" } as const;
const report = (input: Partial<ReportInput> = {}) => reportRefunds(deps, operator, { ...PERIOD, ...input });

/** An account that bought 1,000 units for 4,900, spent some, and got money back. */
async function buyer(
  name: string,
  currency: string,
  spent: number,
): Promise<(money: Partial<MoneyBack>, now?: number) => Promise<unknown>> {
  const ref = { accountId: name, unit: "tokens" };
  const cause = `pack:cs_${name}`;
  const payment = packPayment({ accountId: name, cause, currency, stripePaymentIntentId: `pi_${name}` });
  await deps.post(ref, grantOf(1000, { class: "pack", cause: { kind: "pack", id: cause }, payment }), T0);
  if (spent > 0) await deps.post(ref, spendOf(spent), T0);
  return (money, now = T0) => {
    deps.payments.moneyBack.set(`pi_${name}`, { ...NO_MONEY_BACK, ...money });
    return convergePayment(deps, { accountId: name, cause }, now);
  };
}
const refund = (amountMinor: number, status: "succeeded" | "failed" = "succeeded") => ({
  refunds: [{ id: "re_1", status, amountMinor: toAmount(amountMinor) }],
});

describe("the report of refunds", () => {
  it("tells to the minor unit what went back, and which units came back for it and which did not", async () => {
    const ada = await buyer("ada", "USD", 600);
    await ada(refund(4900));
    const bob = await buyer("bob", "EUR", 0);
    await bob(refund(1225));
    const later = await buyer("later", "USD", 0);
    await later(refund(4900), T0 + DAY);
    const answer = await report();
    expect(answer).toMatchObject({
      ok: true,
      totals: [
        { currency: "EUR", payments: 1, returnedMinor: 1225, recoveredMinor: 1225, unrecoveredMinor: 0 },
        { currency: "USD", payments: 1, returnedMinor: 4900, recoveredMinor: 1960, unrecoveredMinor: 2940 },
      ],
      lines: [
        {
          paymentId: "pack:cs_ada",
          unitsTaken: 1000,
          unitsRecovered: 400,
          unitsUnrecovered: 600,
          turns: [{ units: 1000, unitsRecovered: 400, unitsUnrecovered: 600, at: new Date(T0) }],
        },
        { paymentId: "pack:cs_bob", unitsTaken: 250, unitsRecovered: 250, unitsUnrecovered: 0 },
      ],
    });
    expect(await report({ from: T0 + DAY, to: T0 + 2 * DAY })).toMatchObject({
      lines: [{ paymentId: "pack:cs_later" }],
    });
  });

  it("takes back what a refund that failed had taken", async () => {
    const eve = await buyer("eve", "GBP", 900);
    await eve(refund(4900));
    await eve(refund(4900, "failed"));
    const { totals } = await report();
    expect(totals.find(({ currency }) => currency === "GBP")).toMatchObject({
      returnedMinor: 0,
      recoveredMinor: 0,
      unrecoveredMinor: 0,
    });
  });

  it("comes as comma-separated values too", async () => {
    const answer = await report({ format: "csv" });
    const [head, first] = "csv" in answer ? answer.csv.split("\n") : [];
    expect(head).toMatch(/^paidAt,claimsAt,paymentId,accountId,currency,valueMinor/);
    expect(first).toBe(
      "2026-03-01T00:00:00.000Z,2026-03-01T00:00:00.000Z,pack:cs_ada,ada,USD,4900,4900,0,1000,1000,400,600,1960,2940",
    );
  });

  it.each([
    [{ ...PERIOD, kind: "mrr", from: new Date(T0), to: new Date(T0 + 1) }, "kind: expected refunds"],
    [{ kind: "refunds", from: new Date(T0), to: new Date(T0) }, "to: expected an instant after from"],
  ])("refuses %j", (input, message) => {
    expect(() => parseReport(input)).toThrow(message);
  });
});
