import { planBalance } from "../../../../platform/stripe/money/apply-balance";

describe("a customer's balance at finalization", () => {
  it.each([
    [2900, -700, 2200, 0],
    [2900, -5000, 0, -2100],
    [2900, 300, 3200, 0],
    [30, 0, 0, 30],
    [2900, 30, 2930, 0],
    [-4370, 0, 0, -4370],
    [-100, 300, 200, 0],
    [2900, -2880, 0, 20],
    [0, -500, 0, -500],
    [0, 0, 0, 0],
    [50, 0, 50, 0],
  ])("makes of a total of %i and a balance of %i: due %i, ending %i", (total, balance, amountDue, endingBalance) => {
    const plan = planBalance({ total, balance, minimum: 50 });
    expect(plan).toMatchObject({ amountDue, endingBalance });
    expect(plan.moves.every(({ amount }) => amount !== 0)).toBe(true);
  });
});
