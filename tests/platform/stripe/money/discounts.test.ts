import fc from "fast-check";
import { percentOf, splitDiscount, taxOf } from "../../../../platform/stripe/money/discounts";
import { timesQuantity } from "../../../../platform/stripe/money/decimal";

const lines = (...amounts: number[]) => amounts.map((amountMinor) => ({ amountMinor, counts: true }));

describe("a discount over lines", () => {
  it("gives each line its share rounded down and the last one the rest", () => {
    expect(splitDiscount(lines(1000, 2000), { kind: "amount", amountMinor: 500 })).toEqual([166, 334]);
    expect(splitDiscount(lines(333, 333, 333), { kind: "percent", percent: 10 })).toEqual([33, 33, 34]);
  });

  it("takes no more than the lines cost, and nothing from lines that do not count", () => {
    expect(splitDiscount(lines(100, 200), { kind: "amount", amountMinor: 1000 })).toEqual([100, 200]);
    const some = [
      { amountMinor: 1000, counts: false },
      { amountMinor: 300, counts: true },
    ];
    expect(splitDiscount(some, { kind: "percent", percent: 50 })).toEqual([0, 150]);
    expect(splitDiscount([{ amountMinor: 5, counts: false }], { kind: "percent", percent: 50 })).toEqual([0]);
  });

  it("adds up to the discount and leaves no line below zero, for any lines", () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 999_999_999_999 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 999_999_999_999 }), (given, amountMinor) => {
        const shares = splitDiscount(lines(...given), { kind: "amount", amountMinor });
        const whole = given.reduce((sum, amount) => sum + amount, 0);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(Math.min(amountMinor, whole));
        expect(shares.every((share, index) => share >= 0 && share <= (given[index] ?? 0))).toBe(true);
      }),
    );
  });
});

describe("percentages and taxes", () => {
  it.each([
    [2900, 8.875, false, 257],
    [1200, 20, true, 200],
    [999, 19, true, 160],
    [333, 20, false, 67],
  ])("taxes %d at %d %%, inclusive %s, with %d", (amount, percent, inclusive, tax) => {
    expect(taxOf(amount, { percent, inclusive })).toBe(tax);
  });

  it("rounds half up, and stays exact for the greatest amount", () => {
    expect(percentOf(1, 50)).toBe(1);
    expect(percentOf(999_999_999_999, 33.33)).toBe(333_300_000_000);
  });

  it("multiplies a decimal without a float", () => {
    expect(timesQuantity("0.1", 3)).toBe(0);
    expect(timesQuantity("0.5", 1)).toBe(1);
    expect(timesQuantity("0.000000000001", 500_000_000_000)).toBe(1);
    expect(timesQuantity("1999", 7)).toBe(13_993);
  });
});
