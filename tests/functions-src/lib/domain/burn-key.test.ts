import fc from "fast-check";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { burnKey, inBurnOrder } from "../../../../functions-src/lib/domain/burn-key";
import { DAY, T0, lotOf } from "../../../support/builders";

describe("burn order", () => {
  const rows: readonly [string, Parameters<typeof lotOf>[1], Parameters<typeof lotOf>[1]][] = [
    ["the lesser priority first", { priority: 10, class: "pack" }, { priority: 50 }],
    ["the narrower scope first", { scope: ["a"] }, { scope: ["a", "b"] }],
    ["a scoped lot before an unscoped one", { scope: ["a", "b"] }, { scope: null }],
    ["the earlier end first", { expiresAt: T0 + DAY, class: "pack" }, { expiresAt: T0 + 2 * DAY }],
    ["an ending lot before an endless one", { expiresAt: T0 + 9 * DAY, class: "pack" }, { expiresAt: null }],
    ["promo before allocation", { class: "promo" }, { class: "allocation" }],
    ["allocation before pack", { class: "allocation" }, { class: "pack" }],
    [
      "currency codes in order",
      { currency: "EUR", costMinor: toAmount(9) },
      { currency: "USD", costMinor: toAmount(1) },
    ],
    ["a lot without a currency before one with", { currency: null }, { currency: "AED" }],
    [
      "the cheaper unit first",
      { currency: "USD", costMinor: toAmount(1), granted: toAmount(3) },
      { currency: "USD", costMinor: toAmount(1), granted: toAmount(2) },
    ],
    ["the earlier start first", { effectiveAt: T0 }, { effectiveAt: T0 + 1 }],
  ];
  it.each(rows)("burns %s", (_name, first, second) => {
    const lots = [lotOf("b", second), lotOf("a", first)];
    expect(inBurnOrder(lots).map((lot) => lot.id)).toEqual(["a", "b"]);
    const swapped = [lotOf("a", second), lotOf("b", first)];
    expect(inBurnOrder(swapped).map((lot) => lot.id)).toEqual(["b", "a"]);
  });

  it("falls back to the lot id, which ends in the wallet's sequence number", () => {
    const ids = ["w:lot-0000000000000002", "w:lot-0000000000000010", "w:lot-0000000000000001"];
    expect(inBurnOrder(ids.map((id) => lotOf(id))).map((lot) => lot.id)).toEqual([ids[2], ids[0], ids[1]]);
  });

  it("compares cost per unit exactly for all amounts", () => {
    const amount = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(amount, amount, amount, amount, (costA, unitsA, costB, unitsB) => {
        const key = (cost: number, units: number): string =>
          burnKey(lotOf("x", { currency: "USD", costMinor: toAmount(cost), granted: toAmount(units) }));
        const exact = BigInt(costA) * BigInt(unitsB) - BigInt(costB) * BigInt(unitsA);
        const [left, right] = [key(costA, unitsA), key(costB, unitsB)];
        if (exact < 0n) expect(left < right).toBe(true);
        else if (exact > 0n) expect(left > right).toBe(true);
        else expect(left).toBe(right);
      }),
      { numRuns: 2000 },
    );
  });

  it("tells neighbouring fractions apart at the end of the range", () => {
    const top = Number.MAX_SAFE_INTEGER;
    const key = (cost: number, units: number): string =>
      burnKey(lotOf("x", { currency: "USD", costMinor: toAmount(cost), granted: toAmount(units) }));
    expect(key(top - 2, top - 1) < key(top - 1, top)).toBe(true);
  });
});
