import { proveQuarter, quarterHolds } from "../../scripts/prove/quarter";

const CUSTOMERS = 4;

describe(`a quarter of ${CUSTOMERS} customers, lived undisturbed and with a fifth of all Stripe deliveries lost, late and repeated (200 in \`npm run prove -- quarter\`)`, () => {
  it("ends with the same units granted, taken back, spent and left", async () => {
    const proof = await proveQuarter({ customers: CUSTOMERS, seed: 7, shares: [0, 0.2], report: () => undefined });
    expect(proof.differences).toEqual([]);
    expect(quarterHolds(proof)).toBe(true);
    expect(proof.purchases).toBeGreaterThan(2 * CUSTOMERS);
    expect(proof.runs[1]?.repaired).toBeGreaterThan(0);
  }, 120_000);
});
