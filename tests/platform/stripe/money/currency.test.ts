import { assertChargeable, decimalsOf, feeOf, formatAmount } from "../../../../platform/stripe/money/currency";

describe("formatAmount", () => {
  it.each([
    [1000, "usd", "$10.00"],
    [5, "usd", "$0.05"],
    [0, "usd", "$0.00"],
    [-1250, "eur", "-€12.50"],
    [500, "jpy", "¥500"],
    [1234567, "krw", "₩1,234,567"],
    [5120, "kwd", "KWD\u00a05.120"],
    [500, "isk", "ISK\u00a05.00"],
    [999_999_999_999, "usd", "$9,999,999,999.99"],
  ])("writes %d minor units of %s as %s", (amount, currency, text) => {
    expect(formatAmount(amount, currency)).toBe(text);
  });
});

describe("decimalsOf", () => {
  it("knows zero- and three-decimal currencies, and takes UGX and ISK times a hundred", () => {
    expect(["usd", "jpy", "VND", "kwd", "tnd", "ugx", "isk"].map(decimalsOf)).toEqual([2, 0, 0, 3, 3, 2, 2]);
  });
});

describe("assertChargeable", () => {
  it.each([
    [50, "usd"],
    [30, "gbp"],
    [50, "jpy"],
    [5120, "kwd"],
    [500, "isk"],
    [1, "xof"],
    [999_999_999_999, "usd"],
  ])("takes %d of %s", (amount, currency) => {
    expect(() => assertChargeable(amount, currency)).not.toThrow();
  });

  it.each([
    [49, "usd", "$0.50"],
    [17499, "huf", "HUF\u00a0175.00"],
    [0, "xof", "minimum charge"],
    [1_000_000_000_000, "usd", "no more than"],
    [5123, "kwd", "multiple of 10"],
    [550, "ugx", "multiple of 100"],
  ])("refuses %d of %s", (amount, currency, message) => {
    expect(() => assertChargeable(amount, currency)).toThrow(message);
  });
});

describe("feeOf", () => {
  it.each([
    [1000, "usd", 59],
    [1050, "usd", 60],
    [50, "usd", 31],
    [20, "xof", 20],
  ])("takes of %d %s a whole number of minor units, never more than the amount", (amount, currency, fee) => {
    expect(feeOf(amount, currency)).toBe(fee);
  });
});
