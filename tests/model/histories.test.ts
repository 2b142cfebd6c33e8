import { proveHistories } from "../../scripts/prove/histories";
import { startProductUnderTest, type ProductUnderTest } from "../support/product";

let product: ProductUnderTest;
beforeAll(async () => {
  product = await startProductUnderTest(":memory:", { TEST_CLOCK: "1" });
});
afterAll(() => product.close());

const SEED = 20_260_301;
const HISTORIES = 24;

describe(`${HISTORIES} random histories through the front door and through an independent model (seed ${SEED}; 2000 in \`npm run prove -- histories\`)`, () => {
  it("get equal answers and leave equal balances, step by step", async () => {
    const proof = await proveHistories(product, { rounds: HISTORIES, seed: SEED, report: () => undefined });
    expect(proof.disagreement).toBeNull();
    expect(proof).toMatchObject({ histories: HISTORIES, verified: true });
    expect(proof.refusals).toBeGreaterThan(HISTORIES);
    expect(proof.answers - proof.refusals).toBeGreaterThan(10 * HISTORIES);
  }, 60_000);
});
