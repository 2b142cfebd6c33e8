import { holds, proveSpends } from "../../scripts/prove/spends";

describe("the whole product, killed in the middle of a stream of spends", () => {
  it("has every acknowledged spend and no other after repeating the unanswered calls (3 crashes; 20 in `npm run prove -- spends`)", async () => {
    const proof = await proveSpends({ rounds: 3, report: () => undefined });
    expect(proof).toMatchObject({ rounds: 3, verified: true });
    expect(proof.acknowledged).toBeGreaterThan(20);
    expect({ ...proof, holds: holds(proof) }).toMatchObject({
      ledgerEntries: proof.acknowledged,
      balanceChange: proof.acknowledged,
      holds: true,
    });
  }, 120_000);
});
