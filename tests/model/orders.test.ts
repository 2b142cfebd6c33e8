import { ordersHold, proveOrders } from "../../scripts/prove/orders";
import { compareFacts } from "../../scripts/prove/orders/compare-facts";
import { drawOrder } from "../../scripts/prove/orders/draw-order";
import { STORIES } from "../../scripts/prove/orders/stories";
import { createSeededRandom } from "../../scripts/prove/seeded-random";

const SAMPLES = 10;

describe(`${SAMPLES} stories of money whose Stripe events come in a random order, some twice (500 in \`npm run prove -- orders\`)`, () => {
  it("end as each story must, whatever the order", async () => {
    const proof = await proveOrders({ samples: SAMPLES, seed: 3, report: () => undefined });
    expect(proof.differences).toEqual([]);
    expect(ordersHold(proof)).toBe(true);
    expect(proof).toMatchObject({ samples: SAMPLES, strays: 0, verified: true });
    expect(Object.values(proof.stories)).toEqual(STORIES.map(() => SAMPLES / STORIES.length));
    expect(Object.keys(proof.paces).sort()).toEqual(["at once", "meanwhile", "one by one"]);
    expect(proof.repeats).toBeGreaterThan(0);
    expect(proof.outOfOrder).toBeGreaterThan(0);
  }, 120_000);
});

describe("the check of the orders", () => {
  const { ends } = STORIES[0].courses[0];
  const passed = {
    samples: 1,
    stories: {},
    paces: {},
    deliveries: 2,
    repeats: 0,
    outOfOrder: 1,
    waits: 0,
    strays: 0,
    differences: [],
    verified: true,
  };

  it("names each fact that is not as expected, and no other", () => {
    expect(compareFacts(ends, ends)).toEqual([]);
    expect(compareFacts(ends, { ...ends, available: 203, grants: 2 })).toEqual([
      { fact: "grants", expected: 1, found: 2 },
      { fact: "available", expected: 103, found: 203 },
    ]);
  });

  it.each(Object.keys(ends))("sees a wrong %s", (fact) => {
    expect(compareFacts(ends, { ...ends, [fact]: -1 })).toMatchObject([{ fact, found: -1 }]);
  });

  it.each([
    { verified: false },
    { strays: 1 },
    { outOfOrder: 0 },
    { differences: [{ index: 0, story: "a purchase", pace: "at once" as const, order: [], differences: [] }] },
  ])("does not hold with %j", (wrong) => {
    expect(ordersHold(passed)).toBe(true);
    expect(ordersHold({ ...passed, ...wrong })).toBe(false);
  });

  it("draws every event that is left, with two repeats at most, in more than one order", () => {
    const all = [1, 2, 3, 4] as const;
    const drawn = Array.from({ length: 100 }, (_, seed) =>
      drawOrder(createSeededRandom(seed), { left: [2, 3, 4], all }),
    );
    for (const order of drawn) {
      expect(order.length).toBeLessThanOrEqual(5);
      expect(order).toEqual(expect.arrayContaining([2, 3, 4]));
    }
    expect(new Set(drawn.map((order) => order.join())).size).toBeGreaterThan(30);
  });
});
